import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createToken } from '../access/tokens.ts'
import { assemble } from '../app/holdall.ts'
import { createOpenApiCheck } from '../app/openapi-check.ts'
import { loadConfig } from '../config/config.ts'
import { openInternalDatabase } from '../database/internal.ts'
import { everythingIn } from '../uploads/test-folder.ts'
import { createLog } from '../web/log.ts'
import { insertFile } from './adding.ts'
import { type Collection, findCollection } from './collections/rows.ts'
import { merge } from './joining/merge.ts'
import { changeState, type DatasetState, stateOf } from './joining/states.ts'
import type { Dataset } from './records.ts'
import { ORGANIZATION, testDatasetOf, writeParquet } from './testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-dataset-routes-'))
const { config } = loadConfig({
  env: {},
  cwd: folder,
  overrides: {
    settings: { base_url: '/data/' },
    catalogs: { lake: { type: 'glue', config: {} } },
    collections: [
      {
        organization: ORGANIZATION,
        id: 'declared',
        label: 'Declared',
        permissions: { 'view-collection': { id: 'ann' } },
      },
    ],
    permissions: { 'manage-collections': { id: 'mia' } },
  },
})
const logged: string[] = []
const log = createLog((line) => logged.push(line))
const holdall = await assemble({ config, data: join(folder, 'data'), env: {}, log })
const root = join(folder, 'data', 'files')
mkdirSync(root, { recursive: true })
const db = await openInternalDatabase(join(folder, 'data', 'internal.db'))
after(async () => {
  await db.close()
  await holdall.close()
  rmSync(folder, { recursive: true, force: true })
})
const tokens = new Map<string, string>()
for (const actorId of ['root', 'mia', 'ann', 'ben', 'quinn']) {
  tokens.set(actorId, (await createToken(db, Date.now, { actorId, name: 'test', by: null })).token)
}
const openApi = createOpenApiCheck(holdall.routes)

interface Asked {
  readonly as?: string
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly html?: boolean
}

async function ask(method: string, path: string, { as, json, form, html = form !== undefined }: Asked = {}) {
  const type = form !== undefined ? 'application/x-www-form-urlencoded' : 'application/json'
  const body =
    form !== undefined ? String(new URLSearchParams(form)) : json === undefined ? undefined : JSON.stringify(json)
  const response = await holdall.http.fetch(
    new Request(`http://data.test/data${path}`, {
      method,
      headers: {
        Accept: html ? 'text/html' : 'application/json',
        ...(as !== undefined && { Authorization: `Bearer ${tokens.get(as)}` }),
        ...(body !== undefined && { 'Content-Type': type }),
      },
      ...(body !== undefined && { body }),
    }),
  )
  const bytes = Buffer.from(await response.arrayBuffer())
  const answered = response.headers.get('Content-Type')
  openApi.check({
    method,
    path: path.split('?')[0] ?? '',
    ...(body !== undefined && { sent: { type, body } }),
    status: response.status,
    type: answered,
    body: bytes.toString(),
  })
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  const parsed: any = answered?.startsWith('application/json') ? JSON.parse(bytes.toString()) : undefined
  return { status: response.status, body: parsed, text: bytes.toString(), bytes, headers: response.headers }
}

async function make(id: string, more: object = {}): Promise<Collection> {
  const { status, text } = await ask('POST', '/-/collections/create', {
    as: 'mia',
    json: { organization: ORGANIZATION, id, ...more },
  })
  assert.equal(status, 201, text)
  return (await findCollection(db, ORGANIZATION, id)) as Collection
}

let files = 0
async function fill({ seq }: Collection, select = "SELECT range AS id, 'x' || range % 3 AS name FROM range(10)") {
  files += 1
  await writeParquet(join(root, `visits-${files}.parquet`), select)
  return await testDatasetOf(db, seq, { root, path: `visits-${files}.parquet` })
}

const pathOf = (id: string) => `/-/datasets/${ORGANIZATION}/${id}`

test('a collection is made with what was asked, in the first organization when none is named', async () => {
  const { status, body } = await ask('POST', '/-/collections/create', {
    as: 'mia',
    json: { id: 'fresh', label: '  Fresh  ', source: 'files', catalog: 'lake' },
  })
  assert.equal(status, 201)
  assert.deepEqual(
    { ...body.collection, created_at: 0, updated_at: 0 },
    {
      organization: ORGANIZATION,
      ...{ id: 'fresh', label: 'Fresh', source: 'files', catalog: 'lake', created_at: 0, updated_at: 0 },
    },
  )
  const other = '650e8400-e29b-41d4-a716-446655440000'
  const elsewhere = await ask('POST', '/-/collections/create', {
    as: 'mia',
    json: { id: 'fresh', organization: other.toUpperCase() },
  })
  assert.deepEqual([elsewhere.status, elsewhere.body.collection.organization], [201, other])
  const plain = await ask('POST', '/-/collections/create', { as: 'mia', json: { id: 'plain', catalog: 'embedded' } })
  assert.deepEqual(
    [plain.body.collection.label, plain.body.collection.source, plain.body.collection.catalog],
    ['plain', null, null],
  )
})

test('what cannot be a collection is refused beside its field', async () => {
  await make('taken')
  const refused: [object, number, string, RegExp][] = [
    [{}, 400, 'bad_request', /Give it an id/],
    [{ id: 'a/b' }, 400, 'bad_request', /letters, digits/],
    [{ id: 'a.json' }, 400, 'bad_request', /letters, digits/],
    [{ id: 'x'.repeat(101) }, 400, 'bad_request', /letters, digits/],
    [{ id: 5 }, 400, 'bad_request', /must be a text/i],
    [{ id: 'ok', organization: 'museum' }, 400, 'bad_request', /UUID/],
    [{ id: 'ok', label: 'x'.repeat(201) }, 400, 'bad_request', /200/],
    [{ id: 'ok', label: 'a\u0000b' }, 400, 'bad_request', /control/],
    [{ id: 'ok', source: 'nope' }, 400, 'bad_request', /no source nope.*files/],
    [{ id: 'ok', catalog: 'nope' }, 400, 'bad_request', /no catalog nope.*embedded, lake/],
    [{ id: 'ok', catalog: 'constructor' }, 400, 'bad_request', /no catalog/],
    [{ id: 'ok', allow: { 'files-browse': true } }, 400, 'bad_request', /allow blocks/],
    [{ id: 'ok', allow: { 'view-collection': { id: [{}] } } }, 400, 'bad_request', /allow blocks/],
    [{ id: 'taken', organization: ORGANIZATION }, 409, 'collection_exists', /taken already/],
  ]
  for (const [json, status, code, message] of refused) {
    const answer = await ask('POST', '/-/collections/create', { as: 'mia', json })
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(json).slice(0, 100))
    assert.match(answer.body.error, message)
  }
  assert.equal(await findCollection(db, ORGANIZATION, 'ok'), undefined)
})

test('the form keeps every value and says what is wrong beside its field; names become allow blocks', async () => {
  const refused = await ask('POST', '/-/collections/create', {
    as: 'mia',
    form: { id: 'no good', label: 'Visitors', view: 'ann, ben', edit: '', query: '*' },
  })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /No collection was made\. One field needs a change/)
  assert.match(refused.text, /value="ann, ben"/)
  assert.match(refused.text, /id="field-id-error"/)
  const made = await ask('POST', '/-/collections/create', {
    as: 'mia',
    form: { id: 'named', label: 'Visitors', view: 'ann, ben', edit: '{"role": "editor"}', query: '*' },
  })
  assert.deepEqual([made.status, made.headers.get('Location')], [303, `/data${pathOf('named')}`])
  assert.deepEqual((await findCollection(db, ORGANIZATION, 'named'))?.allow, {
    'view-collection': { id: ['ann', 'ben'] },
    'edit-collection': { role: 'editor' },
    'query-collection': { id: '*' },
  })
  const form = await ask('GET', `/-/collections/${ORGANIZATION}/named/update`, { as: 'mia', html: true })
  assert.match(form.text, /value="ann, ben"/)
  for (const [name, who] of Object.entries({ view: 'people', edit: 'other', query: 'signed-in' })) {
    assert.match(form.text, new RegExp(`<select[^>]* name="${name}".*?<option value="${who}" selected>`))
  }
  const chosen = { view: 'people', view_people: 'ann, ben', edit: 'other', query: 'people', query_people: 'cay' }
  const update = (more: object) =>
    ask('POST', `/-/collections/${ORGANIZATION}/named/update`, { as: 'mia', form: { ...chosen, ...more } })
  assert.match((await update({ query_people: ' ' })).text, /Name at least one person, or choose another answer/)
  assert.equal((await update({})).status, 303)
  assert.deepEqual((await findCollection(db, ORGANIZATION, 'named'))?.allow, {
    'view-collection': { id: ['ann', 'ben'] },
    'edit-collection': { role: 'editor' },
    'query-collection': { id: ['cay'] },
  })
  const unnamed = await ask('POST', '/-/collections/create', { as: 'mia', form: { label: 'Größe & Zahl 2026' } })
  assert.match(unnamed.headers.get('Location') ?? '', /\/grosse-zahl-2026$/)
})

test('settings that are not sent stay as they are', async () => {
  const allow = { 'view-collection': { id: 'ann' } }
  await make('changes', { label: 'Before', allow })
  const path = `/-/collections/${ORGANIZATION}/changes/update`
  const changed = await ask('POST', path, { as: 'mia', json: { label: 'After' } })
  assert.deepEqual([changed.status, changed.body.collection.label], [200, 'After'])
  const row = (await findCollection(db, ORGANIZATION, 'changes')) as Collection
  assert.deepEqual(row.allow, allow)
  await ask('POST', path, { as: 'mia', json: { allow: {}, label: null, source: 'files' } })
  const after = (await findCollection(db, ORGANIZATION, 'changes')) as Collection
  assert.deepEqual([after.allow, after.label, after.source], [{}, 'changes', 'files'])
  const refused = await ask('POST', path, { as: 'mia', form: { label: 'Kept', source: 'nope' } })
  assert.equal(refused.status, 400)
  assert.match(refused.text, /Not saved.*value="Kept"/s)
  assert.equal(
    (await ask('POST', `/-/collections/${ORGANIZATION}/never/update`, { as: 'mia', json: {} })).body.code,
    'collection_not_found',
  )
})

test('what the configuration declares is changed there', async () => {
  for (const what of ['update', 'delete']) {
    const answer = await ask('POST', `/-/collections/${ORGANIZATION}/declared/${what}`, { as: 'mia', json: {} })
    assert.deepEqual([answer.status, answer.body.code], [409, 'file_decides'])
  }
  const page = await ask('GET', `/-/collections/${ORGANIZATION}/declared/update`, { as: 'mia', html: true })
  assert.match(page.text, /The configuration file decides about this collection/)
})

test('a collection that holds a dataset is not deleted; an empty one is, and can be had back with its trash', async () => {
  const collection = await make('holds')
  const { id } = await fill(collection)
  const remove = () => ask('POST', `/-/collections/${ORGANIZATION}/holds/delete`, { as: 'mia', json: {} })
  const refused = await remove()
  assert.deepEqual([refused.status, refused.body.code], [409, 'collection_not_empty'])
  assert.match(refused.body.error, /holds 1 dataset\./)
  assert.equal((await ask('POST', `${pathOf('holds')}/${id}/-/delete`, { as: 'mia', json: {} })).status, 200)
  assert.deepEqual((await remove()).body, { ok: true, organization: ORGANIZATION, id: 'holds' })
  assert.equal((await ask('GET', `${pathOf('holds')}.json`, { as: 'root' })).body.code, 'collection_not_found')
  assert.equal((await remove()).status, 404)

  const back = await ask('POST', `/-/collections/${ORGANIZATION}/holds/restore`, { as: 'mia', json: {} })
  assert.deepEqual([back.status, back.body.collection.id], [200, 'holds'])
  const trash = await ask('GET', `${pathOf('holds')}/-/trash.json`, { as: 'mia' })
  assert.deepEqual(
    trash.body.datasets.map((dataset: { id: string }) => dataset.id),
    [id],
  )
  const again = await ask('POST', `/-/collections/${ORGANIZATION}/holds/restore`, { as: 'mia', json: {} })
  assert.equal(again.body.code, 'collection_exists')
})

test('a new collection with the id of a deleted one has nothing of it', async () => {
  const first = await make('reborn', { allow: { 'view-collection': { id: 'ann' } } })
  await ask('POST', `/-/collections/${ORGANIZATION}/reborn/delete`, { as: 'mia', json: {} })
  const second = await make('reborn')
  assert.notEqual(second.seq, first.seq)
  assert.equal((await ask('GET', `${pathOf('reborn')}.json`, { as: 'ann' })).status, 403)
})

test('lists show what the actor may look at, page by page, by their labels', async () => {
  for (const [id, label] of [
    ['list-b', 'Beta'],
    ['list-c', 'alpha'],
    ['list-a', 'Beta'],
    ['list-d', 'gamma'],
  ] as const) {
    await make(id, { label, allow: { 'view-collection': id === 'list-d' ? { id: 'ann' } : { id: ['ben', 'ann'] } } })
  }
  const seen: string[] = []
  let next = ''
  do {
    const { body } = await ask('GET', `/-/datasets.json?_size=2${next && `&_next=${next}`}`, { as: 'ben' })
    assert.equal(body.total, 4 /* named is open to ben too */)
    seen.push(...body.collections.map((one: { id: string }) => one.id))
    next = body.next ?? ''
  } while (next !== '')
  assert.deepEqual(seen, ['list-c', 'list-b', 'list-a', 'named'])
  assert.deepEqual((await ask('GET', '/-/datasets.json')).body.collections, [])
  const everything = await ask('GET', '/-/datasets.json?_size=max', { as: 'root' })
  assert.equal(everything.status, 400)
  assert.equal((await ask('GET', '/-/datasets.json?_next=zzz', { as: 'ben' })).body.code, 'invalid_cursor')
  assert.match((await ask('GET', '/-/datasets', { html: true })).text, /No collection is open to you.*Sign in/s)
  assert.match((await ask('GET', '/-/datasets', { as: 'ann', html: true })).text, /Beta.*gamma/s)
})

test("a collection's record holds its datasets, the last first, and pages follow each other", async () => {
  const collection = await make('paged')
  const made = [await fill(collection), await fill(collection), await fill(collection)]
  const first = await ask('GET', `${pathOf('paged')}.json?_size=2`, { as: 'mia' })
  assert.deepEqual(first.body.collection.config.datasets, first.body.datasets)
  assert.deepEqual(first.body.datasets[0], {
    id: made[2]?.id,
    source_type: 'multipart_parquet_upload',
    parquet_object_keys: [made[2]?.files[0]?.path],
    csv_object_keys: [],
    glue_database_name: null,
    glue_table_name: null,
    schema: {
      columns: ['id', 'name'],
      schema_fields: [
        { name: 'id', type: 'BIGINT' },
        { name: 'name', type: 'VARCHAR' },
      ],
    },
    row_count: 10,
    size_bytes: made[2]?.sizeBytes,
    upload_id: made[2]?.uploadId,
    filename: made[2]?.filename,
    created_at: made[2]?.createdAt,
    updated_at: made[2]?.updatedAt,
    deleted_at: null,
    deletion_requested_at: null,
  })
  const second = await ask('GET', `${pathOf('paged')}.json?_size=2&_next=${first.body.next}`, { as: 'mia' })
  assert.deepEqual([second.body.datasets.map(({ id }: { id: string }) => id), second.body.next], [[made[0]?.id], null])
  assert.equal((await ask('GET', `${pathOf('paged')}.json?_next=x`, { as: 'mia' })).body.code, 'invalid_cursor')
  const page = await ask('GET', `${pathOf('paged')}?_size=2`, { as: 'mia', html: true })
  assert.match(page.text, /2 of 3 datasets/)
  assert.match(page.text, /npx holdall upload-parquet .*--api-base-url http:\/\/data\.test\/data /)
  assert.match((await ask('GET', `/-/datasets.json`, { as: 'mia' })).text, /"dataset_count":3,"row_count":30/)
})

test('whoever sends a file can ask which datasets are called like it; a source says what it keeps for them', async () => {
  const collection = await make('namesakes', { allow: { 'view-collection': { id: 'ann' } } })
  const [one, two] = [await fill(collection), await fill(collection)]
  const named = async (...names: string[]) => {
    const query = new URLSearchParams(names.map((name) => ['name', name]))
    const { body } = await ask('GET', `${pathOf('namesakes')}.json?${query}`, { as: 'ann' })
    return body.datasets.map(({ id }: { id: string }) => id)
  }
  const [first, second] = [one.filename.replace('.parquet', ''), two.filename]
  assert.deepEqual(await named(`${first}.csv`), [one.id])
  assert.deepEqual(await named(first, second, 'nothing.csv'), [two.id, one.id])
  assert.deepEqual(await named(`${first}.2025.csv`, first.slice(0, -1), ''), [])
  const many = Array.from({ length: 51 }, () => 'name=a').join('&')
  assert.equal((await ask('GET', `${pathOf('namesakes')}.json?${many}`, { as: 'ann' })).status, 400)

  const sources = await ask('GET', '/-/files', { as: 'root', html: true })
  assert.match(sources.text, /\d+ datasets · folder/)
  assert.doesNotMatch(sources.text, /0 files ·/)
  const [, source = ''] = /href="\/data(\/-\/files\/browse\/[^"]+)"/.exec(sources.text) ?? []
  const empty = await ask('GET', source, { as: 'root', html: true })
  assert.match(empty.text, /belongs to \d+ datasets, and is listed among the <a href="\/data\/-\/datasets">datasets</)
  assert.doesNotMatch(empty.text, /No files yet/)
})

test('a dataset is told whole; another collection does not have it', async () => {
  const collection = await make('whole')
  const dataset = await fill(collection)
  const { body } = await ask('GET', `${pathOf('whole')}/${dataset.id.toUpperCase()}.json`, { as: 'mia' })
  assert.equal(body.dataset.table_name, dataset.tableName)
  assert.deepEqual(
    body.dataset.columns.map((column: Record<string, unknown>) => [
      column.name,
      column.type,
      column.null_count,
      column.min,
      column.max,
    ]),
    [
      ['id', 'BIGINT', 0, '0', '9'],
      ['name', 'VARCHAR', 0, 'x0', 'x2'],
    ],
  )
  assert.equal(body.dataset.row_groups.count, 1)
  for (const path of [
    `${pathOf('plain')}/${dataset.id}.json`,
    `${pathOf('whole')}/00000000-0000-0000-0000-000000000000.json`,
  ]) {
    assert.equal((await ask('GET', path, { as: 'root' })).body.code, 'dataset_not_found', path)
  }
  for (const tab of ['', '/rows', '?tab=columns', '?tab=query', '?tab=row-groups', '?tab=files', '?tab=nope']) {
    const page = await ask('GET', `${pathOf('whole')}/${dataset.id}${tab}`, { as: 'mia', html: true })
    assert.equal(page.status, 200, tab)
    assert.match(page.text, /<h1>visits-\d+<\/h1>/)
  }
})

test('files are taken out after a question that says how many rows go; the last one stays', async () => {
  const dataset = await fill(await make('parts'))
  const here = `${pathOf('parts')}/${dataset.id}`
  const { path = '', ...first } = dataset.files[0] ?? ({} as never)
  await writeParquet(join(root, 'more.parquet'), "SELECT 11::BIGINT AS id, 'x' AS name, true AS flag")
  const more = await testDatasetOf(db, dataset.collection, { root, path: 'more.parquet' })
  const file = { ...first, path: 'more.parquet', filename: 'more.parquet', addedAt: '2030-01-01T00:00:00.000Z' }
  const state = (await stateOf(db.read, dataset.id)) as DatasetState
  await db.write(async (trx) => {
    await changeState(trx, state, { ...merge(dataset, more), version: 1 })
    await insertFile(trx, dataset.id, { version: 1, ordinal: 1, file: { ...file, ...stated(more) } })
  })

  const listed = await ask('GET', `${here}?tab=files`, { as: 'mia', html: true })
  assert.match(listed.text, /<input type="checkbox" name="file" value="more\.parquet">/)
  assert.match(listed.text, /Version 1<\/a>, with 1 file added .*?1 file added.*?>11 <span class="muted">\+1</s)
  assert.match(listed.text, /<th[^>]*>Version 1<\/th>/)
  assert.match(listed.text, /Created from <span[^>]*>visits-\d+\.parquet/)
  assert.match(listed.text, /Take out 1 file…/)
  const adding = await ask('GET', `${here}/-/add`, { as: 'mia', html: true })
  assert.match(adding.text, /Rows of Parquet, CSV, JSON or Excel files that come after those that are there\./)
  const many = encodeURIComponent(`SELECT a.id FROM ${['a', 'b', 'c', 'd'].map((as) => `${dataset.tableName} ${as}`)}`)
  const first1000 = await ask('GET', `${here}?tab=query&sql=${many}`, { as: 'mia', html: true })
  assert.match(first1000.text, /Save all rows.*?The first 1,000 rows in [\d.]+ m?s; saving takes all</s)
  const page = async (query: string) => (await ask('GET', `${here}/-/take-out${query}`, { as: 'mia', html: true })).text
  assert.match(await page('?file=more.parquet'), /<strong>1<\/strong> of 11 rows/)
  assert.match(await page('?file=more.parquet'), /The column “flag” goes as well/)
  assert.match(await page(''), /No file is ticked/)
  assert.match(await page(`?file=more.parquet&file=${path}`), /keeps one file at least/)
  assert.match(await page('?file=none.parquet'), /has no file none\.parquet/)

  const rename = (name: string, as = 'mia') => ask('POST', `${here}/-/rename`, { as, form: { name } })
  assert.equal((await rename('other', 'ann')).status, 403)
  for (const name of ['', 'a/b', 'x'.repeat(201)]) assert.equal((await rename(name)).status, 400)
  assert.equal((await rename(' Visits 2.0 ')).status, 303)
  const renamed = await ask('GET', `${here}/-/rename`, { as: 'mia', html: true })
  assert.match(renamed.text, /value="Visits 2\.0"/)
  assert.match(renamed.text, new RegExp(`<code>${dataset.tableName}</code>`))

  const takeOut = (json: object, as = 'mia') => ask('POST', `${here}/-/take-out`, { as, json })
  assert.equal((await takeOut({ file: 'more.parquet' }, 'ann')).status, 403)
  for (const json of [{}, { file: [] }, { file: 3 }, { file: [''] }]) assert.equal((await takeOut(json)).status, 400)
  assert.equal((await takeOut({ file: ['more.parquet', path] })).body.code, 'dataset_last_file')
  const { body } = await takeOut({ file: ['more.parquet'] })
  const { version, row_count, taken_out, rows_taken_out } = body
  assert.deepEqual(
    { version, row_count, taken_out, rows_taken_out },
    {
      ...{ version: 2, row_count: 10, taken_out: ['more.parquet'], rows_taken_out: 1 },
    },
  )
  const one = await ask('GET', `${here}?tab=files`, { as: 'mia', html: true })
  assert.match(one.text, /A dataset keeps one file at least/)
  assert.match((await ask('GET', `${here}?tab=files&version=1`, { as: 'mia', html: true })).text, /Files of version 1/)
  assert.equal((await ask('GET', `${here}?tab=files&version=7`, { as: 'mia', html: true })).status, 409)
  const versions = await ask('GET', `${here}/-/versions`, { as: 'mia' })
  assert.deepEqual([versions.body.version, versions.body.older.length, versions.body.additions], [2, 1, []])
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  const history = versions.body.history.map((one: any) => [
    one.version,
    one.what,
    one.by,
    one.file_count,
    one.row_count,
  ])
  assert.deepEqual(history, [
    ...[[1, 'added', 'jonas', 2, 11]],
    ...[[2, 'taken_out', 'mia', 1, 10]],
    ...[[1, 'created', 'jonas', 1, 10]],
  ])
  const form = { file: 'more.parquet' }
  assert.equal((await ask('POST', `${here}/-/versions`, { as: 'mia', form: { version: '1' } })).status, 303)
  const again = await ask('GET', `${here}?tab=files`, { as: 'mia', html: true })
  assert.match(again.text, /Made current again.*?by mia.*?1 file taken out: <span[^>]*>more\.parquet<.*?by mia/s)
  assert.match(again.text, /Files <span class="count">2</)
  assert.equal((await ask('POST', `${here}/-/take-out`, { as: 'mia', form })).status, 303)
  const twice = await ask('GET', `${here}?tab=files`, { as: 'mia', html: true })
  assert.equal(twice.text.match(/1 file taken out: <span[^>]*>more\.parquet</g)?.length, 2)
})

function stated({ columns, rowGroups, rowCount, sizeBytes }: Dataset) {
  return { columns, rowGroups, rowCount, sizeBytes }
}

test('the trash takes a dataset out of sight of those who may only look, and out of queries', async () => {
  const collection = await make('bin', {
    allow: { 'view-collection': { id: 'ann' }, 'query-collection': { id: 'ann' } },
  })
  const { id, tableName } = await fill(collection)
  const at = `${pathOf('bin')}/${id}`
  const sql = `SELECT count(*) AS n FROM ${tableName}`
  assert.deepEqual((await ask('POST', `${pathOf('bin')}/query`, { as: 'ann', json: { sql } })).body.rows, [{ n: 10 }])
  for (const as of ['ann', 'ben']) {
    assert.equal((await ask('POST', `${at}/-/delete`, { as, json: {} })).body.code, 'permission_denied')
  }
  const first = await ask('POST', `${at}/-/delete`, { as: 'mia', json: {} })
  assert.match(first.body.deletion_requested_at, /^\d{4}-/)
  const second = await ask('POST', `${at}/-/delete`, { as: 'mia', json: {} })
  assert.deepEqual(second.body, first.body, 'asked for twice with the effect of once')

  assert.equal((await ask('GET', `${at}.json`, { as: 'ann' })).body.code, 'dataset_not_found')
  assert.deepEqual((await ask('GET', `${pathOf('bin')}.json`, { as: 'ann' })).body.datasets, [])
  assert.equal((await ask('POST', `${pathOf('bin')}/query`, { as: 'ann', json: { sql } })).status, 400)
  assert.equal((await ask('GET', `${pathOf('bin')}/-/trash.json`, { as: 'ann' })).status, 403)
  const trashed = await ask('GET', `${at}?tab=files`, { as: 'mia', html: true })
  assert.match(trashed.text, /This dataset is in the trash.*Restore dataset.*Moved to the trash.*by mia.*Created from/s)

  const back = await ask('POST', `${at}/-/restore`, { as: 'mia', json: {} })
  assert.equal(back.body.deletion_requested_at, null)
  assert.equal((await ask('GET', `${at}.json`, { as: 'ann' })).status, 200)
})

test('deleted for good, one or all, after a question; what is not in the trash is not', async () => {
  const collection = await make('shredder', { allow: { 'view-collection': { id: 'ann' } } })
  const trash = `${pathOf('shredder')}/-/trash`
  const [one, two, later] = [await fill(collection), await fill(collection), await fill(collection)]
  const at = (id: string) => `${pathOf('shredder')}/${id}`
  assert.equal((await ask('POST', `${at(one.id)}/-/purge`, { as: 'mia', json: {} })).body.code, 'not_in_trash')
  assert.equal((await ask('GET', `${at(one.id)}/-/purge`, { as: 'mia' })).body.code, 'not_in_trash')
  for (const { id } of [one, two]) await ask('POST', `${at(id)}/-/delete`, { as: 'mia', json: {} })
  for (const path of [`${at(one.id)}/-/purge`, `${trash}/purge`]) {
    assert.equal((await ask('POST', path, { as: 'ann', json: {} })).body.code, 'permission_denied')
    assert.equal((await ask('GET', path, { as: 'ann' })).body.code, 'permission_denied')
  }
  const listed = await ask('GET', trash, { as: 'mia', html: true })
  assert.match(listed.text, /can be restored until.*Empty trash….*Delete for good… visits-\d+/s)
  const question = await ask('GET', `${at(one.id)}/-/purge`, { as: 'mia', html: true })
  assert.match(question.text, /Delete visits-\d+ for good\?.*cannot be restored afterwards.*>Delete for good</s)
  const sent = await ask('POST', `${at(one.id)}/-/purge`, { as: 'mia', form: {} })
  assert.equal(sent.status, 303)
  assert.equal(
    (await ask('POST', `${at(one.id)}/-/restore`, { as: 'mia', json: {} })).body.code,
    'dataset_objects_gone',
  )
  assert.match((await ask('GET', at(one.id), { as: 'mia', html: true })).text, /was deleted for good/)
  const again = await ask('POST', `${at(one.id)}/-/purge`, { as: 'mia', json: {} })
  assert.match(again.body.deleted_at, /^\d{4}-/, 'asked for twice with the effect of once')

  const all = await ask('GET', `${trash}/purge`, { as: 'mia', html: true })
  const [, until = ''] = /name="until" value="([^"]+)"/.exec(all.text) ?? []
  await ask('POST', `${at(later.id)}/-/delete`, { as: 'mia', json: {} })
  assert.equal((await ask('POST', `${trash}/purge`, { as: 'mia', json: { until: 'soon' } })).status, 400)
  const emptied = await ask('POST', `${trash}/purge`, { as: 'mia', json: { until } })
  assert.deepEqual(emptied.body.purged, [two.id], 'what was deleted after the question is not what was meant')
  assert.equal((await ask('POST', `${trash}/purge`, { as: 'mia', form: {} })).status, 303)
  const gone = await ask('GET', `${trash}.json`, { as: 'mia' })
  assert.ok(gone.body.datasets.every(({ deleted_at }: { deleted_at: string | null }) => deleted_at !== null))
  assert.equal((await ask('GET', `${trash}/purge`, { as: 'mia', html: true })).status, 303, 'nothing to ask')
})

test('a query answers columns and rows; what fails says why', async () => {
  const collection = await make('asked', {
    allow: { 'view-collection': { id: ['ann', 'quinn'] }, 'query-collection': { id: 'quinn' } },
  })
  const { tableName } = await fill(collection)
  const second = await fill(collection, 'SELECT range AS id, range * 1.5 AS price FROM range(4)')
  const query = (sql: unknown, as = 'quinn') => ask('POST', `${pathOf('asked')}/query`, { as, json: { sql } })
  const { body } = await query(
    `SELECT name, name, sum(price) AS price FROM ${tableName} JOIN ${second.tableName.toUpperCase()} USING (id) GROUP BY name ORDER BY name`,
  )
  assert.deepEqual(
    body.columns.map(({ name }: { name: string }) => name),
    ['name', 'name_1', 'price'],
  )
  assert.deepEqual(body.rows[0], { name: 'x0', name_1: 'x0', price: '4.5' })
  assert.deepEqual([body.ok, body.truncated, typeof body.elapsed_ms], [true, false, 'number'])
  assert.equal(
    (await query(`SELECT a.id FROM ${tableName} a, ${tableName} b, ${tableName} c, ${tableName} d`)).body.truncated,
    true,
  )

  const refused: [unknown, string][] = [
    ['', 'query_refused'],
    ['DROP TABLE x', 'query_refused'],
    ['SELECT * FROM nothing', 'query_refused'],
    ["SELECT * FROM read_parquet('/etc/passwd')", 'query_refused'],
    [`SELECT nothing FROM ${tableName}`, 'query_failed'],
    [5, 'bad_request'],
  ]
  for (const [sql, code] of refused) {
    const answer = await query(sql)
    assert.deepEqual([answer.status, answer.body.code], [400, code], String(sql))
  }
  const unknown = await query('SELECT * FROM nothing')
  const { tableName: later } = second
  const reason = `There is no table nothing here. The tables here are ${later} and ${tableName}.`
  assert.equal(unknown.body.error, `This query is not run. ${reason}`)
  assert.equal((await query('SELECT 1', 'ann')).body.code, 'permission_denied')
  assert.equal((await ask('POST', `${pathOf('asked')}/query`, { json: { sql: 'SELECT 1' } })).status, 401)
})

test('a dataset of another collection cannot be asked', async () => {
  const mine = await make('mine', { allow: { 'query-collection': { id: 'quinn' } } })
  const other = await make('theirs')
  await fill(mine)
  const { tableName } = await fill(other)
  const answer = await ask('POST', `${pathOf('mine')}/query`, {
    as: 'quinn',
    json: { sql: `SELECT * FROM ${tableName}` },
  })
  assert.deepEqual([answer.status, answer.body.code], [400, 'query_refused'])
})

test('the page of queries says what failed in its place, with its status', async () => {
  const collection = await make('page')
  const { id, tableName } = await fill(collection)
  const at = `${pathOf('page')}/${id}?tab=query&sql=`
  const good = await ask(
    'GET',
    at + encodeURIComponent(`SELECT name, count(*) AS n FROM ${tableName} GROUP BY 1 ORDER BY 1`),
    { as: 'mia', html: true },
  )
  assert.equal(good.status, 200)
  assert.match(good.text, /3 rows in .*<strong>n<\/strong> by <strong>name<\/strong>/s)
  const bad = await ask('GET', at + encodeURIComponent(`SELECT "<script>" FROM ${tableName}`), {
    as: 'mia',
    html: true,
  })
  assert.equal(bad.status, 400)
  assert.match(bad.text, /id="sql-error"/)
  assert.doesNotMatch(bad.text, /<script>"/)
})

test('a dataset is taken away as CSV, NDJSON or Parquet, whole or as a query answers', async () => {
  const collection = await make('export', { allow: { 'view-collection': { id: 'ann' } } })
  const { id, tableName } = await fill(collection, "SELECT range AS id, 'a,\"b' AS text FROM range(2)")
  const at = `${pathOf('export')}/${id}/-/export`
  const csv = await ask('GET', at, { as: 'mia' })
  assert.equal(csv.text.replaceAll('\r', ''), 'id,text\n0,"a,""b"\n1,"a,""b"\n')
  assert.match(csv.headers.get('Content-Disposition') ?? '', /^attachment; filename="visits-\d+\.csv"/)
  assert.equal(csv.headers.get('Content-Length'), String(csv.bytes.length))
  const asked = await ask(
    'GET',
    `${at}?format=ndjson&sql=${encodeURIComponent(`SELECT id FROM ${tableName} WHERE id > 0`)}`,
    { as: 'mia' },
  )
  assert.equal(asked.text, '{"id":1}\n')
  // What answers a query, some of the rows and all of them are not saved over each other.
  assert.match(asked.headers.get('Content-Disposition') ?? '', /^attachment; filename="visits-\d+-answer\.ndjson"/)
  const some = await ask('GET', `${at}?format=csv&id=1`, { as: 'mia' })
  assert.match(some.headers.get('Content-Disposition') ?? '', /^attachment; filename="visits-\d+-rows\.csv"/)
  const parquet = await ask('GET', `${at}?format=parquet`, { as: 'mia' })
  assert.equal(parquet.bytes.subarray(0, 4).toString(), 'PAR1')
  assert.equal((await ask('GET', `${at}?format=xlsx`, { as: 'mia' })).body.code, 'bad_request')
  assert.equal((await ask('GET', at, { as: 'ann' })).body.code, 'permission_denied')
  // Whoever follows how it is made is told where it is then; it can be fetched once, and else is made anew.
  const lines = (await ask('GET', `${at}?format=csv&id=1&_follow=1`, { as: 'mia' })).text.trim().split('\n')
  const last = JSON.parse(lines.at(-1) ?? '')
  assert.deepEqual(
    [JSON.parse(lines[0] ?? '').state, last.state, last.filename],
    ['waiting', 'done', `visits-${files}-rows.csv`],
  )
  const href = last.href.slice('/data'.length)
  for (const as of ['root', 'mia', 'mia']) assert.equal((await ask('GET', href, { as })).text, some.text)
  const refused = await ask('GET', `${at}?sql=SELECT&_follow=1`, { as: 'mia' })
  assert.equal(JSON.parse(refused.text.trim().split('\n').at(-1) ?? '').state, 'failed')
  const head = await holdall.http.fetch(
    new Request(`http://data.test/data${at}`, {
      method: 'HEAD',
      headers: { Authorization: `Bearer ${tokens.get('mia')}` },
    }),
  )
  assert.deepEqual([head.status, head.headers.get('Content-Type')], [200, 'text/csv; charset=utf-8'])
  const left = async () =>
    (await everythingIn(join(folder, 'data', 'queries'))).filter(({ parentPath }) => parentPath.endsWith('/exports'))
  // What was asked for by HEAD is let go a moment after it was answered.
  for (let looks = 0; looks < 250 && (await left()).length > 0; looks += 1) await sleep(20)
  assert.deepEqual(await left(), [], 'nothing is left of them')
})

test('an object that is gone is said so', async () => {
  const collection = await make('lost')
  const { id, tableName } = await fill(collection)
  const at = `${pathOf('lost')}/${id}`
  const sql = encodeURIComponent(
    `SELECT id, (id / 8)::DECIMAL(9,3) AS "a ""b""", 1e300 AS b, 0.1::FLOAT AS f, 'x,' || name AS name, NULL::INTEGER AS n,
      DATE '2020-02-29' AS d, TIMESTAMP '2020-02-29 10:00:00.25' AS t, id > 3 AS more FROM ${tableName} ORDER BY id DESC`,
  )
  const shown = await ask('GET', `${at}?tab=query&sql=${sql}`, { as: 'mia', html: true })
  const [, kept = ''] = /_answer=([^"&]+)"/.exec(shown.text) ?? []
  const saved = (query: string, as = 'mia') => ask('GET', `${at}/-/export?sql=${sql}&${query}`, { as })
  const whole = new Map<string, string>()
  for (const format of ['csv', 'ndjson']) whole.set(format, (await saved(`format=${format}`)).text)
  rmSync(join(root, `visits-${files}.parquet`))
  // An answer that is shown whole is saved as it is shown, and nothing is asked.
  for (const [format, text] of whole) {
    assert.equal(text.split('\n').length, format === 'csv' ? 12 : 11)
    assert.equal((await saved(`format=${format}&_answer=${kept}`)).text, text)
  }
  assert.equal((await saved(`_answer=${kept}`, 'root')).status, 410, 'it is kept for who saw it')
  assert.equal((await saved('_answer=another')).status, 410)
  const answer = await ask('POST', `${pathOf('lost')}/query`, {
    as: 'mia',
    json: { sql: `SELECT * FROM ${tableName}` },
  })
  assert.deepEqual([answer.status, answer.body.code], [410, 'file_missing'])
  const page = await ask('GET', `${at}/rows`, { as: 'mia', html: true })
  assert.match(page.text, /The rows cannot be shown/)
})

test('nothing of all this was a failure of the server', () => {
  assert.deepEqual(
    logged.filter((line) => line.includes('"level":"error"')),
    [],
  )
})

test('what a program sent wrong is told by the name of its field, in words and apart', async () => {
  const uuid = 'Must be a UUID, such as 550e8400-e29b-41d4-a716-446655440000.'
  const made = await ask('POST', '/-/collections/create', { as: 'mia', json: { organization: 'nope', id: 'nope' } })
  assert.deepEqual(
    [made.status, made.body.error, made.body.fields],
    [400, `organization: ${uuid}`, { organization: uuid }],
  )
  await make('apart')
  const path = `/-/collections/${ORGANIZATION}/apart/update`
  const changed = await ask('POST', path, { as: 'mia', json: { label: 5 } })
  assert.deepEqual(
    [changed.status, changed.body.errors, changed.body.fields],
    [400, ['label: Must be a text.'], { label: 'Must be a text.' }],
  )
  const { body } = await ask('POST', '/-/collections/never/never/update', { as: 'mia', json: {} })
  assert.equal('fields' in body, false)
  const page = await ask('POST', path, { as: 'mia', form: { label: 'x'.repeat(201) } })
  assert.match(page.text, /Use at most 200 characters\./)
  assert.doesNotMatch(page.text, /label: Use at most/)
})
