import type { InternalDatabase } from '../../database/internal.ts'
import type { Source } from '../../sources/sources.ts'
import { MAX_LIST_LIMIT, type Storage, type StoredFile } from '../../sources/storage.ts'
import { madeAt, unnamed } from './ours.ts'

/** Bytes that nothing names are left alone for so long: nobody can have begun anything with them so long ago. */
export const ORPHAN_GRACE_MS = 7 * 24 * 3_600_000
/** So few are removed without asking what else lies there. */
const FEW = 20
/** A source with more of them is not ours to clear. */
const MAX_ORPHANS = 100_000

export interface OrphanOptions {
  readonly database: InternalDatabase
  readonly source: Source
  readonly storage: Storage
  readonly now: () => number
  readonly signal?: AbortSignal | undefined
  /** Given each page of the listing. */
  onPage?(files: readonly StoredFile[]): Promise<unknown>
  /** Told how many files have been looked at. */
  onListed?(files: number): void
}

export interface Orphans {
  readonly files: readonly StoredFile[]
  /** Files of our own form that something names. */
  readonly named: number
  /**
   * Most of what lies there is unknown here: another Holdall's, or this internal database is older than the files,
   * from a backup. Then none of it is an orphan for certain.
   */
  readonly doubtful: boolean
}

/**
 * Bytes that were ours and that nothing names any more: at a path of our own form, made after this source was first
 * known here and longer ago than the grace.
 */
export async function findOrphans(options: OrphanOptions): Promise<Orphans> {
  const { database, source, storage, now, signal, onPage, onListed } = options
  if (storage.list === undefined || storage.delete === undefined) return { files: [], named: 0, doubtful: false }
  const since = await knownSince(database, source.id)
  const until = now() - ORPHAN_GRACE_MS
  const files: StoredFile[] = []
  let named = 0
  let listed = 0
  let strange = 0
  for (let cursor: string | null | undefined; cursor !== null; ) {
    signal?.throwIfAborted()
    const page = await storage.list({ limit: MAX_LIST_LIMIT, ...(cursor && { cursor }), ...(signal && { signal }) })
    cursor = page.next
    listed += page.files.length
    onListed?.(listed)
    await onPage?.(page.files)
    const ours = page.files.filter(({ path }) => madeAt(path) !== undefined)
    const nobodys = await unnamed(
      database,
      source.id,
      ours.map(({ path }) => path),
    )
    named += ours.length - nobodys.size
    for (const file of ours) {
      if (!nobodys.has(file.path)) continue
      const made = madeAt(file.path) as number
      if (made < since) strange += 1
      else if (made < until && (file.lastModified?.getTime() ?? 0) < until) files.push(file)
    }
    if (files.length > MAX_ORPHANS) return { files: [], named, doubtful: true }
  }
  const unknown = files.length + strange
  return { files, named, doubtful: unknown > FEW && unknown > named }
}

/** Removes exactly this path, after a second look that nothing names it and that nobody has written there since. */
export async function removeOrphan(
  { database, source, storage }: OrphanOptions,
  { path, size, lastModified }: StoredFile,
): Promise<boolean> {
  if (!(await unnamed(database, source.id, [path])).has(path)) return false
  const stored = await storage.stat(path)
  if (stored === undefined || stored.size !== size) return false
  if (stored.lastModified?.getTime() !== lastModified?.getTime()) return false
  await storage.delete?.(path)
  return true
}

async function knownSince(database: InternalDatabase, sourceId: number): Promise<number> {
  const row = await database.read
    .selectFrom('datasette_files_sources')
    .select('created_at')
    .where('id', '=', sourceId)
    .executeTakeFirst()
  return row === undefined ? Number.POSITIVE_INFINITY : Date.parse(row.created_at)
}
