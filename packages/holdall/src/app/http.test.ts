import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../web/api.ts'
import { HoldallError } from '../web/error.ts'
import { createLog } from '../web/log.ts'
import { INSTANCE, type Need, type Route } from '../web/route.ts'
import { createUrls } from '../web/url.ts'
import { createHttp, type HttpHooks, routingPath } from './http.ts'

const open: Need = { kind: 'public', because: 'a test' }

function serve(routes: readonly Route[], hooks: Partial<HttpHooks> = {}, base = '/') {
  const lines: string[] = []
  const app = createHttp(routes, {
    urls: createUrls(base),
    log: createLog((line) => lines.push(line)),
    authenticate: async () => null,
    refuseCrossSite: () => undefined,
    enforce: async () => undefined,
    errorPage: (c, error) => c.html(`<h1>${error.status}</h1>`, error.status as 400),
    contentSecurityPolicy: () => "default-src 'none'",
    theme: () => 'system',
    ...hooks,
  })
  return { lines, ask: (path: string, init?: RequestInit) => app.request(`http://holdall.test${path}`, init) }
}

const api: Api = { summary: 'A test', answers: [] }
const hello: Route = { method: 'GET', path: '/-/hello', need: open, api, handler: (c) => c.html('<p>hello</p>') }

test('an ending of .json is a segment of its own', () => {
  assert.equal(routingPath('/.json', ''), '/.json')
  assert.equal(routingPath('/db.json', ''), '/db/.json')
  assert.equal(routingPath('/db/t.json', ''), '/db/t/.json')
  assert.equal(routingPath('/db/t/.json', ''), '/db/t//.json')
  assert.equal(routingPath('/data/db', '/data'), '/db')
  assert.equal(routingPath('/data', '/data'), '/')
  assert.equal(routingPath('/database', '/data'), '/-/.outside')
})

test('a path answers its methods, HEAD and OPTIONS, and 405 with Allow for the rest', async () => {
  const { ask } = serve([hello])
  assert.equal(await (await ask('/-/hello')).text(), '<p>hello</p>')
  const head = await ask('/-/hello', { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
  const refused = await ask('/-/hello', { method: 'DELETE' })
  assert.deepEqual([refused.status, refused.headers.get('Allow')], [405, 'GET, HEAD, OPTIONS'])
  assert.equal((await refused.json()).code, 'method_not_allowed')
  const options = await ask('/-/hello', { method: 'OPTIONS' })
  assert.deepEqual([options.status, options.headers.get('Allow')], [204, 'GET, HEAD, OPTIONS'])
})

test('what begins with /-/ is never taken for a database', async () => {
  const { ask } = serve([
    { ...hello, path: '/:database/:table', json: true, handler: (c) => c.text(c.req.param('table') ?? '') },
  ])
  assert.equal(await (await ask('/db/t~2Ejson')).text(), 't~2Ejson')
  assert.equal((await ask('/-/nothing')).status, 404)
  assert.equal((await ask('/-/nothing.json', { method: 'POST' })).status, 404)
})

test('refusals are JSON for programs and pages for people', async () => {
  const failing: Route = {
    ...hello,
    path: '/x',
    json: true,
    handler: () => {
      throw new HoldallError('file_not_found', { id: 'df-1' })
    },
  }
  const { ask } = serve([failing, { ...failing, method: 'POST' }])
  const type = async (path: string, init?: RequestInit) =>
    (await ask(path, init)).headers.get('Content-Type')?.split(';')[0]
  assert.equal(await type('/x', { headers: { Accept: 'text/html' } }), 'text/html')
  assert.equal(await type('/x.json'), 'application/json')
  assert.equal(await type('/x', { headers: { Accept: 'application/json' } }), 'application/json')
  assert.equal(await type('/x', { method: 'POST' }), 'application/json')
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  assert.equal(await type('/x', { method: 'POST', headers: { ...form, Accept: 'text/html,*/*' } }), 'text/html')
  assert.equal(await type('/x', { method: 'POST', headers: { ...form, Accept: '*/*' } }), 'application/json')
  for (const [header, value] of [
    ['Authorization', 'Bearer hlt_1'],
    ['Authorization', 'bearer hlt_1'],
    ['X-User-Token', 'hlt_1'],
  ] as const) {
    const token = { [header]: value }
    assert.equal(await type('/x', { headers: { ...token, Accept: '*/*' } }), 'application/json')
    assert.equal(await type('/x', { headers: token }), 'application/json')
    assert.equal(await type('/x', { headers: { ...token, Accept: 'text/html,*/*;q=0.8' } }), 'text/html')
  }
  assert.equal(await type('/x', { headers: { Accept: '*/*' } }), 'text/html')
  assert.equal(await type('/x', { headers: { Accept: '*/*', Authorization: 'Basic eA==' } }), 'text/html')
  assert.deepEqual(await (await ask('/x.json')).json(), {
    ok: false,
    error: 'File not found: df-1',
    errors: ['File not found: df-1'],
    status: 404,
    code: 'file_not_found',
  })
})

test('an address that nothing is at is answered to who asks', async () => {
  const { ask } = serve([hello], {
    authenticate: async () => ({ id: 'alice' }),
    errorPage: (c, error) => c.html(`${error.code} for ${c.var.actor?.id}`, error.status as 400),
  })
  assert.equal(await (await ask('/-/nothing', { headers: { Accept: 'text/html' } })).text(), 'not_found for alice')
})

test('nothing of an unforeseen failure is shown, and all of it is logged', async () => {
  const { ask, lines } = serve([
    {
      ...hello,
      handler: () => {
        throw new Error('the password is hunter2')
      },
    },
  ])
  const answer = await ask('/-/hello', { headers: { Accept: 'application/json' } })
  assert.equal(answer.status, 500)
  assert.ok(!(await answer.text()).includes('hunter2'))
  assert.ok(
    lines.some((line) => line.includes('hunter2') && line.includes(answer.headers.get('X-Request-Id') as string)),
  )
})

test('permission is asked before the handler, with the declared need', async () => {
  let reached = false
  const need: Need = { kind: 'permission', action: 'files-upload', on: () => INSTANCE }
  const { ask } = serve(
    [
      {
        method: 'POST',
        path: '/-/up',
        need,
        api,
        handler: (c) => {
          reached = true
          return c.text('')
        },
      },
    ],
    {
      enforce: async (asked) => {
        assert.equal(asked, need)
        throw new HoldallError('permission_denied', { action: 'files-upload', resource: 'x' })
      },
    },
  )
  assert.equal((await ask('/-/up', { method: 'POST', body: 'bytes' })).status, 403)
  assert.equal(reached, false)
})

test('only a route that says so escapes the cross-site check, and reading is never checked', async () => {
  const refuseCrossSite = () => {
    throw new HoldallError('cross_site')
  }
  const post: Route = { ...hello, method: 'POST' }
  const exempt: Route = { ...post, path: '/-/signed', crossSite: 'exempt' }
  const { ask } = serve([hello, post, exempt], { refuseCrossSite })
  assert.equal((await ask('/-/hello')).status, 200)
  assert.equal((await ask('/-/hello', { method: 'POST' })).status, 403)
  assert.equal((await ask('/-/signed', { method: 'POST' })).status, 200)
})

test('pages carry a policy without inline scripts, and base_url is the only way in', async () => {
  const { ask } = serve([hello], {}, '/data/')
  const page = await ask('/data/-/hello')
  assert.equal(page.headers.get('Content-Security-Policy'), "default-src 'none'")
  assert.equal(page.headers.get('X-Content-Type-Options'), 'nosniff')
  assert.equal((await ask('/-/hello')).status, 404)
})
