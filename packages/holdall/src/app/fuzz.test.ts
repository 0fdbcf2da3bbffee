import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { createToken } from '../access/tokens.ts'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { findCollection } from '../datasets/collections/rows.ts'
import { testDatasetOf, writeParquet } from '../datasets/testing.ts'
import { createLog } from '../web/log.ts'
import type { Route } from '../web/route.ts'
import { assemble } from './holdall.ts'
import { createOpenApiCheck } from './openapi-check.ts'
import { listen } from './server.ts'

/**
 * No input gives a 500: every address that the server has, asked with what no client sends on purpose. Requests go over
 * a socket as bytes, since `fetch` would mend the most interesting ones.
 */
const folder = mkdtempSync(join(tmpdir(), 'holdall-fuzz-'))
const database = new DatabaseSync(join(folder, 'products.db'))
database.exec(`
  PRAGMA foreign_keys = OFF;
  CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO makers VALUES (1, 'Ane'), (2, NULL);
  CREATE TABLE inventory (
    id INTEGER PRIMARY KEY, name TEXT, price REAL, photo TEXT, papers TEXT, data BLOB,
    maker INTEGER REFERENCES makers (id)
  );
  INSERT INTO inventory (name, price, photo, maker, data) VALUES
    ('jug', 1.5, NULL, 1, x'00ff'), ('bowl', 9e999, 'df-nothing', 2, NULL), (NULL, -9e999, '["df-', 77, zeroblob(10));
  CREATE TABLE "odd ~/.%"" name" ("a/b" TEXT, "" TEXT, "select" TEXT, PRIMARY KEY ("a/b", ""));
  INSERT INTO "odd ~/.%"" name" VALUES ('', '', 'x'), ('a,b', '~', char(0)), ('%ff', '..', NULL);
  CREATE TABLE loose (a, b); INSERT INTO loose VALUES (1, 2), (9223372036854775807, x'80');
  CREATE VIEW joined AS SELECT inventory.name, makers.name AS maker FROM inventory JOIN makers ON makers.id = maker;
  CREATE VIEW broken AS SELECT * FROM gone;
  CREATE VIRTUAL TABLE words USING fts5(text); INSERT INTO words VALUES ('a jug');
`)
database.close()

const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'
const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const failures: string[] = []
const log = createLog((line) => {
  if (line.includes('"level":"error"')) failures.push(line)
})
const { config } = loadConfig({
  env: {},
  cwd: folder,
  overrides: {
    databases: {
      products: {
        path: join(folder, 'products.db'),
        tables: {
          inventory: {
            columns: {
              photo: { file_column: true, file_source: 'photos' },
              papers: { file_column: true, file_source: 'photos', file_multiple: true },
            },
          },
        },
      },
    },
    sources: { photos: { storage: 'filesystem', config: { root: join(folder, 'photos') } } },
    collections: [{ organization: ORGANIZATION, id: 'visits' }],
  },
})
const holdall = await assemble({ config, data: join(folder, 'data'), env: {}, log })
await holdall.start()
const server = await listen(holdall.http.fetch, { port: 0, host: '127.0.0.1' })
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
const db = await openInternalDatabase(join(folder, 'data', 'internal.db'))
const { token } = await createToken(db, Date.now, { actorId: 'root', name: 'fuzz', by: null })
const collection = await findCollection(db, ORGANIZATION, 'visits')
assert(collection)
await writeParquet(join(folder, 'photos', 'visits.parquet'), "SELECT range AS id, 'x' || range AS name FROM range(9)")
const dataset = await testDatasetOf(db, collection.seq, { root: join(folder, 'photos'), path: 'visits.parquet' })
await db.close()
after(async () => {
  agent.destroy()
  await server.close()
  await holdall.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Answer {
  readonly status: number
  readonly text: string
  readonly location?: string | undefined
  /** Where it is not what the OpenAPI document says. */
  readonly problem?: string
}

const ANSWER_LIMIT_MS = 20_000
const LONGEST_ANSWER = 1_000_000
const openApi = createOpenApiCheck(holdall.routes)

/** @returns a problem where the answer is not what the OpenAPI document says */
function heldTo(exchange: {
  readonly method: string
  readonly path: string
  readonly body: string | Buffer | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly status: number
  readonly type: string | null
  readonly text: string
}): { problem?: string } {
  const { method, path, body, headers, status, type, text } = exchange
  if (text.length >= LONGEST_ANSWER) return {}
  try {
    openApi.check({
      method,
      path: path.split('?')[0] ?? '',
      ...(body !== undefined && { sent: { type: headers['Content-Type'] ?? '', body: String(body) } }),
      status,
      type,
      body: Buffer.from(text, 'latin1').toString(),
    })
    return {}
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** Status 0 where the connection was closed without an answer. */
function send(
  method: string,
  path: string,
  body?: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve) => {
    const none = (why: unknown) => resolve({ status: 0, text: String(why) })
    const sent = request(
      {
        host: '127.0.0.1',
        port: server.port,
        method,
        path,
        agent,
        timeout: ANSWER_LIMIT_MS,
        headers: {
          Authorization: `Bearer ${token}`,
          ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('latin1').on('data', (chunk: string) => {
          if (text.length < LONGEST_ANSWER) text += chunk
        })
        response.on('end', () => {
          const status = response.statusCode ?? 0
          const type = response.headers['content-type'] ?? null
          const { location } = response.headers
          resolve({ status, text, location, ...heldTo({ method, path, body, headers, status, type, text }) })
        })
        response.on('error', none)
      },
    )
    sent.on('error', none)
    sent.on('timeout', () => sent.destroy(new Error('no answer')))
    sent.end(body)
  })
}

const statuses = new Map<number, number>()
function refuseFailures(what: string, answer: Answer): void {
  statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
  assert(answer.status > 0, `${what}: ${answer.text}`)
  assert(answer.problem === undefined, `${what}: ${answer.problem}`)
  assert(answer.status < 500, `${what}: ${answer.status} ${answer.text.slice(0, 600)} ${failures.at(-1) ?? ''}`)
}

const stored = await send('POST', '/-/files/upload/photos?filename=a.txt', 'text', { 'Content-Type': 'text/plain' })
const file = (JSON.parse(stored.text) as { file_id: string }).file_id

const made = await send(
  'POST',
  '/-/files/sources',
  JSON.stringify({ slug: 'scans', storage: 'filesystem', config: { root: join(folder, 'scans') }, make: true }),
  { 'Content-Type': 'application/json' },
)
assert.equal(made.status, 201, made.text)

const planned = await send('POST', '/products/inventory/-/attach', `column=photo&ids=${file}`, {
  'Content-Type': 'application/x-www-form-urlencoded',
  Accept: 'text/html',
})
assert.equal(planned.status, 303, planned.text)
const run = planned.location?.split('/').at(-1) ?? ''

/** Names that were somebody's production incident. All are bytes that may stand in a request line. */
const NAMES = [
  '%00',
  'a%00b',
  '%ff',
  '%c3%28',
  '%',
  '%zz',
  '~',
  '~zz',
  '~00',
  '~FF',
  '~C3~28',
  '..',
  '%2e%2e',
  '%2F%2e%2e%2Fetc',
  '.json',
  '-',
  '%20',
  '~20',
  ',',
  ',,,,',
  "'",
  '"',
  '%22%3E%3Cscript%3E',
  '__proto__',
  'constructor',
  'toString',
  'sqlite_master',
  'sqlite_sequence',
  '0',
  '-1',
  '1e309',
  '9223372036854775807',
  '9223372036854775808',
  '99999999999999999999999999',
  'NaN',
  'null',
  'undefined',
  '%F0%9F%92%A9',
  '%E2%80%AE',
  'df-',
  'df-00000000000000000000000000',
  'x'.repeat(5000),
  '~'.repeat(500),
]
const TABLES = ['inventory', 'odd~20~7E~2F~2E~25~22~20name', 'loose', 'joined', 'broken', 'words', 'words_data']
const KEYS = ['1', '2', '3', ',', 'a~2Cb,~7E', '~25ff,~2E~2E', '9223372036854775807', '1,2,3']

const QUERIES = [
  ...['_size', '_next', 'cursor', 'limit', '_sort', '_sort_desc', '_col', '_nocol', '_shape', '_extra', '_search'],
  ...[
    '_where',
    '_facet',
    '_labels',
    '_nocount',
    '_nl',
    '_density',
    'q',
    'source',
    'content_type',
    'hash',
    'state',
    'id',
  ],
  ...[
    'w',
    'h',
    'inline',
    'filename',
    'token',
    'return',
    'sql',
    'tab',
    'format',
    'view',
    'name',
    '__exact',
    'name__in',
    'price__gt',
  ],
  ...[
    'name__nope',
    'name__arraycontains',
    'name__date',
    'name__like',
    'name__glob',
    'rowid',
    'data',
    'photo',
    'papers',
  ],
  ...[
    '_filter_column',
    '_filter_op',
    '_filter_op_text',
    '_filter_op_number',
    '_filter_value',
    '_filter_until',
    '_json',
    '_trace',
    '_ttl',
    '_search_name',
    '_through',
  ],
]
const VALUES = [
  '',
  '-1',
  '0',
  '1e9',
  '99999999999999999999999',
  'garbage',
  'nope',
  '%00',
  '%ff',
  '%',
  "'",
  '%22',
  '%5B',
  '%7B%7D',
  'AAAA',
  'bnVsbA',
  'W10',
  'WzEsMl0',
  'W251bGwsWzFdXQ',
  '~',
  '1,2',
  'max',
  'sha256:',
  'sha256:zz',
  '*',
  'NEAR(',
  'select',
  '%2F%2Fevil.example',
  'x'.repeat(8000),
]

const JSON_BODIES = [
  '',
  'null',
  '1',
  '"x"',
  '[]',
  '{}',
  '{',
  '\u0000',
  '{"row":null}',
  '{"row":[]}',
  '{"row":{}}',
  '{"row":{"id":{}}}',
  '{"row":{"id":[[]]}}',
  '{"row":{"id":1e400}}',
  '{"row":{"id":123456789012345678901234567890}}',
  '{"row":{"id":9223372036854775807}}',
  '{"row":{"id":1.5}}',
  '{"row":{"id":"x"}}',
  '{"row":{"__proto__":1}}',
  '{"row":{"":1}}',
  '{"row":{"name":"\\u0000"}}',
  '{"row":{"name":"\\ud800"}}',
  '{"row":{"name":true,"price":false}}',
  '{"row":{"data":{"$base64":true,"encoded":"!!"}}}',
  '{"row":{"data":{"$base64":true,"encoded":5}}}',
  '{"row":{"photo":["a"]}}',
  '{"row":{"photo":7}}',
  '{"row":{"papers":[1,null,{}]}}',
  '{"row":{"papers":"[["}}',
  '{"rows":"x"}',
  '{"rows":[null,1,"x",[]]}',
  '{"rows":[{},{}],"return":"x","ignore":1,"replace":[]}',
  '{"rows":[{"id":1},{"id":1}]}',
  '{"update":null}',
  '{"update":[]}',
  '{"update":{}}',
  '{"update":{"nope":1}}',
  '{"update":{"id":null}}',
  '{"update":{"id":2}}',
  '{"update":{"photo":{}},"return":5}',
  '{"update":{"filename":1,"metadata":[],"search_text":{}}}',
  '{"update":{"filename":"a/../b\\u0000"}}',
  '{"ids":null}',
  '{"ids":[1,null,{},"\\u0000"]}',
  '{"ids":"df-"}',
  '{"table":5}',
  '{"table":"","columns":[]}',
  '{"table":"a\\u0000b","columns":[{"name":"x","type":"nope"}]}',
  '{"table":"t1","columns":[{"name":"x","type":"text"},{"name":"X","type":"text"}],"pk":"zz"}',
  '{"table":"t2","row":{"a":{}}}',
  '{"table":"t3","rows":[{"a":1},{"b":[]}],"pks":["a",5]}',
  '{"table":"sqlite_x","row":{"a":1}}',
  '{"filename":5,"content_type":[],"size":-1}',
  '{"filename":"\\u0000","content_type":"x","size":1e30}',
  '{"filename":"a.txt","content_type":"text/plain","size":4,"accept_methods":"PUT"}',
  '{"upload_token":5}',
  '{"filename":"a","size":9007199254740991,"accept_methods":["MULTIPART"]}',
  '{"part_numbers":[]}',
  '{"part_numbers":[0,-1,1.5,"2",1e30,null]}',
  '{"part_numbers":[1],"checksums":{"1":"\\u0000","__proto__":"x","0":5}}',
  '{"part_numbers":[1,1,99999],"checksums":[]}',
  '{"parts":[{"part_number":"x","etag":{}}]}',
  '{"upload_token":"\\u0000"}',
  '{"column":5,"enabled":"x"}',
  '{"columns":{"photo":5}}',
  '{"columns":{"photo":{"source":[],"max_size":-1,"accept":{}}}}',
  '{"photo":{"file_column":true}}',
  '{"sql":5}',
  '{"sql":""}',
  '{"sql":"\\u0000"}',
  '{"sql":"\\ud800"}',
  '{"sql":"SELECT"}',
  '{"sql":"SELECT * FROM nothing"}',
  '{"sql":"DROP TABLE x"}',
  `{"sql":"SELECT name, count(*) FROM ${dataset.tableName} GROUP BY ALL"}`,
  '{"id":"a/b"}',
  '{"id":{},"label":[],"source":5,"catalog":{}}',
  '{"id":"x","organization":"\\u0000"}',
  '{"id":"x","label":"\\u0000"}',
  '{"id":"x","source":"nope"}',
  '{"id":"__proto__","catalog":"constructor"}',
  '{"id":"fresh","allow":{"view-collection":{"id":["a"]},"nope":true}}',
  '{"id":"fresh","allow":{"view-collection":{"__proto__":true}}}',
  '{"label":"Visits","allow":null}',
  '{"confirm":[]}',
  '{"storage":"filesystem","config":5}',
  '{"storage":"filesystem","label":"x","config":{"root":"\\u0000"}}',
  '{"storage":"filesystem","label":"x","config":{"root":"\\ud800"},"make":true}',
  '{"storage":"filesystem","slug":"..","label":[],"config":{"root":[]},"allow":5}',
  `{"storage":"filesystem","slug":"a","config":{"root":"/${'x'.repeat(300)}"},"make":true}`,
  '{"op":"try","storage":"http","label":"h","config":{"urls":[null,{}]}}',
  '{"storage":"s3","label":"s","config":{"bucket":{}},"values":{"access_key_id":"x","__proto__":"y","nope":{}}}',
  '{"storage":"__proto__","label":"s","config":{"root":{"$secret":"__proto__"}},"values":5}',
  '{"config":{"root":{"$secret":"HOLDALL_SECRET"}}}',
  '{"label":"\\u0000","sync":"every 0h","hash":5,"accept":[[]],"max_file_size":-1,"secrets":[{}]}',
  '{"allow":{"files-browse":[[]],"view-table":true,"__proto__":1},"revision":"x"}',
  '{"op":[],"storage":5}',
  '{"op":"deactivate"}',
  '{"op":"activate"}',
  '{"files":[]}',
  '{"column":"name","files":["df-00000000000000000000000000"]}',
  '{"column":"photo","files":["df-00000000000000000000000000"],"match":{"column":"nope"}}',
  '{"column":"photo","files":["df-00000000000000000000000000"],"match":{"column":"id","how":"pattern","pattern":"{value}{value}"}}',
  '{"column":"photo","files":["df-00000000000000000000000000",5],"match":{"how":"regex"}}',
  '{"column":"photo","pairs":[["df-00000000000000000000000000","$b0"],["df-00000000000000000000000000",99]]}',
  '{"column":"papers","pairs":[["df-00000000000000000000000000",",,,"],["df-00000000000000000000000000","~00"]],"dry_run":1}',
  '{"column":"papers","pairs":[[[],{}],null]}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`,
  `{"row":{"name":${'['.repeat(9000)}${']'.repeat(9000)}}}`,
]
const boundary = 'XX'
const part = (disposition: string, body = 'x') =>
  `--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n${body}\r\n`
const MULTIPART = [
  '',
  `--${boundary}--\r\n`,
  `--${boundary}\r\n\r\n`,
  part('form-data; name="file"'),
  `${part('form-data; name="file"; filename=""')}--${boundary}--\r\n`,
  `${part('form-data; name="file"; filename="a\u0000/../b"')}--${boundary}--\r\n`,
  `${part('form-data')}--${boundary}--\r\n`,
  `${part('nope; name="__proto__"; filename="x"')}--${boundary}--\r\n`,
  `${part('form-data; name="upload_token"', '\u0000')}${part('form-data; name="file"; filename="x"')}--${boundary}--\r\n`,
  `${part('form-data; name="name"').repeat(3000)}--${boundary}--\r\n`,
]
const FORMS = [
  '',
  '&&&&',
  '=',
  '%00=%00',
  'name=%ff',
  'name=%',
  '__proto__=1',
  'token=%00',
  'id=abc&price=x&maker=999&photo=zz',
  'photo=df-1&photo=df-2&papers=[[',
  'actor=%00&id=%00&level=x&place=x',
  'column=&enabled=on&max_size=-1',
  'name=x&expires=99999999999999999999',
  'expires_days=-1&name=%00',
  'theme=nope',
  'storage=filesystem&label=x&config.root=%00&make=on',
  'storage=filesystem&label=x&config.root=/&browse=people&browse_people=,,',
  'op=try&storage=s3&label=x&config.bucket=a/b&value.secret_access_key=x&browse=nope',
  'op=try&storage=http&label=x&config.urls=%5B&max_file_size=1e9&sync=never',
  'op=save&revision=99999999999999999999&config.root=x&upload=other',
  'id=fresh2&label=x&view=a,,*&edit={&query=true',
  'id=fresh3&view={"id":[[1]]}&edit={"__proto__":1}',
  'id=-&organization=%ff',
  'column=photo&ids=df-00000000000000000000000000',
  'column=photo&take=all&source=photos&q=%00',
  // Before what matches the plan again: of a later revision nothing is decided by these.
  `revision=1&go=to?show=constructor%26from=-1&row.0.${file}=%24b0,,`,
  `revision=1&go=save&typed.0.${file}=jug&here=show%3D__proto__`,
  `revision=1&go=save&typed.0.${file}=%00`,
  `revision=1&go=apply&row.0.${file}=1&row.99999.${file}=2&typed.1.${file}=%00&row.0.=3`,
  'go=match&match=name&how=pattern&pattern=%00',
  'go=match&match=__proto__&how=nope',
  'go=apply&row.0=1&typed.1=%00&revision=99999999999999999999',
  Array.from({ length: 10_000 }, (_, n) => `p${n}=${n}`).join('&'),
]

function addressesOf(route: Route): string[] {
  const fill = (path: string, values: Record<string, string>) =>
    path.replace(/:(\w+)(?:\{[^}]+\})?/g, (_, name: string) => values[name] ?? 'x')
  const usual = {
    ...{ database: 'products', table: 'inventory', pks: '1', source: 'photos', slug: 'scans', id: file, run },
    ...{ upload: '01hz', part: '1', organization: ORGANIZATION, collection: 'visits', dataset: dataset.id },
  }
  const paths = [
    ...(route.json === 'only' ? [] : [route.path.replace(/\/\.csv$/, '.csv')]),
    ...(route.json ? [`${route.path === '/' ? '/' : route.path}.json`] : []),
  ]
  return paths.map((path) => fill(path, path.startsWith('/-/people') ? { ...usual, id: 'root' } : usual))
}

function oddAddressesOf(route: Route): string[] {
  const parameters = [...route.path.matchAll(/:(\w+)(?:\{[^}]+\})?/g)]
  const usual: Record<string, string> = {
    database: 'products',
    table: 'inventory',
    pks: '1',
    source: 'photos',
    slug: 'scans',
    id: file,
    upload: '01hz',
    part: '1',
    run,
    organization: ORGANIZATION,
    collection: 'visits',
    dataset: dataset.id,
  }
  const addresses: string[] = []
  for (const [, name] of parameters as unknown as [string, string][]) {
    const odd = name === 'table' ? [...NAMES, ...TABLES] : name === 'pks' ? [...NAMES, ...KEYS] : NAMES
    for (const value of odd) {
      const tables = name === 'pks' ? TABLES : ['inventory']
      for (const table of tables) {
        const address = route.path
          .replace(
            /:(\w+)(?:\{[^}]+\})?/g,
            (_, parameter: string) => ({ ...usual, table, [name]: value })[parameter] ?? 'x',
          )
          .replace(/\/\.csv$/, '.csv')
        addresses.push(route.json ? `${address}.json` : address)
        if (route.json === true) addresses.push(address)
      }
    }
  }
  return addresses
}

const AT_ONCE = 8
async function eachAtOnce<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of waiting) await run(item)
    }),
  )
}

/** Everything wrong at once, so that a run shows all of it. */
async function holdAll(tries: readonly (readonly [string, () => Promise<Answer>])[]): Promise<void> {
  const wrong = new Map<string, string>()
  await eachAtOnce(tries, async ([what, ask]) => {
    try {
      refuseFailures(what.slice(0, 300), await ask())
    } catch (error) {
      wrong.set(what, (error as Error).message)
    }
  })
  assert.equal(wrong.size, 0, `${wrong.size} of ${tries.length}:\n${[...wrong.values()].slice(0, 25).join('\n')}`)
}

/** Each of its answers is a process of its own. */
function beginsProcess({ path }: Route): boolean {
  return path.endsWith('/-/export')
}

/** Each of its answers waits for the engine of queries. */
function asksEngine({ path }: Route): boolean {
  return path.endsWith('/:dataset{[0-9a-fA-F-]+}/rows')
}

const reading = holdall.routes.filter(({ method }) => method === 'GET')
const writing = holdall.routes.filter(({ method }) => method !== 'GET')

test('odd names in every place of every path', () =>
  holdAll(
    holdall.routes.flatMap((route) =>
      oddAddressesOf(route)
        // The same code reads them for every route, so that some of them do for each.
        .filter((_, index) => LONG || index % (route.method === 'GET' ? 2 : 5) === 0)
        .map(
          (path) =>
            [
              `${route.method} ${path}`,
              () =>
                route.method === 'GET'
                  ? send('GET', path)
                  : send(route.method, path, '{}', { 'Content-Type': 'application/json' }),
            ] as const,
        ),
    ),
  ))

/** What is the same for everybody, and large. */
function asksNothing({ path }: Route): boolean {
  return /^\/-\/(?:assets|elements|openapi)/.test(path)
}

test('odd parameters of every page', () =>
  holdAll(
    reading.flatMap((route) =>
      addressesOf(route).flatMap((path) => {
        const table = route.path.startsWith('/:database/:table') && !route.path.includes('/-/')
        const files = route.path.startsWith('/-/files')
        const names = beginsProcess(route) ? ['format', 'sql', '_nope'] : QUERIES
        return names.flatMap((name, i) =>
          VALUES.filter(
            (_, j) =>
              LONG || (i + j) % (table ? 5 : files ? 11 : asksEngine(route) || asksNothing(route) ? 101 : 17) === 0,
          ).map((value) => {
            const address = `${path}?${name}=${value}`
            return [`GET ${address}`, () => send('GET', address)] as const
          }),
        )
      }),
    ),
  ))

test('odd parameters of tables of every kind', () =>
  holdAll(
    TABLES.flatMap((table) =>
      ['', '.json'].flatMap((ending) =>
        [
          ...['_sort=a', '_sort=rowid', '_sort_desc=select', '_search=x', '_shape=object', '_shape=arrays', '_next=1'],
          ...['_next=bnVsbA', '_labels=on', '_nocol=a', '_col=select', '_where=1', '_where=1)%20--', '_where=x%28'],
          ...['_where=load_extension(1)', '_where=name%20in%20(select%201)', '_facet=name', '_extra=count,nope', 'a=1'],
          ...['_extra=columns,primary_keys,query,metadata', 'a__gt=x', 'name__in=[1,', 'name__in=[[1]]', '_size=max'],
        ].map((query) => {
          const address = `/products/${table}${ending}?${query}`
          return [`GET ${address}`, () => send('GET', address)] as const
        }),
      ),
    ),
  ))

test("odd parameters of a dataset's rows", () =>
  holdAll(
    [
      ...['_sort=a', '_sort=id&_sort_desc=id', '_sort_desc=name&_next=000000000000.5', '_next=v1.0.1', '_next=%00'],
      ...['_where=1', '_where=1)%20--', '_where=x%28', '_where=1)%20UNION%20SELECT%20*%20FROM%20x%20--', '_where=%00'],
      ...['_where=name%20in%20(select%201)', '_where=$p0', '_where=?&name=x', '_where=id=$p99', '_search=%25_%5C%22'],
      ...['_facet=id&_facet=nope', '_facet_size=0', '_facet=name&_facet_size=max&_size=0', '_col=select', '_nocol=id'],
      ...['name__in=[1,', 'name__in=[[1]]', 'name__in=[]', 'id__in=,', 'id=x', 'id__gt=1e999', 'id__lt=-', 'id=0x1'],
      ...['id__date=x', 'name__date=2020-13-45', 'name__glob=%5B', 'name__like=%5C', 'id__arraycontains=1', 'a__gt=x'],
      ...['name__arraycontains=%22', '__proto__=1', 'id__constructor=1', '_shape=object', '_extra=nope', '_size=max'],
      ...[`name=${'x'.repeat(20_000)}`, Array.from({ length: 3_000 }, (_, n) => `id__not=${n}`).join('&')],
    ].flatMap((query, index) =>
      // The same code reads them for the page.
      (LONG || index % 6 === 0 ? ['', '.json'] : ['.json']).map((ending) => {
        const address = `/-/datasets/${ORGANIZATION}/visits/${dataset.id}/rows${ending}?${query}`
        return [`GET ${address}`, () => send('GET', address)] as const
      }),
    ),
  ))

test('ten thousand parameters', () =>
  holdAll(
    [
      '/',
      '/products',
      '/products/inventory',
      '/products/inventory/1',
      '/-/files',
      '/-/files/batch',
      '/-/people',
    ].flatMap((path) =>
      ['name', '_sort', '_where', '_extra', 'id', 'q'].flatMap((name) => {
        const query = Array.from({ length: 10_000 }, () => `${name}=1`)
          .join('&')
          .slice(0, 60_000)
        const ending = path === '/-/people' || path === '/' ? '' : '.json'
        return [path, path + ending].map(
          (address) => [`GET ${address}?${name}=1&…`, () => send('GET', `${address}?${query}`)] as const,
        )
      }),
    ),
  ))

test('bodies of the wrong kind', () =>
  holdAll(
    writing.flatMap((route) =>
      addressesOf(route).flatMap((path) => {
        const kinds = [
          ...JSON_BODIES.map((body) => [body, 'application/json'] as const),
          ...FORMS.map((body) => [body, 'application/x-www-form-urlencoded'] as const),
          ...MULTIPART.map((body) => [body, `multipart/form-data; boundary=${boundary}`] as const),
          ['x', 'multipart/form-data'] as const,
          ['x', 'multipart/form-data; boundary='] as const,
          ['{}', 'application/json; charset=nope'] as const,
          ['x', '\u00ff/\u00fe'] as const,
          ['x', ''] as const,
        ]
        return kinds.flatMap(([body, type]) =>
          (type.startsWith('application/json') ? ['*/*'] : ['*/*', 'text/html']).map(
            (accept) =>
              [
                `${route.method} ${path} ${type} (${accept}) ${body}`,
                () => send(route.method, path, body, { 'Content-Type': type, Accept: accept }),
              ] as const,
          ),
        )
      }),
    ),
  ))

test('odd headers', () =>
  holdAll(
    reading
      .filter((route) => !beginsProcess(route))
      .flatMap((route) =>
        addressesOf(route).flatMap((path) =>
          [
            { Range: 'bytes=-' },
            { Range: 'bytes=99999999999999999999-' },
            { Range: 'bytes=5-1,7-' },
            { 'If-None-Match': '"' },
            { 'If-Modified-Since': 'never', 'If-Range': '"x' },
            { Cookie: 'holdall_session=%ff; holdall_theme=; =;;' },
            { Accept: '\u00ff' },
            { 'X-Request-Id': '\u00e9'.repeat(3000) },
            { Host: '[' },
            { Host: '' },
            { Host: 'a b' },
            { 'X-Forwarded-Host': '%%', 'X-Forwarded-Proto': 'x', 'X-Forwarded-For': ',,' },
            { Authorization: 'Bearer \u00ff' },
            { Authorization: 'Basic' },
            { 'X-User-Token': '\u00ff' },
          ].map(
            (headers) =>
              [`GET ${path} ${JSON.stringify(headers)}`, () => send('GET', path, undefined, headers as never)] as const,
          ),
        ),
      ),
  ))

test('nothing of all this was a failure of the server, and much of it was understood', (t) => {
  t.diagnostic(`answers by status: ${JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b)))}`)
  assert.deepEqual(failures.slice(0, 5), [])
  for (const status of [200, 201, 303, 400, 404, 413])
    assert(statuses.has(status), `nothing was answered with ${status}`)
})
