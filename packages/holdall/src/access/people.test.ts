import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { PermissionRule } from '../config/config.ts'
import type { Resource } from '../web/route.ts'
import type { Place } from './people.ts'
import { cookieOf, openTestDatabase, serveAccess } from './testing.ts'

const opened = await openTestDatabase()
after(() => opened.close())

const inventory = { kind: 'table', parent: 'products', child: 'in/ventory' } as const
const places: Place[] = [
  { resource: { kind: 'database', parent: 'products' } },
  { resource: inventory },
  { resource: { kind: 'source', parent: 'photos' } },
  { resource: { kind: 'source', parent: 'archive' } },
]
const rules: PermissionRule[] = [
  {
    action: 'files-upload',
    resource: { kind: 'source', parent: 'photos' },
    allow: { id: 'alice' },
    path: 'permissions.files-upload.photos.allow',
  },
  ...(['files-browse', 'files-upload', 'files-edit', 'files-delete'] as const).map((action) => ({
    action,
    resource: { kind: 'source', parent: 'archive' } as const,
    allow: false,
    path: `permissions.${action}.archive`,
  })),
]
const server = serveAccess({ db: opened.db, rules, places, file: '/etc/museum/holdall.yaml' })
const { ask, form, json, access } = server
const root = await server.signIn('root')

const PAGE = { Accept: 'text/html' }

beforeEach(async () => {
  await opened.db.write((trx) => trx.deleteFrom('grants').execute())
})

function may(
  id: string,
  action: Parameters<typeof access.permissions.allowed>[1],
  resource: Resource,
): Promise<boolean> {
  return access.permissions.allowed({ id }, action, resource)
}

test('a person is invited, comes in, is granted something, and loses it again', async () => {
  const invited = await form(
    '/-/people',
    { op: 'invite', actor: 'bob', name: 'Bob Berg', level: 'edit', resource: 'table:products/in~2Fventory' },
    root,
  )
  assert.deepEqual([invited.status, invited.headers.get('Location')], [303, '/-/people/bob'])
  const shown = await ask('/-/people/bob', { headers: { ...PAGE, Cookie: `${root.Cookie}; ${cookieOf(invited)}` } })
  const page = await shown.text()
  assert.match(page, /<h1>Bob Berg<\/h1>/)
  assert.match(page, /products \/ in\/ventory/)
  const token = /http:\/\/holdall\.test\/-\/sign-in\?token=(hls_[\w-]+)/.exec(page)?.[1] ?? ''
  const again = await ask('/-/people/bob', { headers: { ...PAGE, ...root } })
  assert.doesNotMatch(await again.text(), /hls_/, 'the link is shown once')

  const bob = { Cookie: cookieOf(await form('/-/sign-in', { token })) }
  assert.deepEqual(await (await ask('/-/actor.json', { headers: bob })).json(), {
    ok: true,
    actor: { id: 'bob', name: 'Bob Berg' },
  })
  assert.equal(await may('bob', 'insert-row', inventory), true)
  assert.equal(await may('bob', 'delete-row', inventory), false)

  assert.equal(
    (await form('/-/people', { op: 'grant', actor: 'bob', level: 'manage', resource: 'database:products' }, root))
      .status,
    303,
  )
  assert.equal(await may('bob', 'delete-row', inventory), true)
  assert.equal(await may('bob', 'create-table', { kind: 'database', parent: 'products' }), true)
  assert.equal(
    (await form('/-/people', { op: 'revoke-grant', actor: 'bob', resource: 'database:products' }, root)).status,
    303,
  )
  assert.equal(await may('bob', 'delete-row', inventory), false)

  assert.equal((await form('/-/people', { op: 'revoke-session', actor: 'bob' }, root)).status, 303)
  assert.deepEqual(await (await ask('/-/actor.json', { headers: bob })).json(), { ok: true, actor: null })
})

test('granting less takes back what was more', async () => {
  await json('/-/people', { op: 'grant', actor: 'bob', level: 'manage', resource: 'instance' }, root)
  assert.equal(await may('bob', 'manage-people', { kind: 'instance' }), true)
  await json('/-/people', { op: 'grant', actor: 'bob', level: 'view', resource: 'instance' }, root)
  assert.equal(await may('bob', 'manage-people', { kind: 'instance' }), false)
  assert.equal(await may('bob', 'files-browse', { kind: 'source', parent: 'photos' }), true)
})

test('a revoked link signs nobody in', async () => {
  const made = (await (await json('/-/people', { op: 'link', actor: 'gil' }, root)).json()) as { url: string }
  const token = new URL(made.url).searchParams.get('token')
  await json('/-/people', { op: 'revoke-link', actor: 'gil' }, root)
  assert.equal((await json('/-/sign-in', { token })).status, 403)
})

test('where the file speaks, it wins, and both forms of the answer say so', async () => {
  const answer = await json('/-/people', { op: 'grant', actor: 'bob', level: 'edit', resource: 'source:photos' }, root)
  const body = (await answer.json()) as { left_to_file: string[]; person: { grants: object[] } }
  assert.deepEqual(body.left_to_file, ['files-upload'])
  assert.deepEqual(body.person.grants, [
    {
      resource: 'source:photos',
      level: 'edit',
      actions: ['files-browse', 'files-edit'],
      decided_by_file: ['files-upload'],
    },
  ])
  assert.equal(await may('bob', 'files-browse', { kind: 'source', parent: 'photos' }), true)
  assert.equal(await may('bob', 'files-upload', { kind: 'source', parent: 'photos' }), false)

  const page = await (await ask('/-/people/bob', { headers: { ...PAGE, ...root } })).text()
  assert.match(page, /holdall\.yaml decides files-upload/)
  assert.match(page, /Decided by holdall\.yaml/)
  assert.doesNotMatch(page, /\/etc\/museum/)

  const refused = await form(
    '/-/people',
    { op: 'grant', actor: 'bob', level: 'manage', resource: 'source:archive' },
    root,
  )
  const again = await refused.text()
  assert.equal(refused.status, 409)
  assert.match(again, /id="field-resource-error"/)
  assert.match(again, /<option value="manage" selected>/)
  assert.match(again, /<option value="source:archive" selected>/)
})

test('a refused invitation keeps every value, with the error beside its field', async () => {
  const refused = await form(
    '/-/people',
    { op: 'invite', actor: ' ', name: 'B "B"', level: 'view', resource: 'source:photos' },
    root,
  )
  const page = await refused.text()
  assert.equal(refused.status, 400)
  assert.match(page, /id="field-actor-error"/)
  assert.match(page, /value="B &quot;B&quot;"/)
  assert.match(page, /<option value="source:photos" selected>/)
})

test('only root lets in root', async () => {
  await json('/-/people', { op: 'grant', actor: 'mia', level: 'manage', resource: 'instance' }, root)
  const mia = await server.signIn('mia')
  assert.equal((await json('/-/people', { op: 'link', actor: 'nils' }, mia)).status, 201)
  for (const op of ['link', 'invite', 'grant', 'revoke-session', 'name']) {
    assert.equal(
      (await json('/-/people', { op, actor: 'root', level: 'view', resource: 'instance' }, mia)).status,
      403,
      op,
    )
    assert.equal((await json('/-/people', { op, actor: ' root ' }, mia)).status, 403, op)
  }
  assert.equal((await json('/-/people', { op: 'link', actor: 'root' }, root)).status, 201)
})

test('who may not manage people sees none of it', async () => {
  const eve = await server.signIn('eve')
  for (const path of ['/-/people', '/-/people/root']) {
    assert.equal((await ask(path)).status, 401)
    assert.equal((await ask(path, { headers: eve })).status, 403)
  }
  assert.equal((await json('/-/people', { op: 'link', actor: 'root' })).status, 401)
  assert.equal(
    (await json('/-/people', { op: 'grant', actor: 'eve', level: 'manage', resource: 'instance' }, eve)).status,
    403,
  )
})

test('the list is paged by key, and a cursor that is none is refused', async () => {
  for (const id of ['p/1', 'p 2', 'p3.json', 'pé']) await json('/-/people', { op: 'link', actor: id }, root)
  const seen: string[] = []
  let next: string | null = null
  do {
    const answer = await ask(`/-/people?_size=2${next === null ? '' : `&_next=${next}`}`, { headers: root })
    const page = (await answer.json()) as { people: { id: string }[]; next: string | null }
    seen.push(...page.people.map(({ id }) => id))
    next = page.next
  } while (next !== null)
  const all = await opened.db.read.selectFrom('actors').select('id').orderBy('id').execute()
  assert.deepEqual(
    seen,
    all.map(({ id }) => id),
  )
  for (const bad of ['_next=%FF', '_next=a.b', '_size=0', '_size=x', '_size=1001']) {
    assert.equal((await ask(`/-/people?${bad}`, { headers: root })).status, 400, bad)
  }
  const listed = await (await ask('/-/people', { headers: { ...PAGE, ...root } })).text()
  for (const href of [...listed.matchAll(/href="(\/-\/people\/[^"]+)"/g)].map(([, path]) => path as string)) {
    assert.equal((await ask(href, { headers: { ...PAGE, ...root } })).status, 200, href)
  }
})

test('bad input is refused, never a 500', async () => {
  const bodies: object[] = [
    {},
    { op: 'grant' },
    { op: 'fly', actor: 'bob' },
    { op: 'grant', actor: 'bob', level: 'own', resource: 'instance' },
    { op: 'grant', actor: 'bob', level: 'view', resource: 'table:products/none' },
    { op: 'grant', actor: 'bob', level: 'view', resource: 'moon:x' },
    { op: 'grant', actor: 'bob', level: 'view', resource: { kind: 'source' } },
    { op: 'revoke-grant', actor: 'bob', resource: 'table:x' },
    { op: 'link', actor: 'x'.repeat(201) },
    { op: 'link', actor: 'a\u0000b' },
    { op: 'link', actor: ['root'] },
    { op: 'name', actor: 'bob', name: 'x'.repeat(201) },
  ]
  for (const body of bodies) assert.equal((await json('/-/people', body, root)).status, 400, JSON.stringify(body))
  assert.equal((await json('/-/people', { op: 'name', actor: 'never seen', name: 'x' }, root)).status, 404)
  assert.equal((await json('/-/people', { op: 'revoke-token', actor: 'bob', id: 'x' }, root)).status, 404)
  assert.equal((await ask('/-/people/never%20seen', { headers: root })).status, 404)
})
