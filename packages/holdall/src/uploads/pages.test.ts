import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { type Cloud, startCloud } from './test-cloud.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const ORIGIN = 'http://files.example.org'
/** A rule that lets pages of the origin send. */
const RULE = {
  status: 200,
  headers: {
    'Access-Control-Allow-Origin': ORIGIN,
    'Access-Control-Allow-Methods': 'PUT',
    'Access-Control-Allow-Headers': '*',
  },
}

describe('whether pages may send to a storage, before anything is sent', () => {
  let cloud: Cloud
  let server: TestServer

  before(async () => {
    cloud = await startCloud()
    server = await startTestServer({
      sources: { files: { storage: 'cloud', config: {} }, here: { storage: 'filesystem', config: { root: 'here' } } },
      types: [cloud.type],
    })
  })
  after(async () => {
    await server.close()
    await cloud.close()
  })
  afterEach(() => {
    cloud.fault = {}
    cloud.pagesAfter = 0
  })

  async function ask(source: string, origin?: string, who = 'carol') {
    const query = origin === undefined ? '' : `?origin=${encodeURIComponent(origin)}`
    const answer = await fetch(`${server.url}/-/files/upload/${source}/-/pages${query}`, {
      headers: { Authorization: who, accept: 'application/json' },
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test('a storage with a rule, and one to which nothing is sent, are no trouble', async () => {
    cloud.pages = RULE
    for (const source of ['files', 'here']) {
      const { status, body } = await ask(source, ORIGIN)
      assert.equal(status, 200)
      assert.deepEqual([body.pages_may_send, body.says, body.command], [true, null, null], source)
    }
  })

  test('a storage without a rule says so, with the command for this source and these pages', async () => {
    cloud.pages = { status: 403, headers: {} }
    const { body } = await ask('files', ORIGIN)
    assert.equal(body.pages_may_send, false)
    assert.match(String(body.says), /does not let pages of http:\/\/files\.example\.org send files to it/)
    assert.equal(body.command, `holdall doctor files --origin ${ORIGIN}`)
    assert.equal(cloud.objects.size + cloud.uploads.size, 0, 'nothing was written')
  })

  test('a rule for other pages is none for these', async () => {
    cloud.pages = { ...RULE, headers: { ...RULE.headers, 'Access-Control-Allow-Origin': 'https://other.example' } }
    assert.equal((await ask('files', ORIGIN)).body.pages_may_send, false)
  })

  test('a storage that is busy, away or gone says nothing about its rule: nobody is kept from trying', async () => {
    for (const status of [429, 500, 503]) {
      cloud.pages = { status, headers: {} }
      assert.equal((await ask('files', ORIGIN)).body.pages_may_send, null, `${status}`)
    }
    cloud.pages = { status: 403, headers: {} }
    cloud.fault = {
      before(call) {
        if (call === 'uploadUrl') throw new Error('away')
      },
    }
    assert.equal((await ask('files', ORIGIN)).body.pages_may_send, null)
  })

  test('a storage that answers after seconds, as over a bad line, is heard: nobody waits for it', async () => {
    cloud.pages = { status: 403, headers: {} }
    cloud.pagesAfter = 4_000
    assert.equal((await ask('files', ORIGIN)).body.pages_may_send, false)
  })

  test('without the origin of a page it is that of the request; what is none is refused', async () => {
    cloud.pages = { status: 403, headers: {} }
    assert.equal((await ask('files')).body.origin, server.url)
    for (const origin of ['files.example.org', 'null', 'file:///', `${ORIGIN}/path`]) {
      assert.equal((await ask('files', origin)).status, 400, origin)
    }
  })

  test('who may not upload learns nothing', async () => {
    assert.equal((await ask('files', ORIGIN, 'nobody')).status, 403)
  })
})
