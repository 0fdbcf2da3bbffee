import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTestDatabase, serveAccess } from './testing.ts'
import { createToken } from './tokens.ts'

const opened = await openTestDatabase()
after(() => opened.close())
const server = serveAccess({ db: opened.db })
const cookie = await server.signIn('bob')
const { token } = await createToken(opened.db, Date.now, { actorId: 'bob', name: 't', by: null })

type Case = readonly [name: string, headers: Record<string, string>, passes: boolean]

const CASES: readonly Case[] = [
  ['no browser: neither header', cookie, true],
  ['same-origin', { ...cookie, 'Sec-Fetch-Site': 'same-origin' }, true],
  ['none', { ...cookie, 'Sec-Fetch-Site': 'none' }, true],
  ['same-site', { ...cookie, 'Sec-Fetch-Site': 'same-site' }, false],
  ['cross-site', { ...cookie, 'Sec-Fetch-Site': 'cross-site' }, false],
  ['a value that nobody defined', { ...cookie, 'Sec-Fetch-Site': 'x' }, false],
  ['cross-site with our Origin', { ...cookie, 'Sec-Fetch-Site': 'cross-site', Origin: 'http://holdall.test' }, false],
  ['our Origin', { ...cookie, Origin: 'http://holdall.test' }, true],
  ['another Origin', { ...cookie, Origin: 'http://evil.test' }, false],
  ['another port', { ...cookie, Origin: 'http://holdall.test:8080' }, false],
  ['another scheme', { ...cookie, Origin: 'https://holdall.test' }, false],
  ['a null Origin', { ...cookie, Origin: 'null' }, false],
  ['an Origin that only begins like ours', { ...cookie, Origin: 'http://holdall.test.evil.test' }, false],
  ['a bearer token from anywhere', { Authorization: `Bearer ${token}`, Origin: 'http://evil.test' }, true],
  [
    'a bearer token beside cookies',
    { ...cookie, Authorization: `Bearer ${token}`, 'Sec-Fetch-Site': 'cross-site' },
    true,
  ],
  ['X-User-Token from anywhere', { 'X-User-Token': token, Origin: 'http://evil.test' }, true],
  ['an empty X-User-Token', { 'X-User-Token': '', Origin: 'http://evil.test' }, false],
  ['another scheme of authorization', { Authorization: 'Basic eDp5', Origin: 'http://evil.test' }, false],
  ['nobody, from another site', { Origin: 'http://evil.test' }, false],
]

for (const [name, headers, passes] of CASES) {
  test(`an unsafe request: ${name}`, async () => {
    const answer = await server.json('/-/theme', { theme: 'dark' }, headers)
    assert.equal(answer.status, passes ? 200 : 403)
    if (!passes) assert.equal(((await answer.json()) as { code: string }).code, 'cross_site')
  })
}

test('safe methods pass from anywhere', async () => {
  const answer = await server.ask('/-/actor.json', {
    headers: { ...cookie, 'Sec-Fetch-Site': 'cross-site', Origin: 'http://evil.test' },
  })
  assert.equal(answer.status, 200)
})

test('a proxy is believed about our origin only when it is trusted', async () => {
  const headers = {
    ...cookie,
    Origin: 'https://files.example.org',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-Host': 'files.example.org, inner.test',
  }
  assert.equal((await server.json('/-/theme', { theme: 'dark' }, headers)).status, 403)
  const trusting = serveAccess({ db: opened.db, settings: { trust_proxy: true } })
  assert.equal((await trusting.json('/-/theme', { theme: 'dark' }, headers)).status, 200)
  const bad = { ...headers, 'X-Forwarded-Host': 'a b', 'X-Forwarded-Proto': 'gopher' }
  assert.equal((await trusting.json('/-/theme', { theme: 'dark' }, bad)).status, 403)
})
