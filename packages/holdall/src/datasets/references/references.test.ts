import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { createToken } from '../../access/tokens.ts'
import { assemble } from '../../app/holdall.ts'
import { createOpenApiCheck } from '../../app/openapi-check.ts'
import { loadConfig } from '../../config/config.ts'
import { openInternalDatabase } from '../../database/internal.ts'
import { createLog } from '../../web/log.ts'
import { ORGANIZATION, writeParquet } from '../testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-references-'))
const root = join(folder, 'shelf')
mkdirSync(root)
await writeParquet(join(root, 'visits.parquet'), "SELECT range AS id, 'gallery ' || range AS gallery FROM range(3)")
writeFileSync(join(root, 'notes.parquet'), 'no Parquet')
const { config } = loadConfig({
  env: {},
  cwd: folder,
  overrides: {
    sources: {
      shelf: { storage: 'filesystem', config: { root }, permissions: { 'files-browse': { id: ['ann', 'ben'] } } },
    },
    collections: ['open', 'closed'].map((id) => ({
      organization: ORGANIZATION,
      id,
      label: id,
      permissions: Object.fromEntries(
        ['view-collection', 'query-collection', 'edit-collection'].map((action) => [
          action,
          { id: id === 'open' ? ['ann', 'cat'] : ['root'] },
        ]),
      ),
    })),
  },
})
const holdall = await assemble({ config, data: join(folder, 'data'), env: {}, log: createLog(() => {}) })
await holdall.start()
const db = await openInternalDatabase(join(folder, 'data', 'internal.db'))
after(async () => {
  await db.close()
  await holdall.close()
  rmSync(folder, { recursive: true, force: true })
})
const tokens = new Map<string, string>()
for (const actorId of ['root', 'ann', 'ben', 'cat']) {
  tokens.set(actorId, (await createToken(db, Date.now, { actorId, name: 'test', by: null })).token)
}
const openApi = createOpenApiCheck(holdall.routes)

async function ask(as: string, method: string, path: string, json?: unknown) {
  const response = await holdall.http.request(path, {
    method,
    headers: {
      Authorization: `Bearer ${tokens.get(as)}`,
      ...(json !== undefined && { 'Content-Type': 'application/json' }),
      ...(json === undefined && { Accept: 'text/html' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await response.text()
  const sent = json === undefined ? {} : { sent: { type: 'application/json', body: JSON.stringify(json) } }
  openApi.check({
    method,
    path,
    ...sent,
    status: response.status,
    type: response.headers.get('Content-Type'),
    body: text,
  })
  const body = response.headers.get('Content-Type')?.startsWith('application/json') ? JSON.parse(text) : text
  return { status: response.status, text, body }
}

async function fileId(name: string): Promise<string> {
  for (const deadline = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const row = await db.read.selectFrom('datasette_files').select('id').where('filename', '=', name).executeTakeFirst()
    if (row !== undefined) return row.id
    assert.ok(Date.now() < deadline, `${name} was never listed`)
  }
}

describe('a dataset of a file that a source has', async () => {
  const file = await fileId('visits.parquet')
  const path = `/-/files/${file}/-/dataset`
  const open = { organization: ORGANIZATION, collection: 'open' }
  let dataset = ''

  test('takes leave of both sides', async () => {
    const codes = await Promise.all([
      ask('ben', 'POST', path, open),
      ask('cat', 'POST', path, open),
      ask('ann', 'POST', path, { ...open, collection: 'closed' }),
      ask('ann', 'POST', path, {}),
    ])
    assert.deepEqual(
      codes.map(({ status, body }) => `${status} ${body.code}`),
      ['403 permission_denied', '404 file_not_found', '403 permission_denied', '400 bad_request'],
    )
    assert.match((await ask('ann', 'GET', `/-/files/${file}`)).text, /Make a dataset/)
    assert.doesNotMatch((await ask('ben', 'GET', `/-/files/${file}`)).text, /Make a dataset/)
    const page = await ask('ann', 'GET', path)
    assert.match(page.text, /Make dataset in open/)
    assert.doesNotMatch(page.text, /Make dataset in closed/)
  })

  test('is made without copying anything, and once', async () => {
    const made = await ask('ann', 'POST', path, open)
    assert.equal(made.status, 201, made.text)
    dataset = made.body.dataset_id
    const again = await ask('ann', 'POST', path, open)
    assert.deepEqual([again.status, again.body.dataset_id], [200, dataset])
    const { body } = await ask('cat', 'GET', `/-/datasets/${ORGANIZATION}/open/${dataset}.json`)
    assert.deepEqual(
      [body.dataset.source_type, body.dataset.row_count, body.dataset.parquet_object_keys],
      ['source_file', 3, ['visits.parquet']],
    )
    assert.match((await ask('ann', 'GET', `/-/files/${file}`)).text, /Read by 1 dataset/)
    const seen = await ask('ben', 'GET', `/-/files/${file}`)
    assert.match(seen.text, /1 dataset that you may not see/)
  })

  test('is asked where the file lies; when that is another or gone, its page and its queries say so', async () => {
    const { table_name } = (await ask('cat', 'GET', `/-/datasets/${ORGANIZATION}/open/${dataset}.json`)).body.dataset
    const count = () =>
      ask('cat', 'POST', `/-/datasets/${ORGANIZATION}/open/query`, { sql: `SELECT count(*) AS n FROM ${table_name}` })
    const page = async () => (await ask('cat', 'GET', `/-/datasets/${ORGANIZATION}/open/${dataset}`)).text
    assert.deepEqual((await count()).body.rows, [{ n: 3 }])
    assert.doesNotMatch(await page(), /this dataset reads is/)
    renameSync(join(root, 'visits.parquet'), join(folder, 'aside'))
    assert.equal((await count()).body.code, 'file_missing')
    assert.match(await page(), /The file that this dataset reads is gone\./)
    await writeParquet(join(root, 'visits.parquet'), 'SELECT range AS id FROM range(1000)')
    const other = (await count()).body
    assert.deepEqual([other.code, /is another one/.test(other.error)], ['file_changed', true], JSON.stringify(other))
    assert.match(await page(), /The file that this dataset reads is another one now\./)
    renameSync(join(folder, 'aside'), join(root, 'visits.parquet'))
    assert.deepEqual((await count()).body.rows, [{ n: 3 }])
  })

  test('is not made of what is no Parquet file, or of one in the trash', async () => {
    const notes = await ask('ann', 'POST', `/-/files/${await fileId('notes.parquet')}/-/dataset`, open)
    assert.deepEqual([notes.status, notes.body.code], [400, 'parquet_invalid'])
    await ask('ann', 'POST', `/-/datasets/${ORGANIZATION}/open/${dataset}/-/delete`, {})
    assert.equal((await ask('ann', 'POST', path, open)).body.code, 'dataset_in_trash')
  })
})
