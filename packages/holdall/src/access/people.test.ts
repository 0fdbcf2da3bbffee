import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { PermissionRule } from '../config/config.ts'
import type { Resource } from '../web/route.ts'
import type { Place } from './people.ts'
import { cookieOf, openTestDatabase, serveAccess } from './testing.ts'

const opened = await openTestDatabase()
after(() => opened.close())

const inventory = { kind: 'table', parent: 'products', child: 'in/ventory' } as const
const MUSEUM = '550e8400-e29b-41d4-a716-446655440000'
const places: Place[] = [
  { resource: { kind: 'database', parent: 'products' } },
  { resource: inventory },
  { resource: { kind: 'source', parent: 'photos' } },
  { resource: { kind: 'source', parent: 'archive' } },
  { resource: { kind: 'collection', parent: 'visits', child: MUSEUM }, label: 'Visits' },
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
  const elsewhere = await ask('/-/people/bob', { headers: { ...PAGE, ...root } })
  assert.doesNotMatch(await elsewhere.text(), /hls_/, 'the link is shown in the browser that made it')

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

test('an invitation holds several rights, all or none of them', async () => {
  const rights = {
    level: 'view',
    resource: 'instance',
    level_2: 'edit',
    resource_2: 'table:products/in~2Fventory',
    level_3: '',
    resource_3: 'instance',
    level_4: 'manage',
    resource_4: 'source:photos',
  }
  const refused = await form('/-/people', { op: 'invite', actor: 'ida', ...rights, resource_4: 'source:none' }, root)
  assert.equal(refused.status, 400)
  assert.match(await refused.text(), /id="field-resource_4-error"|id="field-resource~5F4-error"/)
  assert.equal((await ask('/-/people/ida', { headers: root })).status, 404)
  assert.equal((await form('/-/people', { op: 'invite', actor: 'ida', ...rights }, root)).status, 303)
  const { person } = (await (await ask('/-/people/ida', { headers: root })).json()) as {
    person: { grants: { resource: string; level: string }[] }
  }
  assert.deepEqual(
    person.grants.map(({ resource, level }) => `${level} ${resource}`),
    ['view instance', 'edit table:products/in~2Fventory', 'manage source:photos'],
  )
})

test('nobody gets a right on everything by leaving a choice as it was', async () => {
  const blank = await (await ask('/-/people', { headers: { ...PAGE, ...root } })).text()
  const where = /<select[^>]*name="resource">.*?<\/select>/s.exec(blank)?.[0] ?? ''
  assert.match(where, /<option value="" selected>Choose…<\/option><option value="instance">everything<\/option>/)
  assert.match(where, /<optgroup label="Tables"><option value="table:products\/in~2Fventory">/)
  const wish = { op: 'invite', actor: 'vera', name: 'Vera', level: 'manage', resource: '' }
  const refused = await form('/-/people', wish, root)
  assert.equal(refused.status, 400)
  const page = await refused.text()
  assert.match(page, /Choose where: a database, a table, a source, a collection, or everything\./)
  assert.match(page, /value="Vera"/)
  assert.match(page, /<option value="manage" selected>/)
  assert.equal((await ask('/-/people/vera', { headers: root })).status, 404)
  const granted = await json('/-/people', { op: 'grant', actor: 'vera', level: 'view' }, root)
  assert.equal(granted.status, 400)
})

test('a new link stays with the browser that made it until it is used, ended or dismissed', async () => {
  async function make(actor: string): Promise<{ Cookie: string; kept: string; token: string }> {
    const made = await form('/-/people', { op: 'link', actor }, root)
    const kept = made.headers.getSetCookie().find((cookie) => cookie.startsWith('holdall_links=')) ?? ''
    assert.match(kept, /; HttpOnly/)
    assert.match(kept, /; SameSite=Strict/)
    assert.match(kept, /; Path=\/-\/people/)
    assert.doesNotMatch(kept, /hls_/)
    assert.doesNotMatch(Buffer.from(kept, 'base64url').toString(), /hls_/, 'encrypted, not only signed')
    const kind = kept.split(';')[0] as string
    const Cookie = `${root.Cookie}; ${kind}`
    return { Cookie, kept: kind, token: /hls_[\w-]+/.exec(await pageOf(actor, Cookie))?.[0] ?? '' }
  }
  async function pageOf(actor: string, Cookie: string): Promise<string> {
    return (await ask(`/-/people/${actor}`, { headers: { ...PAGE, Cookie } })).text()
  }

  const used = await make('una')
  await form('/-/people', { op: 'grant', actor: 'una', level: 'view', resource: 'instance' }, { Cookie: used.Cookie })
  assert.match(await pageOf('una', used.Cookie), /hls_/, 'still there after a grant')
  assert.doesNotMatch(await pageOf('root', used.Cookie), /hls_/, 'only on the page of that person')
  await json('/-/people', { op: 'grant', actor: 'mona', level: 'manage', resource: 'instance' }, root)
  const mona = await server.signIn('mona')
  assert.doesNotMatch(await pageOf('una', `${mona.Cookie}; ${used.kept}`), /hls_/, 'nobody else sees it')
  assert.equal((await json('/-/sign-in', { token: used.token })).status, 200)
  assert.doesNotMatch(await pageOf('una', used.Cookie), /hls_/, 'used')

  const ended = await make('una')
  await form('/-/people', { op: 'revoke-link', actor: 'una' }, root)
  assert.doesNotMatch(await pageOf('una', ended.Cookie), /hls_/, 'ended')

  const dismissed = await make('una')
  const answer = await form('/-/people', { op: 'dismiss-link', actor: 'una' }, { Cookie: dismissed.Cookie })
  assert.match(answer.headers.getSetCookie().join(), /holdall_links=; Max-Age=0/)
  assert.equal((await json('/-/sign-in', { token: dismissed.token })).status, 200, 'and works all the same')
})

test('a link that leads to this computer only says so', async () => {
  async function shown(origin: string, at = server): Promise<string> {
    const made = await at.form(`${origin}/-/people`, { op: 'link', actor: 'lou' }, { ...root, Origin: origin })
    const Cookie = `${root.Cookie}; ${cookieOf(made)}`
    return (await at.ask(`${origin}/-/people/lou`, { headers: { ...PAGE, Cookie } })).text()
  }
  const WARNING =
    /works only on this computer\..*go to the terminal where it runs.*<code class="nowrap">--host 0\.0\.0\.0<\/code> at its end\. /
  assert.match(await shown('http://127.0.0.1:8001'), WARNING)
  assert.match(await shown('http://localhost'), WARNING)
  assert.doesNotMatch(await shown('http://holdall.test'), WARNING)
  const known = serveAccess({ db: opened.db, startedBy: 'npm start -- my.db' })
  assert.match(
    await shown('http://localhost', known),
    /at its end: <code>npm start -- my\.db --host 0\.0\.0\.0<\/code>\. /,
  )
  const others = serveAccess({ db: opened.db, servesOthers: true })
  assert.match(
    await shown('http://localhost', others),
    /works only on this computer\..*Open this page under the address that they use/,
  )
})

test('the page says in words what everybody may, from the rules that hold', async () => {
  async function everybody(): Promise<string> {
    const page = await (await ask('/-/people', { headers: { ...PAGE, ...root } })).text()
    return /<section id="everybody">.*?<\/section>/s.exec(page)?.[0] ?? ''
  }
  assert.match(await everybody(), /Everybody, signed in or not, may see all databases and tables\./)
  assert.match(await everybody(), /say so in <code[^>]*>holdall\.yaml<\/code> and restart/)
  const anyway = /sees all databases and tables anyway, because everybody may\. .*>holdall\.yaml</
  const shown = async (path: string, from = server) => (await from.ask(path, { headers: { ...PAGE, ...root } })).text()
  await json('/-/people', { op: 'invite', actor: 'ida' }, root)
  assert.match(await shown('/-/people'), anyway)
  assert.match(await shown('/-/people/ida'), anyway)
  // Its folder is told to who is at the computer only.
  const incoming = { httpVersion: '1.1', socket: { remoteAddress: '127.0.0.1' } }
  const init = { headers: { ...PAGE, ...root, Host: 'localhost:8001' } }
  const here = await (await ask('/-/people/ida', init, { incoming } as never)).text()
  assert.match(here, /say so in <code[^>]*>\/etc\/museum\/holdall\.yaml<\/code>/)

  const closedTo = (allow: PermissionRule['allow']) =>
    serveAccess({
      db: opened.db,
      places,
      rules: (['view-instance', 'view-database', 'view-table', 'execute-sql'] as const).map((action) => ({
        action,
        resource: { kind: 'instance' },
        allow,
        path: 'allow',
      })),
    })
  const nobody = await shown('/-/people', closedTo({ id: 'root' }))
  assert.match(nobody, /<p>Nobody sees anything without a right that is given here or in the command line\.<\/p>/)
  assert.doesNotMatch(nobody, /anyway|see nothing|Taking a right/)
  assert.match(await shown('/-/people/ida', closedTo({ id: 'root' })), /<p>Nothing\. /)
  const members = await shown('/-/people/ida', closedTo({ id: '*' }))
  assert.match(members, /ida sees all databases and tables anyway, because whoever is signed in may\./)
  assert.match(members, /Nothing beyond what everybody who is signed in may: see all/)

  const open = serveAccess({
    db: opened.db,
    places: [
      { resource: { kind: 'database', parent: 'products' } },
      { resource: inventory },
      { resource: { kind: 'table', parent: 'products', child: 'staff' } },
      { resource: { kind: 'source', parent: 'photos' }, label: 'Photographs' },
    ],
    rules: [
      {
        action: 'view-table',
        resource: { kind: 'table', parent: 'products', child: 'staff' },
        allow: false,
        path: 'x',
      },
      { action: 'files-browse', resource: { kind: 'source', parent: 'photos' }, allow: true, path: 'y' },
      { action: 'files-upload', resource: { kind: 'instance' }, allow: { id: '*' }, path: 'z' },
    ],
  })
  const page = await (await open.ask('/-/people', { headers: { ...PAGE, ...root } })).text()
  assert.match(
    page,
    /may see the table in\/ventory, read everything in products with SQL and browse the files of Photographs\./,
  )
  assert.match(page, /Whoever is signed in may also upload files to Photographs\./)
})

test('a removed person loses every way in and every grant, and leaves the list', async () => {
  await json('/-/people', { op: 'grant', actor: 'rex', level: 'edit', resource: 'instance' }, root)
  const rex = await server.signIn('rex')
  const made = (await (await json('/-/tokens', { name: 'nightly' }, rex)).json()) as { token: string }
  const link = (await (await json('/-/people', { op: 'link', actor: 'rex' }, root)).json()) as { url: string }
  const page = await (await ask('/-/people/rex', { headers: { ...PAGE, ...root } })).text()
  assert.match(page, /<summary>.*?Remove rex<\/summary>.*value="remove".*Remove rex for good/s)

  const removed = await form('/-/people', { op: 'remove', actor: 'rex' }, root)
  assert.deepEqual([removed.status, removed.headers.get('Location')], [303, '/-/people'])
  const listed = await ask('/-/people', { headers: { ...PAGE, Cookie: `${root.Cookie}; ${cookieOf(removed)}` } })
  assert.match(await listed.text(), /rex removed/)
  assert.equal((await ask('/-/people/rex', { headers: root })).status, 404)
  assert.equal(await may('rex', 'insert-row', inventory), false)
  assert.deepEqual(await (await ask('/-/actor.json', { headers: rex })).json(), { ok: true, actor: null })
  assert.equal((await ask('/-/actor.json', { headers: { Authorization: `Bearer ${made.token}` } })).status, 401)
  const token = new URL(link.url).searchParams.get('token')
  assert.equal((await json('/-/sign-in', { token })).status, 403)
  assert.equal((await json('/-/people', { op: 'remove', actor: 'rex' }, root)).status, 404)
  assert.equal((await json('/-/people', { op: 'remove', actor: 'root' }, root)).status, 400)
})

test('granting less takes back what was more', async () => {
  await json('/-/people', { op: 'grant', actor: 'bob', level: 'manage', resource: 'instance' }, root)
  assert.equal(await may('bob', 'manage-people', { kind: 'instance' }), true)
  await json('/-/people', { op: 'grant', actor: 'bob', level: 'view', resource: 'instance' }, root)
  assert.equal(await may('bob', 'manage-people', { kind: 'instance' }), false)
  assert.equal(await may('bob', 'files-browse', { kind: 'source', parent: 'photos' }), true)
})

test('a collection is granted for itself, not for another of its id', async () => {
  const resource = `collection:visits/${MUSEUM}`
  const there = { kind: 'collection', parent: 'visits', child: MUSEUM } as const
  const elsewhere = { ...there, child: '11111111-2222-4333-8444-555555555555' }
  await json('/-/people', { op: 'grant', actor: 'bob', level: 'view', resource }, root)
  for (const action of ['view-collection', 'query-collection'] as const) {
    assert.deepEqual([await may('bob', action, there), await may('bob', action, elsewhere)], [true, false])
  }
  assert.equal(await may('bob', 'edit-collection', there), false)
  // There is nothing more to manage in one than to add and to delete.
  await json('/-/people', { op: 'grant', actor: 'bob', level: 'manage', resource }, root)
  assert.equal(await may('bob', 'edit-collection', there), true)
  const page = await (await ask('/-/people/bob', { headers: { ...PAGE, Cookie: root.Cookie } })).text()
  assert.match(page, /collection visits.*Add and edit/s)
  assert.match(page, /<optgroup label="Collections of datasets">/)
  for (const wrong of ['collection:visits', 'collection:visits/nowhere', `collection:never/${MUSEUM}`]) {
    assert.equal(
      (await json('/-/people', { op: 'grant', actor: 'bob', level: 'view', resource: wrong }, root)).status,
      400,
    )
  }
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
  assert.match(page, /Set in holdall\.yaml, not here: upload files to photos/)
  assert.match(page, /<h2>Set in holdall\.yaml<\/h2>/)
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
  for (const op of ['link', 'invite', 'grant', 'revoke-session', 'name', 'remove']) {
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

test('a grant on a table says at once what its file columns need too, and one press gives it', async () => {
  const makers = { kind: 'table', parent: 'collection', child: 'makers' } as const
  const local = serveAccess({
    db: opened.db,
    places: [
      { resource: { kind: 'database', parent: 'collection' } },
      { resource: makers, fileColumns: [{ name: 'portrait', source: 'photographs' }] },
      { resource: { kind: 'source', parent: 'photographs' }, label: 'Photographs' },
    ],
    rules: [],
  })
  const cookie = await local.signIn('root')
  const page = async () => (await local.ask('/-/people/dora', { headers: { ...PAGE, ...cookie } })).text()
  for (const resource of ['table:collection/makers', 'database:collection']) {
    const grant = { op: 'grant', actor: 'dora', level: 'edit' }
    assert.equal((await local.form('/-/people', { ...grant, resource }, cookie)).status, 303)
    const before = await page()
    assert.match(before, /dora cannot upload to makers\.portrait\./)
    assert.match(before, /That needs Photographs too\./)
    assert.match(before, /name="level" value="edit"><input type="hidden" name="resource" value="source:photographs">/)
    assert.equal((await local.form('/-/people', { ...grant, resource: 'source:photographs' }, cookie)).status, 303)
    assert.doesNotMatch(await page(), /dora cannot upload/)
    await local.form('/-/people', { op: 'revoke-grant', actor: 'dora', resource: 'source:photographs' }, cookie)
    await local.form('/-/people', { op: 'revoke-grant', actor: 'dora', resource }, cookie)
  }
  assert.doesNotMatch(await page(), /dora cannot/, 'who was granted no table is told of none')
})

test('of a source that takes no uploads a grant on a table needs only that its files are seen', async () => {
  const local = serveAccess({
    db: opened.db,
    places: [
      {
        resource: { kind: 'table', parent: 'collection', child: 'plates' },
        fileColumns: [{ name: 'scan', source: 'archive' }],
      },
      { resource: { kind: 'source', parent: 'archive' }, label: 'Archive', takesUploads: false },
    ],
    rules: [],
  })
  const cookie = await local.signIn('root')
  const page = async () => (await local.ask('/-/people/edda', { headers: { ...PAGE, ...cookie } })).text()
  const grant = { op: 'grant', actor: 'edda', level: 'edit', resource: 'table:collection/plates' }
  assert.equal((await local.form('/-/people', grant, cookie)).status, 303)
  assert.match(await page(), /edda cannot see the files of plates\.scan\./)
  assert.doesNotMatch(await page(), /edda cannot upload/)
  const view = { ...grant, level: 'view', resource: 'source:archive' }
  assert.equal((await local.form('/-/people', view, cookie)).status, 303)
  assert.doesNotMatch(await page(), /edda cannot/)
})

test('a right on everything says which places it does not reach, and one press grants it there', async () => {
  const harbour = { slug: 'harbour', storage_type: 'filesystem', label: 'Harbour archive', origin: 'runtime' } as const
  const allow = JSON.stringify({ 'files-browse': false, 'files-upload': false, 'files-delete': false })
  await opened.db.write((trx) =>
    trx
      .insertInto('datasette_files_sources')
      .values({ ...harbour, created_by: 'root', allow })
      .execute(),
  )
  const local = serveAccess({
    db: opened.db,
    file: '/etc/museum/holdall.yaml',
    places: [
      { resource: { kind: 'database', parent: 'products' } },
      { resource: { kind: 'table', parent: 'products', child: 'staff' } },
      { resource: { kind: 'source', parent: 'photos' }, label: 'Photographs' },
      { resource: { kind: 'source', parent: 'harbour' }, label: 'Harbour archive' },
    ],
    rules: [
      { action: 'files-browse', resource: { kind: 'instance' }, allow: { id: '*' }, path: 'permissions.files-browse' },
      {
        action: 'view-table',
        resource: { kind: 'table', parent: 'products', child: 'staff' },
        allow: { id: 'boss' },
        path: 'permissions.view-table',
      },
    ],
  })
  const cookie = await local.signIn('root')
  const page = async (id: string) => (await local.ask(`/-/people/${id}`, { headers: { ...PAGE, ...cookie } })).text()
  const grant = { op: 'grant', actor: 'anna', level: 'view', resource: 'instance' }
  const body = (await (await local.json('/-/people', grant, cookie)).json()) as { not_reached: string[] }
  assert.deepEqual(body.not_reached, ['table:products/staff', 'source:harbour'])
  const before = await page('anna')
  assert.match(before, /Not Harbour archive: its own settings say who may\./)
  assert.match(
    before,
    /Not products \/ staff: holdall\.yaml says who may\.<\/span> <\/div>/,
    'a grant would be refused',
  )
  assert.match(before, /yes, but not Harbour archive/)
  assert.doesNotMatch(before, /Not Photographs/)
  assert.match(before, /name="level" value="view"><input type="hidden" name="resource" value="source:harbour">/)
  const said = await local.form('/-/people', grant, cookie)
  const shown = await local.ask('/-/people/anna', {
    headers: { ...PAGE, Cookie: `${cookie.Cookie}; ${cookieOf(said)}` },
  })
  assert.match(await shown.text(), /Granted, but not for products \/ staff and Harbour archive/)

  await local.form('/-/people', { ...grant, resource: 'source:harbour' }, cookie)
  const harbourFiles = { kind: 'source', parent: 'harbour' } as const
  assert.equal(await local.access.permissions.allowed({ id: 'anna' }, 'files-browse', harbourFiles), true)
  const after = await page('anna')
  assert.doesNotMatch(after, /Harbour archive: its own settings/)
  assert.doesNotMatch(after, /but not Harbour archive/)
  assert.doesNotMatch(await page('root'), />no<|but not/, 'root is included wherever')
})
