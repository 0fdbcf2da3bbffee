import { readRange } from '../../sources/read-range.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { CannotFinish } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { HoldallError } from '../../web/error.ts'
import type { ParquetLimits } from '../footer/limits.ts'
import type { ParquetFile } from '../footer/parquet-file.ts'
import { readParquetFooter } from '../footer/read.ts'
import { OVER_LIMIT_KEPT_MS } from './limits.ts'
import { dataPathOf } from './made.ts'

/** The object of an upload in one state: whatever is read of it is of that one. */
export interface UploadedObject {
  readonly storage: Storage
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly etag: string | null
  /** What tells its states apart. */
  readonly version: string
  read(position: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /** @throws Error when it is another by now, which is looked at anew */
  assertSame(signal: AbortSignal): Promise<void>
}

/** The Parquet of an upload. @throws CannotFinish when nothing is there */
export async function uploadedObject(
  sources: Sources,
  session: UploadSession,
  signal: AbortSignal,
): Promise<UploadedObject> {
  return await objectAt(sources, { sourceId: session.sourceId, path: dataPathOf(session) }, signal)
}

/** @throws CannotFinish when nothing is there */
export async function objectAt(
  sources: Sources,
  { sourceId, path }: Pick<UploadSession, 'sourceId' | 'path'>,
  signal: AbortSignal,
): Promise<UploadedObject> {
  const source = sources.byId(sourceId)
  if (source === undefined) throw new CannotFinish('The source is gone.')
  const storage = await source.storage()
  const stored = await storage.stat(path, { signal })
  if (stored === undefined) throw new CannotFinish('The storage no longer has the uploaded bytes.')
  const version = versionOf(stored)
  const { size, etag } = stored
  return {
    storage,
    path,
    size,
    etag: etag ?? null,
    version,
    read: (offset, length, signal) => readRange(storage, path, { offset, length }, signal, etag),
    async assertSame(signal) {
      const now = await storage.stat(path, { signal })
      if (now === undefined || versionOf(now) !== version) throw new Error('The object changed while it was read')
    },
  }
}

/** @throws CannotFinish for what is no Parquet file, or one past a limit */
export async function footerOf(
  object: UploadedObject,
  limits: ParquetLimits | undefined,
  signal: AbortSignal,
): Promise<ParquetFile> {
  const file = { size: object.size, read: (at: number, length: number) => object.read(at, length, signal) }
  try {
    const parquet = await readParquetFooter(file, { signal, ...(limits && { limits }) })
    if (parquet.columns.length === 0) throw new HoldallError('parquet_invalid', { reason: 'it has no columns' })
    return parquet
  } catch (error) {
    throw asFinal(error)
  }
}

/** What can never be read is removed; what is only past a limit is kept a while; all else may pass. */
export function asFinal(error: unknown): unknown {
  if (!(error instanceof HoldallError)) return error
  if (INVALID.has(error.code)) return new CannotFinish(error.message, 'removed', { cause: error })
  if (PAST_LIMIT.has(error.code)) {
    return new CannotFinish(error.message, { keptForMs: OVER_LIMIT_KEPT_MS }, { cause: error })
  }
  return error
}

const INVALID: ReadonlySet<string> = new Set(['parquet_invalid', 'parquet_encrypted', 'not_convertible'])
/** A reader that needs too much, or ends, says nothing for certain about the file. */
const PAST_LIMIT: ReadonlySet<string> = new Set([
  ...(['parquet_limit_exceeded', 'conversion_limit', 'query_limit', 'query_crashed'] as const),
])

export function versionOf({ etag, size, lastModified }: StoredFile): string {
  return `${size} ${etag ?? lastModified?.toISOString() ?? ''}`
}
