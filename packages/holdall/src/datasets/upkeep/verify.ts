import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { isDatasetPath } from '../../sources/paths.ts'
import { readRange } from '../../sources/read-range.ts'
import type { Source } from '../../sources/sources.ts'
import { MAX_LIST_LIMIT, type Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import { readParquetFooter } from '../footer/read.ts'
import { unnamedObjects } from './objects.ts'

const BATCH = 1_000
/** Objects whose storage is asked at once. */
const AT_ONCE = 8
/** Where everything of datasets lies. */
const PREFIX = 'org/'

export interface ObjectProblem {
  readonly kind:
    | 'missing'
    | 'damaged'
    /** Below the folder of a dataset of ours, and nothing names it. */
    | 'stray'
    | 'unreadable'
  /** Of the dataset; null for what is in none. */
  readonly id: string | null
  readonly path: string
  readonly detail: string
}

export interface VerifiedObjects {
  objects: number
  bytes: number
  /** Those whose bytes, or footer where no hash is known, were read again and compared. */
  read: number
}

export interface VerifyObjectsOptions {
  readonly database: InternalDatabase
  readonly source: Pick<Source, 'id'>
  readonly storage: Storage
  /** Whether bytes are read, and not only sizes and ETags compared. */
  readonly thorough: boolean
  readonly signal: AbortSignal
  onProblem(problem: ObjectProblem): void
  onProgress?(done: number): void
}

interface Row {
  readonly dataset_id: string
  readonly version: number
  readonly ordinal: number
  readonly role: 'data' | 'original'
  readonly path: string
  readonly size_bytes: number
  readonly row_count: number | null
  readonly etag: string | null
  readonly content_hash: string | null
}

/**
 * Compares what is recorded of the objects of datasets in a source, in the trash or not, with what lies in its storage.
 * Nothing is changed: only we write there, and what is damaged comes back from a backup.
 */
export async function verifyObjects(options: VerifyObjectsOptions): Promise<VerifiedObjects> {
  const verified = { objects: 0, bytes: 0, read: 0 }
  for await (const rows of rowsOf(options.database, options.source.id)) {
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      options.signal.throwIfAborted()
      await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => verifyObject(options, row, verified)))
      options.onProgress?.(verified.objects)
    }
  }
  if (verified.objects > 0) await tellStrays(options)
  return verified
}

async function* rowsOf(database: InternalDatabase, sourceId: number): AsyncGenerator<Row[]> {
  for (let after = { dataset_id: '', version: 0, ordinal: 0 }; ; ) {
    const { dataset_id, version, ordinal } = after
    const { rows } = await sql<Row>`SELECT dataset_id, version, ordinal, role, path, size_bytes, row_count, etag,
        content_hash FROM dataset_files
      WHERE source_id = ${sourceId} AND file_id IS NULL AND (dataset_id, version, ordinal) >
        (${dataset_id}, ${version}, ${ordinal})
        AND NOT EXISTS (SELECT 1 FROM dataset_files AS o WHERE o.source_id = dataset_files.source_id
          AND o.path = dataset_files.path AND o.version > dataset_files.version)
      ORDER BY dataset_id, version, ordinal LIMIT ${BATCH}`.execute(database.read)
    yield rows
    if (rows.length < BATCH) return
    after = rows.at(-1) as Row
  }
}

async function verifyObject(options: VerifyObjectsOptions, row: Row, verified: VerifiedObjects): Promise<void> {
  const { storage, signal, thorough, onProblem } = options
  const { path, dataset_id: id } = row
  verified.objects += 1
  verified.bytes += row.size_bytes
  try {
    const problem =
      (await asRecorded(row, storage, signal)) ?? (thorough ? await readAgain(row, storage, signal) : null)
    if (thorough) verified.read += 1
    if (problem !== null && (await isStill(options.database, row))) onProblem({ ...problem, id, path })
  } catch (error) {
    signal.throwIfAborted()
    if (!(await isStill(options.database, row))) return
    const detail = error instanceof Error ? error.message : String(error)
    onProblem({ kind: 'unreadable', id, path, detail })
  }
}

type Found = Pick<ObjectProblem, 'kind' | 'detail'> | null

async function asRecorded({ path, size_bytes: size, etag }: Row, storage: Storage, signal: AbortSignal) {
  const stored = await storage.stat(path, { signal })
  if (stored === undefined) return { kind: 'missing', detail: 'nothing is there' } as const
  if (stored.size !== size) return { kind: 'damaged', detail: `${stored.size} bytes instead of ${size}` } as const
  if (etag !== null && stored.etag !== undefined && stored.etag !== etag) {
    return { kind: 'damaged', detail: 'it has another ETag' } as const
  }
  return null
}

/** All its bytes where their hash is known, else what its footer says. */
async function readAgain(row: Row, storage: Storage, signal: AbortSignal): Promise<Found> {
  const { path, size_bytes: size, content_hash: expected } = row
  if (expected !== null) {
    const hash = createHash('sha256')
    for await (const chunk of await storage.read(path, { signal })) hash.update(chunk)
    return `sha256:${hash.digest('hex')}` === expected ? null : { kind: 'damaged', detail: 'it has other bytes' }
  }
  if (row.role === 'original') return null
  try {
    const read = (offset: number, length: number) => readRange(storage, path, { offset, length }, signal)
    const { rowCount } = await readParquetFooter({ size, read }, { signal })
    if (rowCount === row.row_count) return null
    return { kind: 'damaged', detail: `${rowCount} rows instead of ${row.row_count}` }
  } catch (error) {
    if (!(error instanceof HoldallError) || error.code !== 'parquet_invalid') throw error
    return { kind: 'damaged', detail: error.message }
  }
}

/** What was purged or replaced while it was looked at is as it should be. */
async function isStill(database: InternalDatabase, { dataset_id, version, ordinal, path }: Row): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM dataset_files AS f WHERE f.dataset_id = ${dataset_id}
    AND f.version = ${version} AND f.ordinal = ${ordinal} AND f.path = ${path}
    AND NOT EXISTS (SELECT 1 FROM dataset_removals AS r WHERE r.source_id = f.source_id AND r.path = f.path
      AND r.lease_process IS NOT NULL)`.execute(database.read)
  return rows.length > 0
}

async function tellStrays({ database, source, storage, signal, onProblem }: VerifyObjectsOptions): Promise<void> {
  if (storage.list === undefined) return
  for (let cursor: string | null | undefined; cursor !== null; ) {
    signal.throwIfAborted()
    const page = await storage.list({ prefix: PREFIX, limit: MAX_LIST_LIMIT, signal, ...(cursor && { cursor }) })
    cursor = page.next
    const objects = page.files.filter(({ path }) => isDatasetPath(path))
    for (const { path, size } of await unnamedObjects(database, source.id, objects)) {
      onProblem({ kind: 'stray', id: null, path, detail: `${size} bytes that no dataset has` })
    }
  }
}
