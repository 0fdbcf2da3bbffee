import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ulid } from 'ulid'
import { loadConfig } from '../../config/config.ts'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { type BeforeIo, unwatched } from '../../sources/filesystem/io.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { datasetFolder } from '../../sources/paths.ts'
import { createSources, type Sources } from '../../sources/sources.ts'
import { createLog } from '../../web/log.ts'
import { addDataset } from '../adding.ts'
import { findCollection, recordCollections } from '../collections/rows.ts'
import { datasetIdOf } from '../identity.ts'
import type { DatasetFile } from '../records.ts'
import { ORGANIZATION, testDataset } from '../testing.ts'
import { createDatasetTrash, type DatasetTrash } from './trash.ts'

export interface TestDatasetTrash {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly trash: DatasetTrash
  readonly logged: string[]
  /** `seq` of the collection. */
  readonly collection: number
  /** A dataset whose objects, of 500 bytes each, lie in the folder of the source `files`. @returns its id */
  make(objects?: number, more?: readonly DatasetFile[]): Promise<string>
  /** An object at this path, and what is recorded of it. */
  object(path: string): Promise<DatasetFile>
  close(): Promise<void>
}

/** The trash of a folder with a real database and real objects, in a process of its own or beside others. */
export async function openTestDatasetTrash(
  folder: string,
  { before = unwatched, now = Date.now }: { readonly before?: BeforeIo | undefined; readonly now?: () => number } = {},
): Promise<TestDatasetTrash> {
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  const logged: string[] = []
  const log = createLog((line) => logged.push(line))
  const sources = await createSources({
    database,
    config: loadConfig({ env: {}, cwd: folder, overrides: {} }).config,
    types: [filesystemType({ before })],
    getSecret: async () => undefined,
    dataDirectory: folder,
    log,
  })
  const source = sources.get('files')
  await source.check()
  await recordCollections(database, [{ organization: ORGANIZATION, id: 'medicaid' }])
  const collection = (await findCollection(database, ORGANIZATION, 'medicaid'))?.seq ?? 0
  const trash = createDatasetTrash({ database, sources, log, before, now })

  async function object(path: string): Promise<DatasetFile> {
    const file = join(folder, 'files', path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, Buffer.alloc(500, path))
    return {
      ...{ role: 'data', sourceId: source.id, path, filename: 'a.parquet', sizeBytes: 500, rowCount: 1 },
      ...{ etag: null, contentHash: null },
    }
  }

  return {
    database,
    sources,
    trash,
    logged,
    collection,
    object,
    async make(objects = 2, more = []) {
      const uploadId = ulid()
      const id = datasetIdOf(uploadId)
      const files: DatasetFile[] = [...more]
      for (let at = 0; at < objects; at += 1) {
        files.push(await object(`${datasetFolder(ORGANIZATION, id)}v1/data/part-${at}.parquet`))
      }
      await addDataset(database, testDataset(collection, uploadId, { files }))
      return id
    },
    async close() {
      await trash.close()
      await sources.close()
      await database.close()
    },
  }
}
