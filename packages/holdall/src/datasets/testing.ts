import { mkdtempSync, rmSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import { addDataset, type NewDataset } from './adding.ts'
import { recordCollections } from './collections/rows.ts'
import type { ParquetColumn } from './footer/parquet-file.ts'
import { readParquetFooter } from './footer/read.ts'
import { datasetIdOf } from './identity.ts'
import { type Dataset, findDataset } from './records.ts'

export const ORGANIZATION = '550e8400-e29b-41d4-a716-446655440000'

/** An internal database with a source and a collection `medicaid`, for the tests of this room. */
export interface TestDatasets {
  readonly database: InternalDatabase
  /** A second connection to the same file, as another process has. */
  another(): Promise<InternalDatabase>
  close(): Promise<void>
}

export async function openTestDatasets(): Promise<TestDatasets> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-datasets-'))
  const opened: InternalDatabase[] = []
  async function another(): Promise<InternalDatabase> {
    const database = await openInternalDatabase(join(folder, 'internal.db'))
    opened.push(database)
    return database
  }
  const database = await another()
  await recordCollections(database, [{ organization: ORGANIZATION, id: 'medicaid', label: 'Medicaid' }])
  await database.write(async (trx) => {
    await trx
      .insertInto('datasette_files_sources')
      .values({ slug: 'files', storage_type: 'filesystem', label: null, last_sync_token: null, origin: 'default' })
      .execute()
  })
  return {
    database,
    another,
    async close() {
      await Promise.all(opened.map((one) => one.close()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function testColumn(name: string, type: string, more: Partial<ParquetColumn> = {}): ParquetColumn {
  return {
    name,
    type,
    isRequired: false,
    physicalType: 'INT64',
    logicalType: null,
    nullCount: 0,
    min: null,
    max: null,
    compressedBytes: 100,
    uncompressedBytes: 200,
    ...more,
  }
}

/** What an upload of `visits.parquet` would register. */
export function testDataset(collection: number, uploadId: string, more: Partial<NewDataset> = {}): NewDataset {
  return {
    id: datasetIdOf(uploadId),
    collection,
    sourceType: 'multipart_parquet_upload',
    uploadId,
    filename: 'visits.parquet',
    columns: [testColumn('id', 'BIGINT'), testColumn('gallery', 'VARCHAR')],
    rowGroups: {
      count: 1,
      rows: { min: 3, median: 3, max: 3 },
      bytes: { min: 200, median: 200, max: 200 },
      each: [{ rows: 3, bytes: 200 }],
    },
    rowCount: 3,
    sizeBytes: 400,
    uploadedBy: 'jonas',
    files: [
      {
        role: 'data',
        sourceId: 1,
        path: `org/${ORGANIZATION}/datasets/${datasetIdOf(uploadId)}/v1/data/part-0.parquet`,
        filename: 'visits.parquet',
        sizeBytes: 400,
        rowCount: 3,
        etag: null,
        contentHash: null,
      },
    ],
    ...more,
  }
}

/** A Parquet file of what the SELECT answers. */
export async function writeParquet(path: string, select: string, options = ''): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (FORMAT parquet${options})`)
  connection.closeSync()
  instance.closeSync()
}

/** Registers a Parquet file that lies in a source's folder, as an upload would have registered it. */
export async function testDatasetOf(
  database: InternalDatabase,
  collection: number,
  { root, path, uploadId = path, ...more }: { root: string; path: string; uploadId?: string } & Partial<NewDataset>,
): Promise<Dataset> {
  const file = join(root, path)
  const { size } = await stat(file)
  await using handle = await open(file)
  const footer = await readParquetFooter({
    size,
    async read(position, length) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
      return buffer.subarray(0, bytesRead)
    },
  })
  const fresh = testDataset(collection, uploadId, {
    filename: path.slice(path.lastIndexOf('/') + 1),
    columns: footer.columns,
    rowGroups: footer.rowGroups,
    rowCount: footer.rowCount,
    sizeBytes: size,
    ...more,
  })
  const objects = fresh.files.map((one) => ({
    ...one,
    path,
    filename: fresh.filename,
    sizeBytes: size,
    rowCount: footer.rowCount,
  }))
  await addDataset(database, { ...fresh, files: more.files ?? objects })
  return (await findDataset(database, collection, fresh.id)) as Dataset
}
