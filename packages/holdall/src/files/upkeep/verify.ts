import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Source } from '../../sources/sources.ts'
import { MAX_LIST_LIMIT, type Storage, type StoredFile } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'
import { madeAt, unnamed } from './ours.ts'

/** Files whose storage is asked at once. */
const AT_ONCE = 8
const BATCH = 1_000

export type ProblemKind =
  /** In the registry, but not in the storage. */
  | 'missing'
  /** Of another size than was recorded. */
  | 'size'
  /** With other bytes than were recorded. */
  | 'hash'
  /** In the storage at a path of our own form, but in no registry. */
  | 'stray'
  /** The storage failed at it. */
  | 'unreadable'

export interface Problem {
  readonly kind: ProblemKind
  /** Null for what is in no registry. */
  readonly id: string | null
  readonly path: string
  readonly detail: string
}

export interface Verified {
  /** Files of the registry and of the trash that were looked at. */
  files: number
  bytes: number
  /** Those whose bytes were read again and compared. */
  hashed: number
  /** Files that are in the storage and none of ours: others put them there. */
  others: number
}

export interface VerifyOptions {
  readonly database: InternalDatabase
  readonly source: Source
  readonly storage: Storage
  /** Whether every file is read again. */
  readonly hash: boolean
  readonly signal: AbortSignal
  onProblem(problem: Problem): void
  onProgress?(phase: 'listing' | 'checking', done: number, total: number): void
}

interface Row {
  /** 0 for one in the trash. */
  readonly seq: number
  readonly id: string
  readonly path: string
  readonly size: number | null
  readonly content_hash: string | null
}

/** Compares what is known of a source's files with what lies in its storage. Changes nothing. */
export async function verifySource(options: VerifyOptions): Promise<Verified> {
  const { database, source, storage, signal, onProgress } = options
  const total = await count(database, source.id)
  const verified: Verified = { files: 0, bytes: 0, hashed: 0, others: 0 }
  const seen = storage.list === undefined ? undefined : await listed(options, verified, total)
  for await (const rows of rowsOf(database, source.id)) {
    for (let at = 0; at < rows.length; at += AT_ONCE) {
      signal.throwIfAborted()
      await Promise.all(rows.slice(at, at + AT_ONCE).map((row) => check(options, row, seen, verified)))
      onProgress?.('checking', verified.files, total)
    }
  }
  return verified
}

interface Seen {
  has(row: Row): boolean
}

/** Walks the listing: remembers which files are there with their size, and tells of what is nobody's. */
async function listed(options: VerifyOptions, verified: Verified, total: number): Promise<Seen> {
  const { database, source, storage, signal, onProgress } = options
  // A bit for each file, whatever their number.
  const bits = new Uint8Array(Math.ceil((await highestSeq(database)) / 8) + 1)
  const trashed = new Set<string>()
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
    const rows = await rowsAt(
      database,
      source.id,
      page.files.map(({ path }) => path),
    )
    for (const file of page.files) {
      for (const { seq, id, size } of rows.get(file.path) ?? []) {
        if (size !== null && size !== file.size) continue
        if (seq === 0) trashed.add(id)
        else if (seq < bits.length * 8) bits[seq >> 3] = (bits[seq >> 3] as number) | (1 << (seq & 7))
      }
    }
    await tellStrays(
      options,
      verified,
      page.files.filter(({ path }) => !rows.has(path)),
    )
  }
  return {
    has: ({ seq, id }) => (seq === 0 ? trashed.has(id) : ((bits[seq >> 3] ?? 0) & (1 << (seq & 7))) !== 0),
  }
}

async function tellStrays({ database, source, onProblem }: VerifyOptions, verified: Verified, files: StoredFile[]) {
  const ours = files.filter(({ path }) => madeAt(path) !== undefined)
  verified.others += files.length - ours.length
  const strays = await unnamed(
    database,
    source.id,
    ours.map(({ path }) => path),
  )
  for (const { path, size } of ours) {
    if (strays.has(path)) onProblem({ kind: 'stray', id: null, path, detail: `${size} bytes that no file has` })
  }
}

async function check(options: VerifyOptions, row: Row, seen: Seen | undefined, verified: Verified): Promise<void> {
  verified.files += 1
  verified.bytes += row.size ?? 0
  const problem = await problemOf(options, row, seen?.has(row) === true, verified).catch((error: unknown) => {
    options.signal.throwIfAborted()
    return { kind: 'unreadable', detail: error instanceof Error ? error.message : String(error) } as const
  })
  // A file that was purged or changed while it was looked at is as it should be.
  if (problem !== undefined && (await isStill(options.database, row))) {
    options.onProblem({ ...problem, id: row.id, path: row.path })
  }
}

async function problemOf(
  { storage, hash, signal }: VerifyOptions,
  row: Row,
  there: boolean,
  verified: Verified,
): Promise<Pick<Problem, 'kind' | 'detail'> | undefined> {
  if (!there) {
    const stored = await storage.stat(row.path, { signal })
    if (stored === undefined) return { kind: 'missing', detail: 'the storage does not have it' }
    if (row.size !== null && stored.size !== row.size) {
      return { kind: 'size', detail: `${stored.size} bytes where ${row.size} were recorded` }
    }
  }
  if (!hash || row.content_hash === null) return undefined
  const found = await hashOf(storage, row, signal)
  if (found === undefined) return { kind: 'missing', detail: 'the storage does not have it' }
  verified.hashed += 1
  return found === row.content_hash
    ? undefined
    : { kind: 'hash', detail: `${found} where ${row.content_hash} was recorded` }
}

async function hashOf(storage: Storage, { path }: Row, signal: AbortSignal): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of await storage.read(path, { signal })) hash.update(chunk)
  } catch (error) {
    if (error instanceof HoldallError && error.code === 'file_missing') return undefined
    throw error
  }
  return `sha256:${hash.digest('hex')}`
}

/** In batches, in the order of the tables themselves: one walk through them, however many batches. */
async function* rowsOf(database: InternalDatabase, sourceId: number): AsyncGenerator<Row[]> {
  for (let after = 0; ; ) {
    const { rows } = await sql<Row>`SELECT seq, id, path, size, content_hash FROM datasette_files NOT INDEXED
      WHERE seq > ${after} AND source_id = ${sourceId} ORDER BY seq LIMIT ${BATCH}`.execute(database.read)
    yield rows
    if (rows.length < BATCH) break
    after = (rows.at(-1) as Row).seq
  }
  // What is in the trash is looked at too: it must be possible to restore it.
  for (let after = ''; ; ) {
    const { rows } = await sql<Row>`SELECT 0 AS seq, id, path, size, content_hash FROM datasette_files_trash
      WHERE id > ${after} AND +source_id = ${sourceId} AND +purging = 0 ORDER BY id LIMIT ${BATCH}`.execute(
      database.read,
    )
    yield rows
    if (rows.length < BATCH) return
    after = (rows.at(-1) as Row).id
  }
}

async function rowsAt(database: InternalDatabase, sourceId: number, paths: string[]): Promise<Map<string, Row[]>> {
  const wanted = JSON.stringify(paths)
  const { rows } = await sql<Row>`SELECT f.seq, f.id, f.path, f.size, f.content_hash FROM json_each(${wanted}) AS n
      CROSS JOIN datasette_files AS f ON f.source_id = ${sourceId} AND f.path = n.value
    UNION ALL SELECT 0, t.id, t.path, t.size, t.content_hash FROM json_each(${wanted}) AS n
      CROSS JOIN datasette_files_trash AS t ON t.source_id = ${sourceId} AND t.path = n.value`.execute(database.read)
  const byPath = new Map<string, Row[]>()
  for (const row of rows) byPath.set(row.path, [...(byPath.get(row.path) ?? []), row])
  return byPath
}

async function isStill(database: InternalDatabase, { seq, id, path, size, content_hash }: Row): Promise<boolean> {
  const { rows } = await sql<Row>`SELECT 1 FROM datasette_files WHERE id = ${id} AND path = ${path}
      AND size IS ${size} AND content_hash IS ${content_hash}
    UNION ALL SELECT 1 FROM datasette_files_trash WHERE ${seq} = 0 AND id = ${id} AND purging = 0`.execute(
    database.read,
  )
  return rows.length > 0
}

async function count(database: InternalDatabase, sourceId: number): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT
    coalesce((SELECT files FROM datasette_files_totals WHERE source_id = ${sourceId}), 0)
    + (SELECT count(*) FROM datasette_files_trash WHERE source_id = ${sourceId} AND purging = 0) AS files`.execute(
    database.read,
  )
  return rows[0]?.files ?? 0
}

async function highestSeq(database: InternalDatabase): Promise<number> {
  const { rows } = await sql<{ seq: number | null }>`SELECT max(seq) AS seq FROM datasette_files`.execute(database.read)
  return rows[0]?.seq ?? 0
}
