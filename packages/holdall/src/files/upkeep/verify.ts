import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { isDatasetPath } from '../../sources/paths.ts'
import type { Source } from '../../sources/sources.ts'
import { MAX_LIST_LIMIT, type Storage, type StoredFile } from '../../sources/storage.ts'
import { checkFile, type DriftKind, type Thoroughness } from './check.ts'
import { madeAt, unnamed } from './ours.ts'
import { repair } from './repair.ts'
import { countRows, isStill, type Row, rowsOf } from './rows.ts'
import { createSeenAsRecorded, type SeenAsRecorded } from './seen.ts'

/** Files whose storage is asked at once. */
const AT_ONCE = 8

export interface Problem {
  readonly kind:
    | DriftKind
    /** In the storage at a path of our own form, but in no registry. */
    | 'stray'
    /** The storage failed at it. */
    | 'unreadable'
  /** Null for what is in no registry. */
  readonly id: string | null
  readonly path: string
  readonly detail: string
  /** Whether the registry says by now what is so, and nothing is left to do. */
  readonly repaired: boolean
}

export interface Verified {
  /** Files of the registry and of the trash that were looked at. */
  files: number
  bytes: number
  /** Those whose bytes were read again and compared. */
  hashed: number
  /** Those that had no hash to compare, though bytes were to be read. */
  unhashed: number
  /** Adopted files that are marked as missing, and are: no problem, for it is recorded. */
  known_missing: number
  /** Files that are in the storage and none of ours: others put them there. */
  others: number
}

export interface VerifyOptions {
  readonly database: InternalDatabase
  readonly source: Source
  readonly storage: Storage
  readonly thorough: Thoroughness
  /** Whether the registry is made to say what is so, where that is nobody's loss. The storage is never touched. */
  readonly repair: boolean
  readonly signal: AbortSignal
  readonly before?: BeforeIo | undefined
  readonly now?: () => number
  onProblem(problem: Problem): void
  onProgress?(phase: 'listing' | 'checking', done: number, total: number): void
}

/** Compares what is known of a source's files with what lies in its storage. */
export async function verifySource(options: VerifyOptions): Promise<Verified> {
  const { database, source, storage } = options
  const total = await countRows(database, source.id)
  const verified = nothingVerified()
  const seen = storage.list === undefined ? undefined : await takeListing(options, verified, total)
  await verifyRows(options, seen, verified, total)
  return verified
}

/** Looks at every file that is recorded of the source; of those that a listing has had, the storage is not asked again. */
export async function verifyRows(
  options: VerifyOptions,
  seen: SeenAsRecorded | undefined,
  verified: Verified = nothingVerified(),
  total = 0,
): Promise<Verified> {
  const { database, source, signal, onProgress } = options
  for await (const rows of rowsOf(database, source.id)) {
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      signal.throwIfAborted()
      await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => verifyRow(options, row, seen, verified)))
      onProgress?.('checking', verified.files, Math.max(total, verified.files))
    }
  }
  return verified
}

function nothingVerified(): Verified {
  return { files: 0, bytes: 0, hashed: 0, unhashed: 0, known_missing: 0, others: 0 }
}

async function verifyRow(
  options: VerifyOptions,
  row: Row,
  seen: SeenAsRecorded | undefined,
  verified: Verified,
): Promise<void> {
  const { database, storage, signal, thorough, onProblem } = options
  const { id, path } = row
  verified.files += 1
  verified.bytes += row.size ?? 0
  try {
    const { drift, hashed } = await checkFile(row, { storage, signal, thorough, listed: seen?.has(row) === true })
    if (hashed) verified.hashed += 1
    if (drift === undefined) {
      if (thorough === 'bytes' && !hashed) verified.unhashed += 1
      return
    }
    if (drift.kind === 'missing' && row.adopted === 1 && row.missing_since !== null) {
      verified.known_missing += 1
      return
    }
    // A file that was purged or changed while it was looked at is as it should be.
    if (!(await isStill(database, row))) return
    const repaired = options.repair && (await repair(options, row, drift))
    onProblem({ kind: drift.kind, id, path, detail: drift.detail, repaired })
  } catch (error) {
    signal.throwIfAborted()
    if (!(await isStill(database, row))) return
    const detail = error instanceof Error ? error.message : String(error)
    onProblem({ kind: 'unreadable', id, path, detail, repaired: false })
  }
}

/** Walks the listing: remembers what is there as recorded, and tells of what is nobody's. */
async function takeListing(options: VerifyOptions, verified: Verified, total: number): Promise<SeenAsRecorded> {
  const { database, source, storage, signal, onProgress } = options
  const seen = await createSeenAsRecorded(database, source)
  let files = 0
  for (let cursor: string | null | undefined; cursor !== null; ) {
    signal.throwIfAborted()
    const page = await (storage.list as NonNullable<Storage['list']>)({
      limit: MAX_LIST_LIMIT,
      signal,
      ...(cursor && { cursor }),
    })
    cursor = page.next
    files += page.files.length
    onProgress?.('listing', Math.min(files, total), total)
    await tellStrays(options, verified, await seen.take(page.files))
  }
  return seen
}

async function tellStrays({ database, source, onProblem }: VerifyOptions, verified: Verified, files: StoredFile[]) {
  const ours = files.filter(({ path }) => madeAt(path) !== undefined)
  verified.others += files.filter(({ path }) => !isDatasetPath(path)).length - ours.length
  const strays = await unnamed(
    database,
    source.id,
    ours.map(({ path }) => path),
  )
  for (const { path, size } of ours) {
    if (!strays.has(path)) continue
    onProblem({ kind: 'stray', id: null, path, detail: `${size} bytes that no file has`, repaired: false })
  }
}
