import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Route } from '../web/route.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from './clock.ts'
import { cookieOf, openTestDatabase, serveAccess } from './testing.ts'

const opened = await openTestDatabase()
after(() => opened.close())
let time = Date.parse('2026-03-01T12:00:00Z')
const raw: Route = {
  method: 'GET',
  path: '/raw',
  api: { summary: 'A test', answers: [] },
  need: { kind: 'public', because: 'a test' },
  handler: (c) => new Response(c.var.actor?.id ?? 'nobody', { headers: { 'Content-Type': 'text/plain' } }),
}
const server = serveAccess({ db: opened.db, now: () => time, routes: [raw] })
const { ask, form, json, access } = server

async function link(actorId: string): Promise<{ path: string; token: string }> {
  const { path } = await access.createSignInLink(actorId, 'root')
  return { path, token: new URL(path, 'http://x.test').searchParams.get('token') ?? '' }
}

async function whoIs(headers: Record<string, string>): Promise<unknown> {
  return ((await (await ask('/-/actor.json', { headers })).json()) as { actor: unknown }).actor
}

test('opening a link changes nothing; its form signs in, once', async () => {
  const { path, token } = await link('bob')
  for (const method of ['GET', 'HEAD', 'GET']) {
    const page = await ask(path, { method, headers: { Accept: 'text/html' } })
    assert.equal(page.status, 200)
    assert.deepEqual(page.headers.getSetCookie(), [])
    if (method === 'GET') assert.match(await page.text(), /Sign in as bob<\/h1>/)
  }
  const signedIn = await form('/-/sign-in', { token, next: '/products?x=1' })
  assert.deepEqual([signedIn.status, signedIn.headers.get('Location')], [303, '/products?x=1'])
  const [cookie = ''] = signedIn.headers.getSetCookie()
  assert.match(cookie, /; HttpOnly/)
  assert.match(cookie, /; SameSite=Lax/)
  assert.match(cookie, /; Path=\/;/)
  assert.match(cookie, new RegExp(`Max-Age=${30 * 24 * 3600}`))
  assert.doesNotMatch(cookie, /Secure/)
  assert.deepEqual(await whoIs({ Cookie: cookieOf(signedIn) }), { id: 'bob' })

  const again = await form('/-/sign-in', { token })
  assert.equal(again.status, 403)
  assert.deepEqual(again.headers.getSetCookie(), [])
  assert.match(await again.text(), /used already/)
  assert.equal((await ask(path, { headers: { Accept: 'text/html' } })).status, 403)
  assert.equal(((await (await json('/-/sign-in', { token })).json()) as { code: string }).code, 'sign_in_link_invalid')
})

test('of fifty that use one link at the same moment one is signed in', async () => {
  const { token } = await link('race')
  const answers = await Promise.all(Array.from({ length: 50 }, () => json('/-/sign-in', { token })))
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 403])
  assert.equal(answers.filter(({ status }) => status === 200).length, 1)
})

test('a link lives 24 hours', async () => {
  const first = await link('late')
  const second = await link('late')
  time += DAY_MS - 1
  assert.equal((await json('/-/sign-in', { token: first.token })).status, 200)
  time += 1
  assert.equal((await json('/-/sign-in', { token: second.token })).status, 403)
})

test('without a link the page says how to get one; without a token a form is refused', async () => {
  const page = await ask('/-/sign-in', { headers: { Accept: 'text/html' } })
  assert.equal(page.status, 200)
  assert.match(await page.text(), /Ask whoever runs this server for a link/)
  assert.equal((await form('/-/sign-in', {})).status, 403)
  assert.equal((await form('/-/sign-in', { token: 'x'.repeat(70_000) })).status, 413)
})

test('the command that makes a link is shown to who is at the computer, and its folders to nobody else', async () => {
  const command = 'npx holdall link NAME --data /srv/museum'
  async function shown(options: {
    from?: string
    headers?: Record<string, string>
    httpVersion?: string
    settings?: object
  }): Promise<boolean> {
    const { from = '127.0.0.1', headers = {}, httpVersion = '1.1', settings = {} } = options
    const one = serveAccess({ db: opened.db, settings, linkCommand: command })
    const incoming = { httpVersion, socket: { remoteAddress: from } }
    const init = { headers: { Accept: 'text/html', Host: 'localhost:8001', ...headers } }
    const text = await (await one.ask('/-/sign-in', init, { incoming } as never)).text()
    assert.equal(text.includes('/srv/museum'), text.includes(command))
    return text.includes(command)
  }
  assert.equal(await shown({}), true)
  assert.equal(await shown({ from: '::ffff:127.0.0.1', headers: { Host: '127.0.0.1:8001' } }), true)
  assert.equal(await shown({ from: '::1', headers: { Host: '[::1]:8001' } }), true)
  assert.equal(await shown({ from: '192.0.2.7' }), false)
  assert.equal(await shown({ from: '192.0.2.7', headers: { Host: 'localhost' } }), false)
  // A proxy on the same computer speaks for strangers.
  assert.equal(await shown({ headers: { Host: 'museum.test' } }), false)
  assert.equal(await shown({ headers: { 'X-Forwarded-For': '192.0.2.7' } }), false)
  assert.equal(await shown({ headers: { Via: '1.1 proxy' } }), false)
  assert.equal(await shown({ httpVersion: '1.0' }), false)
  assert.equal(await shown({ settings: { trust_proxy: true } }), false)
})

test('signing in leads only to paths of ours', async () => {
  const cases: [string, string][] = [
    ['/a?b=c#d', '/a?b=c#d'],
    ['//evil.test/', '/'],
    ['/\\evil.test', '/'],
    ['/a/..//evil.test', '/'],
    ['/.//evil.test', '/'],
    ['https://evil.test/', '/'],
    ['javascript:alert(1)', '/'],
    ['/\n/evil.test', '/'],
    ['', '/'],
  ]
  for (const [asked, leads] of cases) {
    const answer = await form('/-/sign-in', { token: (await link('bob')).token, next: asked })
    assert.equal(answer.headers.get('Location'), leads, asked)
  }
})

test('under a base_url the cookie and the way back stay below it', async () => {
  const below = serveAccess({ db: opened.db, settings: { base_url: '/data/' } })
  const { path } = await below.access.createSignInLink('bob', null)
  assert.match(path, /^\/data\/-\/sign-in\?token=/)
  const token = new URL(path, 'http://x.test').searchParams.get('token') ?? ''
  const answer = await below.form('/data/-/sign-in', { token, next: '/elsewhere' })
  assert.equal(answer.headers.get('Location'), '/data/')
  assert.match(answer.headers.getSetCookie()[0] ?? '', /; Path=\/data\/;/)
})

test('a session is renewed by use, ends 30 days after the last one, and says so to the browser', async () => {
  const cookie = await server.signIn('carol')
  time += 20 * DAY_MS
  const used = await ask('/raw', { headers: cookie })
  assert.equal(await used.text(), 'carol')
  assert.equal(used.headers.getSetCookie().length, 1, 'also where the handler answers with a Response of its own')
  assert.equal(used.headers.get('Content-Type'), 'text/plain')
  await access.db.write(async () => undefined)
  assert.deepEqual((await ask('/raw', { headers: cookie })).headers.getSetCookie(), [], 'not at every use')
  time += 29 * DAY_MS
  assert.deepEqual(await whoIs(cookie), { id: 'carol' })
  await access.db.write(async () => undefined)
  time += 30 * DAY_MS + HOUR_MS
  assert.equal(await whoIs(cookie), null)
})

test('when somebody was last seen is fresh to a minute, and costs at most a write a minute', async () => {
  const cookie = await server.signIn('lena')
  async function seen(): Promise<string | null | undefined> {
    await ask('/raw', { headers: cookie })
    await access.db.write(async () => undefined)
    const query = access.db.read.selectFrom('actors').select('last_seen_at').where('id', '=', 'lena')
    return (await query.executeTakeFirst())?.last_seen_at
  }
  const atFirst = await seen()
  time += MINUTE_MS - 1
  assert.equal(await seen(), atFirst)
  time += 2
  assert.equal(await seen(), new Date(time).toISOString())
})

test('signing out ends the session and not only the cookie', async () => {
  const cookie = await server.signIn('dora')
  const out = await form('/-/sign-out', { next: '/products' }, cookie)
  assert.deepEqual([out.status, out.headers.get('Location')], [303, '/products'])
  assert.match(out.headers.getSetCookie()[0] ?? '', /Max-Age=0/)
  assert.equal(await whoIs(cookie), null)
})

test('signing in as somebody else ends the session before', async () => {
  const first = await server.signIn('erin')
  await form('/-/sign-in', { token: (await link('frank')).token }, first)
  assert.equal(await whoIs(first), null)
})

test('a cookie that we did not sign is nobody', async () => {
  const { Cookie } = await server.signIn('bob')
  const changed = Cookie.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  for (const forged of [changed, Cookie.slice(0, -5), 'holdall_session=bob', 'holdall_session=', 'holdall_session=.']) {
    assert.equal(await whoIs({ Cookie: forged }), null, forged)
  }
  const other = serveAccess({ db: opened.db, secret: 'another', now: () => time })
  assert.deepEqual(await (await other.ask('/-/actor.json', { headers: { Cookie } })).json(), { ok: true, actor: null })
})

test('the cookie is Secure on https, and behind a trusted proxy that speaks it', async () => {
  async function secure(settings: object, origin: string, headers: Record<string, string> = {}): Promise<boolean> {
    const one = serveAccess({ db: opened.db, settings })
    const { path } = await one.access.createSignInLink('bob', null)
    const token = new URL(path, 'http://x.test').searchParams.get('token') ?? ''
    const answer = await one.json(`${origin}/-/sign-in`, { token }, headers)
    assert.equal(answer.status, 200)
    return /; Secure/.test(answer.headers.getSetCookie()[0] ?? '')
  }
  const proto = { 'X-Forwarded-Proto': 'https' }
  assert.equal(await secure({}, 'http://holdall.test'), false)
  assert.equal(await secure({}, 'https://holdall.test'), true)
  assert.equal(await secure({}, 'http://holdall.test', proto), false)
  assert.equal(await secure({ trust_proxy: true }, 'http://holdall.test', proto), true)
  assert.equal(await secure({ force_https_urls: true }, 'http://holdall.test'), true)
})

test('the theme is remembered, and nothing but a theme is', async () => {
  const chosen = await form('/-/theme', { theme: 'dark', return: '/products' })
  assert.deepEqual([chosen.status, chosen.headers.get('Location')], [303, '/products'])
  const page = await ask('/-/sign-in', { headers: { Accept: 'text/html', Cookie: cookieOf(chosen) } })
  assert.match(await page.text(), /<html lang="en" data-theme="dark">/)
  assert.equal((await form('/-/theme', { theme: 'pink' })).status, 400)
  assert.match((await form('/-/theme', { theme: 'system' })).headers.getSetCookie()[0] ?? '', /Max-Age=0/)
})
