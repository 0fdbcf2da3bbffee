import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { type Broker, createBroker, RENEW_BEFORE_MS } from './broker.ts'
import { s3Type } from './storage.ts'
import { type Answer, type Endpoint, NOTHING_LISTED, startEndpoint, testContext } from './test-endpoint.ts'
import { createTransport, type Transport } from './transport.ts'

const HOUR_MS = 3_600_000
const SECRET = 'only for the broker'

let endpoint: Endpoint
let transport: Transport
let now: number
let given: number
const { context, lines } = testContext()

describe('a credentials broker', () => {
  before(async () => {
    endpoint = await startEndpoint(gives(HOUR_MS))
    transport = createTransport()
  })
  beforeEach(() => {
    endpoint.next()
    endpoint.asked.length = 0
    lines.length = 0
    given = 0
    now = Date.now()
  })
  after(async () => {
    await transport.close()
    await endpoint.close()
  })

  function broker(url = `${endpoint.url}/credentials?for=us`): Broker {
    return createBroker({ url, secret: SECRET, request: transport.request, log: context.log, now: () => now })
  }

  test('is sent the secret in a form, once for however many ask at the same time', async () => {
    const one = broker()
    const all = await Promise.all(Array.from({ length: 20 }, () => one.credentials()))
    assert.deepEqual(new Set(all.map(({ accessKeyId }) => accessKeyId)), new Set(['KEY1']))
    assert.deepEqual(all[0], {
      accessKeyId: 'KEY1',
      secretAccessKey: 'secret',
      sessionToken: 'session',
      expiration: new Date(now + HOUR_MS),
    })
    assert.deepEqual(await one.folder(), { bucket: 'handed-out', prefix: 'a/b/' })
    assert.equal(endpoint.asked.length, 1)
    const [asked] = endpoint.asked
    assert.deepEqual(
      [asked?.method, asked?.path, String(asked?.query), String(asked?.body), asked?.headers['content-type']],
      ['POST', '/credentials', 'for=us', 'secret=only+for+the+broker', 'application/x-www-form-urlencoded'],
    )
  })

  test('is asked again before the credentials end, and by one alone', async () => {
    const one = broker()
    await one.credentials()
    now += HOUR_MS - RENEW_BEFORE_MS - 1
    assert.equal((await one.credentials()).accessKeyId, 'KEY1')
    now += 1
    const renewed = await Promise.all(Array.from({ length: 20 }, () => one.credentials()))
    assert.deepEqual(new Set(renewed.map(({ accessKeyId }) => accessKeyId)), new Set(['KEY2']))
    assert.equal(endpoint.asked.length, 2)
  })

  test('that gives credentials for a moment only is asked half-way', async () => {
    const one = broker()
    endpoint.next(gives(10_000))
    await one.credentials()
    now += 4_999
    assert.equal((await one.credentials()).accessKeyId, 'KEY1')
    now += 1
    assert.equal((await one.credentials()).accessKeyId, 'KEY2')
  })

  test('that fails is no failure while the credentials hold, and is left alone for a while', async () => {
    const one = broker()
    await one.credentials()
    now += HOUR_MS - RENEW_BEFORE_MS
    endpoint.next(says(500, '{}'), says(500, '{}'))
    for (let time = 0; time < 5; time += 1) assert.equal((await one.credentials()).accessKeyId, 'KEY1')
    assert.equal(endpoint.asked.length, 2)
    assert.match(lines[0] ?? '', /^credentials could not be renewed; those that are there still hold/)
    now += 5_000
    await one.credentials()
    assert.equal(endpoint.asked.length, 3)
    now += HOUR_MS
    endpoint.next(says(500, '{}'))
    await assert.rejects(one.credentials(), { code: 'unavailable' })
    assert.equal((await one.credentials()).accessKeyId, 'KEY2')
  })

  for (const [what, answer, words] of [
    ['refuses', says(403, 'go away'), /answered 403; check credentials_url and its secret$/],
    ['sends elsewhere', says(302, '', { location: 'http://127.0.0.1:1/' }), /answered 302/],
    ['gives no JSON', says(200, '<html>'), /gave no JSON$/],
    ['gives half', says(200, '{"AccessKeyId": "a"}'), /SecretAccessKey, Expiration is missing or wrong$/],
    ['gives no time', says(200, '{"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"}'), /Expiration is miss/],
    ['gives what has ended', gives(-1_000), /ended already; compare the clocks$/],
    ['gives another kind of folder', gives(HOUR_MS, 'gs://x/y'), /S3Folder is missing or wrong$/],
    ['gives too much', says(200, ' '.repeat(100_000)), /gave more than credentials$/],
  ] as const) {
    test(`that ${what} is said to`, async () => {
      endpoint.next(answer)
      await assert.rejects(broker().credentials(), (error: Error) => {
        assert.match(error.message, words)
        assert.match(error.message, /^its credentials broker 127\.0\.0\.1:\d+ /)
        assert.doesNotMatch(JSON.stringify(error), new RegExp(SECRET))
        return true
      })
    })
  }

  test('that is not there is said to be', async () => {
    await assert.rejects(broker('http://127.0.0.1:1/').credentials(), /cannot be reached \(ECONNREFUSED\)/)
  })

  test('that gives another folder than before is not followed there', async () => {
    const one = broker()
    await one.credentials()
    endpoint.next(gives(HOUR_MS, 's3://other/a/b'))
    now += 2 * HOUR_MS
    await assert.rejects(one.credentials(), /for another folder than before; restart Holdall/)
  })

  test('its folder is the source, its credentials sign, and no address outlives them', async (t) => {
    const s3 = await startEndpoint(NOTHING_LISTED)
    t.after(s3.close)
    const type = s3Type({ env: {}, now: () => now })
    const config = type.config.parse({
      credentials_url: `${endpoint.url}/`,
      credentials_url_secret: SECRET,
      endpoint_url: s3.url,
      checksum: 'none',
    })
    endpoint.next(gives(600_000), gives(2 * HOUR_MS))
    const storage = await type.create(config, context)
    t.after(() => storage.close?.())
    await storage.list?.()
    const [first] = s3.asked
    assert.deepEqual([first?.path, first?.query.get('prefix')], ['/handed-out/', 'a/b/'])
    assert.match(first?.headers.authorization ?? '', /Credential=KEY1\//)
    assert.equal(first?.headers['x-amz-security-token'], 'session')
    const upload = { path: 'f', size: 10, partSize: 5, token: 't', id: 'u' }
    const sign = async () =>
      await storage.multipart?.partTarget?.(upload, { number: 1, size: 5 }, { expiresIn: 43_200 })
    const short = await sign()
    assert.equal(short?.expiresIn, 599)
    assert.equal(new URL(short?.url ?? '').searchParams.get('X-Amz-Expires'), '599')
    assert.match(short?.url ?? '', /Credential=KEY1%2F/)
    // In the middle of the upload the credentials come to their end.
    now += 400_000
    const long = await sign()
    assert.match(long?.url ?? '', /Credential=KEY2%2F/)
    assert.equal(long?.expiresIn, 7_199)
  })
})

function gives(forMs: number, folder = 's3://handed-out/a/b'): Answer {
  return (asked, response, request) => {
    given += 1
    says(
      200,
      JSON.stringify({
        AccessKeyId: `KEY${given}`,
        SecretAccessKey: 'secret',
        SessionToken: 'session',
        Expiration: new Date(now + forMs).toISOString(),
        S3Folder: folder,
      }),
    )(asked, response, request)
  }
}

function says(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_, response) => void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
}
