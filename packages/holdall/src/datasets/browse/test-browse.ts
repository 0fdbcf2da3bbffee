import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createToken } from '../../access/tokens.ts'
import { assemble } from '../../app/holdall.ts'
import { createOpenApiCheck } from '../../app/openapi-check.ts'
import { loadConfig } from '../../config/config.ts'
import { openInternalDatabase } from '../../database/internal.ts'
import { createLog } from '../../web/log.ts'
import { findCollection } from '../collections/rows.ts'
import type { Dataset, DatasetFile } from '../records.ts'
import { ORGANIZATION, testDatasetOf, writeParquet } from '../testing.ts'

/** The whole server without a socket, with one collection. `quinn` may ask it, `ann` may only look. */
export async function openTestBrowse() {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-browse-'))
  const data = join(folder, 'data')
  const { config } = loadConfig({
    env: {},
    cwd: folder,
    overrides: {
      collections: [
        {
          ...{ organization: ORGANIZATION, id: 'seen', label: 'Seen' },
          permissions: { 'view-collection': { id: ['ann', 'quinn'] }, 'query-collection': { id: 'quinn' } },
        },
      ],
    },
  })
  const failures: string[] = []
  const log = createLog((line) => line.includes('"level":"error"') && failures.push(line))
  const holdall = await assemble({ config, data, env: {}, log })
  const root = join(data, 'files')
  mkdirSync(root, { recursive: true })
  const database = await openInternalDatabase(join(data, 'internal.db'))
  const collection = await findCollection(database, ORGANIZATION, 'seen')
  const tokens = new Map<string, string>()
  for (const actorId of ['quinn', 'ann']) {
    tokens.set(actorId, (await createToken(database, Date.now, { actorId, name: 'test', by: null })).token)
  }
  const openApi = createOpenApiCheck(holdall.routes)
  let made = 0

  return {
    root,
    database,
    failures,
    start: () => holdall.start(),
    /** A dataset of files that these SELECTs answer. */
    async fill(...selects: string[]): Promise<{ dataset: Dataset; at: string }> {
      made += 1
      const paths = selects.map((_, at) => `t${made}-${at}.parquet`)
      for (const [at, select] of selects.entries()) await writeParquet(join(root, paths[at] as string), select)
      const parts: Dataset[] = []
      for (const path of paths.slice(1)) {
        const seq = collection?.seq ?? 0
        parts.push(await testDatasetOf(database, seq, { root, path, uploadId: `part ${path}` }))
      }
      const others = parts.flatMap(({ files }): readonly DatasetFile[] => files)
      const first = await testDatasetOf(database, collection?.seq ?? 0, { root, path: paths[0] as string })
      const dataset: Dataset = others.length === 0 ? first : await grown(first, others)
      return { dataset, at: `/-/datasets/${ORGANIZATION}/seen/${dataset.id}` }
    },
    async ask(
      path: string,
      { as = 'quinn', html = false }: { readonly as?: string | null; readonly html?: boolean } = {},
    ) {
      const response = await holdall.http.fetch(
        new Request(`http://data.test${path}`, {
          headers: {
            Accept: html ? 'text/html' : 'application/json',
            ...(as !== null && { Authorization: `Bearer ${tokens.get(as)}` }),
          },
        }),
      )
      const text = await response.text()
      const type = response.headers.get('Content-Type')
      openApi.check({ method: 'GET', path: path.split('?')[0] ?? '', status: response.status, type, body: text })
      // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
      const body: any = type?.startsWith('application/json') ? JSON.parse(text) : undefined
      return { status: response.status, text, body, headers: response.headers }
    },
    async close() {
      await database.close()
      await holdall.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }

  /** The same dataset with more files, as if they had been appended. */
  async function grown(first: Dataset, others: readonly DatasetFile[]): Promise<Dataset> {
    const rows = first.rowCount + others.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
    await database.write(async (trx) => {
      await trx.updateTable('datasets').set({ row_count: rows }).where('id', '=', first.id).execute()
      for (const [at, file] of others.entries()) {
        await trx
          .insertInto('dataset_files')
          .values({
            ...{ dataset_id: first.id, version: 1, ordinal: at + 1, role: 'data', source_id: file.sourceId },
            ...{ path: file.path, filename: file.filename, size_bytes: file.sizeBytes, row_count: file.rowCount },
            ...{ etag: null, content_hash: null },
          })
          .execute()
      }
    })
    return { ...first, rowCount: rows, files: [...first.files, ...others] }
  }
}
