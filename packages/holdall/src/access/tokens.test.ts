import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { ACTIONS } from '../config/actions.ts'
import { DAY_MS } from './clock.ts'
import type { Place } from './people.ts'
import { cookieOf, openTestDatabase, serveAccess } from './testing.ts'
import { createToken } from './tokens.ts'

const opened = await openTestDatabase()
after(() => opened.close())
let time = Date.parse('2026-03-01T12:00:00Z')
const places: Place[] = [
  { resource: { kind: 'source', parent: 'photos' } },
  { resource: { kind: 'database', parent: 'products' } },
  { resource: { kind: 'table', parent: 'products', child: 'inventory' } },
]
const server = serveAccess({ db: opened.db, now: () => time, places })
const { ask, form, json } = server

function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` }
}

async function whoIs(headers: Record<string, string>): Promise<{ id: string } | null> {
  const answer = await ask('/-/actor.json', { headers })
  assert.equal(answer.status, 200)
  return ((await answer.json()) as { actor: { id: string } | null }).actor
}

async function refused(headers: Record<string, string>): Promise<void> {
  const answer = await ask('/-/actor.json', { headers })
  assert.equal(answer.status, 401)
  assert.match(answer.headers.get('WWW-Authenticate') ?? '', /^Bearer .*invalid_token/)
  assert.equal(((await answer.json()) as { code: string }).code, 'invalid_token')
}

async function make(
  headers: Record<string, string>,
  wish: object,
): Promise<{ id: string; token: string; expires_at: string | null }> {
  const answer = await json('/-/tokens', wish, headers)
  assert.equal(answer.status, 201, await answer.clone().text())
  return (await answer.json()) as { id: string; token: string; expires_at: string | null }
}

test('a token is its actor, in either header; the database holds only its hash', async () => {
  const bob = await server.signIn('bob')
  const { token, id } = await make(bob, { name: 'import' })
  assert.equal((await whoIs(bearer(token)))?.id, 'bob')
  assert.equal((await whoIs({ Authorization: `bearer ${token}` }))?.id, 'bob')
  assert.equal((await whoIs({ 'X-User-Token': token }))?.id, 'bob')
  const row = await opened.db.read.selectFrom('tokens').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  assert(!JSON.stringify(row).includes(token.slice(4)))
  const listed = (await (await ask('/-/tokens', { headers: bob })).json()) as { tokens: object[] }
  assert(!JSON.stringify(listed).includes(token.slice(4)))
  assert.equal(listed.tokens.length, 1)
})

test('everybody sees where they are signed in, and ends any session of their own but not of others', async () => {
  const sessionsOf = async (headers: Record<string, string>) => {
    const listed = await (await ask('/-/tokens', { headers })).json()
    return (listed as { sessions: { id: string; current: boolean }[] }).sessions
  }
  const [here, phone, tablet, eve] = [
    await server.signIn('sam'),
    await server.signIn('sam'),
    await server.signIn('sam'),
    await server.signIn('eve'),
  ]
  const all = await sessionsOf(here)
  assert.equal(all.length, 3)
  assert.equal(all.filter(({ current }) => current).length, 1)
  const [phones] = (await sessionsOf(phone)).filter(({ current }) => current)
  const end = (headers: Record<string, string>, id: string) => json('/-/tokens', { op: 'end-session', id }, headers)
  assert.equal((await end(eve, phones?.id ?? '')).status, 400)
  assert.equal((await end(here, '')).status, 400)
  assert.equal((await whoIs(phone))?.id, 'sam')
  const page = await (await ask('/-/tokens', { headers: { Accept: 'text/html', ...here } })).text()
  assert.match(page, /Signed in on these devices/)
  assert.equal([...page.matchAll(/value="end-session"/g)].length, 2, 'all but this browser')
  assert.equal((await end(here, phones?.id ?? '')).status, 200)
  assert.equal(await whoIs(phone), null)
  const { token } = await make(here, { name: 'all', restrict: ['view-instance'] })
  assert.equal((await json('/-/tokens', { op: 'end-other-sessions' }, bearer(token))).status, 403)
  assert.equal((await json('/-/tokens', { op: 'end-other-sessions' }, here)).status, 200)
  assert.equal(await whoIs(tablet), null)
  assert.equal((await whoIs(here))?.id, 'sam')
  assert.equal((await whoIs(eve))?.id, 'eve')
})

test('a token that is no good is refused on every route, never taken for nobody', async () => {
  await refused(bearer('hlt_unknown'))
  await refused({ 'X-User-Token': 'hlt_unknown' })
  await refused({ Authorization: 'Bearer' })
  await refused(bearer('dstok_eyJhIjoicm9vdCJ9.x'))
  const cookie = await server.signIn('bob')
  await refused({ ...cookie, ...bearer('hlt_unknown') })
})

test('an empty X-User-Token is nobody, whatever the cookies; other schemes are not ours', async () => {
  const cookie = await server.signIn('bob')
  assert.equal(await whoIs({ ...cookie, 'X-User-Token': '' }), null)
  assert.equal((await whoIs({ ...cookie, Authorization: 'Basic Ym9iOng=' }))?.id, 'bob')
})

test('a token expires to the millisecond', async () => {
  const { token, expires_at } = await make(await server.signIn('bob'), { name: 'short', expires_days: 1 })
  assert.equal(expires_at, new Date(time + DAY_MS).toISOString())
  time += DAY_MS - 1
  assert.equal((await whoIs(bearer(token)))?.id, 'bob')
  time += 1
  await refused(bearer(token))
})

test('a revoked token ends, with those that were made with it; other people cannot revoke it', async () => {
  const bob = await server.signIn('bob')
  const first = await make(bob, { name: 'first', expires_days: 2 })
  const second = await make(bearer(first.token), { name: 'second' })
  assert.equal(second.expires_at, first.expires_at, 'it does not outlive what made it')
  const third = await make(bearer(second.token), { name: 'third', expires_days: 1 })
  const other = await json('/-/tokens', { op: 'revoke', id: first.id }, await server.signIn('carol'))
  assert.equal(other.status, 404)
  assert.equal((await json('/-/tokens', { op: 'revoke', id: first.id }, bob)).status, 200)
  for (const { token } of [first, second, third]) await refused(bearer(token))
  assert.equal((await json('/-/tokens', { op: 'revoke', id: first.id }, bob)).status, 404)
})

test('a restricted token may do what it names and makes no other', async () => {
  const root = await server.signIn('root')
  const wish = { name: 'people only', restrict: ['manage-people'] }
  const { token } = await make(root, wish)
  const other = await make(root, { name: 'uploads', restrict: 'files-upload:photos\ninsert-row:products/inventory' })
  assert.equal((await ask('/-/people', { headers: bearer(token) })).status, 200)
  assert.equal((await ask('/-/people', { headers: bearer(other.token) })).status, 403)
  assert.equal((await json('/-/tokens', { name: 'all' }, bearer(token))).status, 403)
  assert.equal((await json('/-/people', { op: 'link', actor: 'bob' }, bearer(token))).status, 403)
  assert.equal((await json('/-/people', { op: 'invite', actor: 'bob' }, bearer(token))).status, 403)
  const listed = (await (await ask('/-/tokens', { headers: root })).json()) as {
    tokens: { name: string; restrictions: string[] }[]
  }
  assert.deepEqual(listed.tokens.find(({ name }) => name === 'uploads')?.restrictions, [
    'files-upload:photos',
    'insert-row:products/inventory',
  ])
})

test('a restricted token reads neither the tokens nor the sessions of its actor', async () => {
  const bob = await server.signIn('bob')
  const { token } = await make(bob, { name: 'uploads', restrict: ['files-upload:photos'] })
  for (const Accept of ['*/*', 'text/html']) {
    const refused = await ask('/-/tokens', { headers: { ...bearer(token), Accept } })
    const { code, error } = (await refused.json()) as { code: string; error: string }
    assert.deepEqual([refused.status, code], [403, 'permission_denied'])
    assert.match(error, /token with restrictions reads and changes neither tokens nor sessions/)
  }
  const { token: whole } = await make(bob, { name: 'all' })
  assert.equal((await ask('/-/tokens', { headers: bearer(whole) })).status, 200)
})

test('a restriction that cannot be read allows nothing', async () => {
  const { token, id } = await createToken(opened.db, () => time, {
    actorId: 'root',
    name: 'broken',
    by: null,
    restrictions: [{ action: 'manage-people' }],
  })
  assert.equal((await ask('/-/people', { headers: bearer(token) })).status, 200)
  for (const broken of [
    '{}',
    'no',
    '[{"action":"nothing"}]',
    '[{"action":"manage-people","resource":{"kind":"moon"}}]',
  ]) {
    await opened.db.write((trx) =>
      trx.updateTable('tokens').set({ restrictions: broken }).where('id', '=', id).execute(),
    )
    assert.equal((await ask('/-/people', { headers: bearer(token) })).status, 403, broken)
  }
})

test('the page makes a token, shows it once, and keeps what was typed when it refuses', async () => {
  const bob = await server.signIn('bob')
  const made = await form('/-/tokens', { op: 'create', name: 'from the page', expires_days: '30', restrict: '' }, bob)
  assert.deepEqual([made.status, made.headers.get('Location')], [303, '/-/tokens'])
  const next = { headers: { Accept: 'text/html', Cookie: `${bob.Cookie}; ${cookieOf(made)}` } }
  const shown = await ask('/-/tokens', next)
  const token = /hlt_[\w-]{43}/.exec(await shown.text())?.[0] ?? ''
  assert.equal((await whoIs(bearer(token)))?.id, 'bob')
  assert.match(shown.headers.getSetCookie()[0] ?? '', /holdall_once=;.*Max-Age=0/)

  const stranger = {
    headers: { Accept: 'text/html', Cookie: `${(await server.signIn('eve')).Cookie}; ${cookieOf(made)}` },
  }
  assert.doesNotMatch(await (await ask('/-/tokens', stranger)).text(), /hlt_/)

  const refusedForm = await form(
    '/-/tokens',
    { op: 'create', name: 'kept <name>', expires_days: '30', restrict: 'fly' },
    bob,
  )
  const page = await refusedForm.text()
  assert.equal(refusedForm.status, 400)
  assert.match(page, /value="kept &lt;name&gt;"/)
  assert.match(page, />\s*fly<\/textarea>/)
  assert.match(page, /There is no action &quot;fly&quot;/)
  assert.match(page, /id="field-restrict-error"/)
})

test('whoever types an action that there is not is told all there are, and the one that was probably meant', async () => {
  const bob = await server.signIn('bob')
  for (const [typed, meant] of [
    ['upload-files', 'files-upload'],
    ['insert-rows', 'insert-row'],
    ['fly', undefined],
  ] as const) {
    const answer = await json('/-/tokens', { name: 'x', restrict: [typed] }, bob)
    const { error } = (await answer.json()) as { error: string }
    assert.equal(answer.status, 400)
    assert.equal(/Did you mean ([\w-]+)\?/.exec(error)?.[1], meant)
    for (const action of ACTIONS.keys()) assert.ok(error.includes(action), action)
  }
  const page = await (await ask('/-/tokens', { headers: { Accept: 'text/html', ...bob } })).text()
  for (const [action, kind] of ACTIONS)
    assert.ok(page.includes(`<code>${action}${kind === 'instance' ? '<' : ':'}`), action)
  assert.match(page, /<code>insert-row:DATABASE\/TABLE<\/code><\/dt><dd>add rows to DATABASE\/TABLE</)
  assert.match(page, /href="\/-\/openapi\.json"/)
})

test('a token for a place that is not there, or that its maker may not see, is made and says so', async () => {
  const [root, bob] = [await server.signIn('root'), await server.signIn('bob')]
  const wish = {
    name: 'later',
    restrict: [
      'files-upload:photos',
      'files-upload:nosuch',
      'insert-row:products/INVENTORY',
      'insert-row:products/nosuch',
      'view-table',
    ],
  }
  const notesFor = async (headers: Record<string, string>, restrict: readonly string[]) => {
    const answer = await json('/-/tokens', { ...wish, restrict }, headers)
    assert.equal(answer.status, 201)
    return ((await answer.json()) as { notes?: string[] }).notes
  }
  const source = 'There is no source nosuch now, or you may not see it.'
  const table = 'There is no table products/nosuch now, or you may not see it.'
  assert.deepEqual(await notesFor(root, wish.restrict), [source, table])
  assert.equal(await notesFor(root, ['files-upload:photos', 'view-table:products']), undefined)
  assert.deepEqual(await notesFor(bob, ['files-upload:photos']), [source.replace('nosuch', 'photos')])
  const page = await (await ask('/-/tokens', { headers: { Accept: 'text/html', ...root } })).text()
  for (const said of [source, table]) assert.equal(page.split(said).length, 2, said)
  assert.match(page, /data-label="Only for"><span>files-upload:photos, .*<br><small[^>]*>.*<\/small><\/span><\/td>/)
})

test('what was refused stands above its form, with no list between them', async () => {
  const newcomer = await server.signIn('newcomer')
  const wish = { op: 'create', name: 'import', expires_days: '30', restrict: 'fly' }
  const first = await (await form('/-/tokens', wish, newcomer)).text()
  assert.doesNotMatch(first, /No tokens yet/)
  assert.match(
    await (await ask('/-/tokens', { headers: { Accept: 'text/html', ...newcomer } })).text(),
    /No tokens yet/,
  )
  await make(newcomer, { name: 'another' })
  const second = await (await form('/-/tokens', wish, newcomer)).text()
  const places = ['No token was made', 'Make a token', 'Revoke another'].map((words) => second.indexOf(words))
  assert.ok(!places.includes(-1))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})

test('bad input is refused with the field, never a 500', async () => {
  const bob = await server.signIn('bob')
  const cases: [object | string, string | undefined][] = [
    [{}, 'name'],
    [{ name: '' }, 'name'],
    [{ name: 3 }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ name: 'a\nb' }, 'name'],
    [{ name: 'a\u0000b' }, 'name'],
    [{ name: '\ud800' }, 'name'],
    [{ name: 'x', expires_days: 0 }, 'expires_days'],
    [{ name: 'x', expires_days: 3651 }, 'expires_days'],
    [{ name: 'x', expires_days: 1.5 }, 'expires_days'],
    [{ name: 'x', expires_days: [] }, 'expires_days'],
    [{ name: 'x', restrict: 5 }, 'restrict'],
    [{ name: 'x', restrict: [5] }, 'restrict'],
    [{ name: 'x', restrict: 'manage-people:here' }, 'restrict'],
    [{ name: 'x', restrict: 'files-upload:a/b' }, 'restrict'],
    [{ name: 'x', restrict: 'insert-row:a/b/c' }, 'restrict'],
    [{ name: 'x', restrict: 'insert-row:' }, 'restrict'],
    [{ op: 'fly' }, 'op'],
    ['[1]', undefined],
    ['null', undefined],
    ['{', undefined],
    ['\u0000', undefined],
  ]
  for (const [body, field] of cases) {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await ask('/-/tokens', {
      method: 'POST',
      body: text,
      headers: { 'Content-Type': 'application/json', ...bob },
    })
    assert.equal(answer.status, 400, text)
    if (field !== undefined) assert.equal(typeof ((await answer.json()) as { error: string }).error, 'string')
  }
})

test('anonymous: sign in first', async () => {
  assert.equal((await ask('/-/tokens')).status, 401)
  assert.equal((await json('/-/tokens', { name: 'x' })).status, 401)
})
