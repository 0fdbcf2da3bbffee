import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken } from '../access/tokens.ts'
import { ACTIONS } from '../config/actions.ts'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { createLog } from '../web/log.ts'
import type { Need, Route } from '../web/route.ts'
import { type Assembled, assemble } from './holdall.ts'

/**
 * Who gets in: every address that the server has × every method × everybody who may come. The list is the server's own,
 * so a new route is in it by itself. `photos` and `products` are here, `archive` and `other` elsewhere; everything is
 * closed, and one person has all rights here, another all rights elsewhere.
 */
const folder = mkdtempSync(join(tmpdir(), 'holdall-matrix-'))
const ROWS = 5000
for (const name of ['products', 'other']) {
  const database = new DatabaseSync(join(folder, `${name}.db`))
  database.exec(`CREATE TABLE inventory (id INTEGER PRIMARY KEY, name TEXT, photo TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
    INSERT INTO inventory (id, name) SELECT i, 'row ' || i FROM n`)
  database.close()
}

function actionsOn(...kinds: string[]): string[] {
  return [...ACTIONS].flatMap(([action, kind]) => (kinds.includes(kind) ? [action] : []))
}
function all(actions: readonly string[], allow: unknown): Record<string, unknown> {
  return Object.fromEntries(actions.map((action) => [action, allow]))
}
function databaseOf(name: string, id: string) {
  return { path: join(folder, `${name}.db`), permissions: all(actionsOn('database', 'table'), { id }) }
}
const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
function collectionOf(id: string, actor: string) {
  return { organization: ORGANIZATION, id, permissions: all(actionsOn('collection'), { id: actor }) }
}
function sourceOf(name: string, id: string) {
  return {
    storage: 'filesystem',
    config: { root: join(folder, name) },
    permissions: all(actionsOn('source'), { id }),
  }
}
const { config } = loadConfig({
  env: {},
  cwd: folder,
  overrides: {
    permissions: {
      ...all(actionsOn('database', 'table', 'source', 'collection'), false),
      ...all(actionsOn('instance'), { id: 'here' }),
    },
    databases: { products: databaseOf('products', 'here'), other: databaseOf('other', 'elsewhere') },
    sources: { photos: sourceOf('photos', 'here'), archive: sourceOf('archive', 'elsewhere') },
    collections: [collectionOf('visits', 'here'), collectionOf('others', 'elsewhere')],
  },
})
const failures: string[] = []
const log = createLog((line) => {
  if (line.includes('"level":"error"')) failures.push(line)
})
const holdall: Assembled = await assemble({ config, data: join(folder, 'data'), env: {}, log })
await holdall.start()
after(async () => {
  await holdall.close()
  rmSync(folder, { recursive: true, force: true })
})

const db = await openInternalDatabase(join(folder, 'data', 'internal.db'))
type Headers = Readonly<Record<string, string>>
async function bearer(actorId: string, more: Partial<Parameters<typeof createToken>[2]> = {}): Promise<Headers> {
  const { token } = await createToken(db, Date.now, { actorId, name: 'matrix', by: null, ...more })
  return { Authorization: `Bearer ${token}` }
}
const PEOPLE = {
  anonymous: {} as Headers,
  'signed in without rights': await bearer('nobody'),
  'rights elsewhere': await bearer('elsewhere'),
  'rights here': await bearer('here'),
  'a token restricted to elsewhere': await bearer('here', {
    restrictions: [
      ...actionsOn('source').map((action) => ({ action, resource: { kind: 'source', parent: 'archive' } })),
      ...actionsOn('database', 'table').map((action) => ({ action, resource: { kind: 'database', parent: 'other' } })),
      ...actionsOn('collection').map((action) => ({ action, resource: { kind: 'collection', parent: 'others' } })),
    ] as never,
  }),
  'a token restricted to nothing': await bearer('root', { restrictions: [] }),
  'an expired token': await bearer('root', { lifetimeMs: 1 }),
  root: await bearer('root'),
} as const
type Person = keyof typeof PEOPLE
const LET_IN: ReadonlySet<Person> = new Set(['rights here', 'root'])
await db.close()
await sleep(5)

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'] as const
const KINDS = ['public', 'signed-in', 'filtered', 'capability', 'permission'] satisfies Need['kind'][]
const UNSAFE = new Set(['POST', 'PUT', 'DELETE', 'PATCH'])

interface Answer {
  readonly status: number
  readonly code: string | undefined
  readonly bodyRead: boolean
  readonly headers: globalThis.Headers
}

async function ask(method: string, path: string, headers: Headers): Promise<Answer> {
  let bodyRead = false
  const body = new ReadableStream(
    {
      pull(controller) {
        bodyRead = true
        controller.enqueue(new TextEncoder().encode('{}'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const request = new Request(`http://matrix.test${path}`, {
    method,
    headers: {
      Accept: 'application/json',
      ...(UNSAFE.has(method) && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(UNSAFE.has(method) && { body, duplex: 'half' }),
  })
  const response = await holdall.http.fetch(request)
  const text = await response.text()
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json') ?? false
  const code =
    isJson && text !== '' && response.status >= 400 ? (JSON.parse(text) as { code?: string }).code : undefined
  return { status: response.status, code, bodyRead, headers: response.headers }
}

let uploads = 0
/** A file that nobody has deleted yet. */
async function freshFile(): Promise<string> {
  uploads += 1
  const response = await holdall.http.fetch(
    new Request(`http://matrix.test/-/files/upload/photos?filename=${uploads}.txt`, {
      method: 'POST',
      headers: { ...PEOPLE.root, 'Content-Type': 'text/plain' },
      body: `file ${uploads}`,
    }),
  )
  const body = (await response.json()) as { file_id: string }
  assert.equal(response.status, 201, JSON.stringify(body))
  return body.file_id
}

let rows = 0
const standing = await freshFile()

/** What stands for a parameter of a path, here. `fresh` for requests that may delete it. */
async function valueFor(name: string, path: string, fresh: boolean): Promise<string> {
  switch (name) {
    case 'database':
      return 'products'
    case 'table':
      return 'inventory'
    case 'pks':
      rows += fresh ? 1 : 0
      return String(rows + 1)
    case 'source':
    case 'slug':
      return 'photos'
    case 'organization':
      return ORGANIZATION
    case 'collection':
      return 'visits'
    case 'dataset':
      return 'f0000000-0000-5000-8000-000000000000'
    case 'upload':
    case 'run':
      return '01hzzzzzzzzzzzzzzzzzzzzzzz'
    case 'part':
      return '1'
    case 'id':
      if (path.startsWith('/-/people')) return 'here'
      return fresh ? freshFile() : standing
    default:
      throw new assert.AssertionError({ message: `${path}: say here what stands for :${name}` })
  }
}

async function addressOf(path: string, fresh: boolean): Promise<string> {
  let address = path
  for (const [written, name] of path.matchAll(/:(\w+)(?:\{[^}]+\})?/g)) {
    address = address.replace(written, await valueFor(name as string, path, fresh))
  }
  return address
}

function pathsOf(route: Route): string[] {
  const json = `${route.path === '/' ? '/' : route.path}.json`
  return [...(route.json === 'only' ? [] : [route.path.replace(/\/\.csv$/, '.csv')]), ...(route.json ? [json] : [])]
}

const ABOUT_ALL_SOURCES: ReadonlySet<string> = new Set([
  '/-/files',
  '/-/files/duplicates',
  '/-/files/trash',
  '/-/files/trash/empty',
  '/-/files/unused',
])

const REFUSALS = ['sign_in_required', 'permission_denied', 'invalid_token', 'cross_site']

/** What the person must get, or undefined where they must get in. */
function refusalFor(person: Person, { path, need }: Route): readonly (string | undefined)[] | undefined {
  if (person === 'an expired token') return ['invalid_token']
  if (need.kind === 'signed-in') {
    if (path === '/-/tokens' && person.startsWith('a token restricted')) return ['permission_denied']
    return person === 'anonymous' ? ['sign_in_required'] : undefined
  }
  if (need.kind !== 'permission' || LET_IN.has(person)) return undefined
  // They are about all sources, so that whoever may browse one of them, or delete there, may see them.
  if (ABOUT_ALL_SOURCES.has(path)) {
    if (person === 'rights elsewhere') return undefined
    return person === 'anonymous' ? ['sign_in_required'] : ['permission_denied']
  }
  if (need.hidden !== undefined || need.action === 'files-edit' || need.action === 'files-delete') {
    // To someone without files-browse a file does not exist, whoever they are.
    return ['file_not_found']
  }
  return person === 'anonymous' ? ['sign_in_required'] : ['permission_denied']
}

test('every route says what it needs', () => {
  assert(holdall.routes.length > 30)
  for (const { method, path, need } of holdall.routes) {
    assert(KINDS.includes(need?.kind), `${method} ${path} declares no need`)
    if ('because' in need) assert(need.because.length > 10, `${method} ${path} is open and does not say why`)
    if (need.kind === 'permission')
      assert(ACTIONS.has(need.action), `${method} ${path} needs ${need.action}, which nobody can be given`)
  }
})

for (const route of holdall.routes) {
  for (const path of pathsOf(route)) {
    const methods = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]
    for (const method of methods) {
      test(`${method} ${path}`, async () => {
        for (const person of Object.keys(PEOPLE) as Person[]) {
          const refusal = refusalFor(person, route)
          const address = await addressOf(path, refusal === undefined && method !== 'GET' && method !== 'HEAD')
          const answer = await ask(method, address, PEOPLE[person])
          const seen = `${person}: ${answer.status} ${answer.code}`
          assert(answer.status < 500, `${seen} ${failures.at(-1)}`)
          if (refusal !== undefined) {
            // HEAD has no body to tell the reason in.
            if (method === 'HEAD') assert([401, 403, 404].includes(answer.status), seen)
            else assert(refusal.includes(answer.code), `${seen}, and not ${refusal}`)
            if (answer.status === 401) assert.match(answer.headers.get('WWW-Authenticate') ?? '', /^Bearer/)
            assert.equal(answer.bodyRead, false, `${person}: the body was read before the refusal`)
          } else {
            assert(!REFUSALS.includes(answer.code ?? ''), seen)
            assert.notEqual(answer.code, 'file_not_found', seen)
            assert.notEqual(answer.status, 401, seen)
            if (method === 'HEAD') assert.notEqual(answer.status, route.need.kind === 'capability' ? 401 : 403, seen)
          }
        }
      })
    }

    if (UNSAFE.has(route.method) && route.crossSite !== 'exempt') {
      test(`${route.method} ${path} from another site`, async () => {
        const headers = { 'Sec-Fetch-Site': 'cross-site', Cookie: 'holdall_session=x' }
        const answer = await ask(route.method, await addressOf(path, false), headers)
        assert.deepEqual([answer.status, answer.code, answer.bodyRead], [403, 'cross_site', false])
      })
    }
  }
}

describe('methods that an address does not have', () => {
  const paths = new Map<string, Set<string>>()
  for (const route of holdall.routes) {
    for (const path of pathsOf(route)) {
      const there = paths.get(path) ?? new Set(['OPTIONS'])
      there.add(route.method)
      if (route.method === 'GET') there.add('HEAD')
      paths.set(path, there)
    }
  }
  for (const path of paths.keys()) {
    test(path, async () => {
      const address = await addressOf(path, false)
      const allow = (await ask('OPTIONS', address, {})).headers.get('Allow')?.split(', ') ?? []
      for (const method of paths.get(path) ?? [])
        assert(allow.includes(method), `Allow of ${path} lacks ${method}: ${allow}`)
      for (const method of METHODS.filter((name) => !allow.includes(name))) {
        const answer = await ask(method, address, PEOPLE.root)
        assert.deepEqual([answer.status, answer.headers.get('Allow')], [405, allow.join(', ')], `${method} ${address}`)
      }
    })
  }
})

test('a file that one may not see is answered like one that never was', async () => {
  const never = `df-${'0'.repeat(26)}`
  const about = holdall.routes.filter(({ path }) => /^\/-\/files\/:id/.test(path))
  assert(about.length > 0)
  for (const route of about) {
    for (const path of pathsOf(route)) {
      for (const person of [
        'anonymous',
        'signed in without rights',
        'rights elsewhere',
        'a token restricted to elsewhere',
      ] as const) {
        const [real, unreal] = await Promise.all(
          [standing, never].map(async (id) => {
            const answer = await holdall.http.fetch(
              new Request(`http://matrix.test${path.replace(/:id(\{[^}]+\})?/, id)}`, {
                method: route.method,
                headers: { Accept: 'application/json', ...PEOPLE[person] },
              }),
            )
            return `${answer.status} ${(await answer.text()).replaceAll(id, 'ID')}`
          }),
        )
        assert.equal(real, unreal, `${person}: ${route.method} ${path}`)
      }
    }
  }
})

test('a source that one may not see is answered like one that never was', async () => {
  const about = holdall.routes.filter(({ path, need }) => path.includes(':source') && need.kind === 'permission')
  assert(about.length > 0)
  for (const route of about) {
    for (const path of pathsOf(route)) {
      for (const person of ['anonymous', 'signed in without rights', 'rights elsewhere'] as const) {
        const real = await addressOf(path, false)
        const unreal = real.replace('photos', 'never')
        const answers = [await ask(route.method, real, PEOPLE[person]), await ask(route.method, unreal, PEOPLE[person])]
        const [one, other] = answers.map(({ status, code }) => `${status} ${code}`)
        assert.equal(one, other, `${person}: ${route.method} ${path}`)
      }
    }
  }
})

test('a collection that one may not see is answered like one that never was', async () => {
  const about = holdall.routes.filter(({ path, need }) => path.includes(':collection') && need.kind === 'permission')
  assert(about.length > 5)
  for (const route of about) {
    for (const path of pathsOf(route)) {
      for (const person of ['anonymous', 'signed in without rights', 'rights elsewhere'] as const) {
        const real = await addressOf(path, false)
        const unreal = real.replace('/visits', '/never')
        const answers = [await ask(route.method, real, PEOPLE[person]), await ask(route.method, unreal, PEOPLE[person])]
        const [one, other] = answers.map(({ status, code }) => `${status} ${code}`)
        assert.equal(one, other, `${person}: ${route.method} ${path}`)
      }
    }
  }
})

test('people are shown a way in: a page that offers to sign in', async () => {
  const answer = await holdall.http.fetch(
    new Request('http://matrix.test/-/tokens', { headers: { Accept: 'text/html' } }),
  )
  assert.equal(answer.status, 401)
  assert.match(await answer.text(), /href="\/-\/sign-in\?return=%2F-%2Ftokens"/)
})

test('nothing of all this was a failure of the server', () => assert.deepEqual(failures, []))
