import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { isForbidden } from '../../sources/filesystem/io.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import type { Log } from '../../web/log.ts'
import { revisionOf } from './known-pages.ts'
import { MAX_FAILURES_IN_A_ROW, MAX_LEFT_OVER, MISSING_BATCH, STATS_AT_ONCE } from './limits.ts'
import type { SyncRun } from './runs.ts'
import type { Seen } from './seen.ts'

/** A registered file that no page of a complete listing had. */
interface Unseen {
  readonly seq: number
  readonly id: string
  readonly path: string
  readonly adopted: number
}

/** Where a file is in the order of registration: when, and its id. */
type Place = readonly [string, string]

/**
 * Whether there is no registered file that was not seen. Without a look at each: none has gone since it was seen, and there
 * are no more of them than were seen.
 *
 * @param revision of the source's files before the first was seen
 */
export async function hasSeenAll(
  database: InternalDatabase,
  sourceId: number,
  { added }: Pick<Seen, 'added'>,
  revision: number,
): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM datasette_files_totals
    WHERE source_id = ${sourceId} AND files = ${added} AND ${revisionOf(sourceId)} = ${revision}`.execute(database.read)
  return rows.length > 0
}

/** What was registered before the run began, is not marked already, and was not seen by it; a batch at a time. */
export async function* unseenFiles(database: InternalDatabase, run: SyncRun, seen: Seen): AsyncGenerator<Unseen[]> {
  for (let after: Place | null = [run.started_at, '']; after !== null; ) {
    // The index holds all that is asked for, so that no row is read; and one answer of numbers is read sooner than a row each.
    const before = sql`FROM datasette_files INDEXED BY datasette_files_newest
      WHERE source_id = ${run.source_id} AND (created_at, id) < (${after[0]}, ${after[1]})
      ORDER BY created_at DESC, id DESC`
    const { rows } = await sql<{ seqs: string; last: string | null }>`SELECT json_group_array(seq) AS seqs,
      (SELECT json_array(created_at, id) ${before} LIMIT 1 OFFSET ${MISSING_BATCH - 1}) AS last
      FROM (SELECT seq ${before} LIMIT ${MISSING_BATCH})`.execute(database.read)
    const [batch] = rows
    const unseen = (JSON.parse(batch?.seqs ?? '[]') as number[]).filter((seq) => !seen.has(seq))
    if (unseen.length > 0) {
      const files =
        await sql<Unseen>`SELECT f.seq, f.id, f.path, f.adopted FROM json_each(${JSON.stringify(unseen)}) AS n
        CROSS JOIN datasette_files AS f ON f.seq = n.value WHERE f.missing_since IS NULL`.execute(database.read)
      if (files.rows.length > 0) yield files.rows
    }
    after = JSON.parse(batch?.last ?? 'null')
    await turn()
  }
}

/** Adopted files that were missing already, as far as one looks at them in a run. */
export async function missingBefore(database: InternalDatabase, sourceId: number): Promise<Unseen[]> {
  const { rows } =
    await sql<Unseen>`SELECT seq, id, path, adopted FROM datasette_files INDEXED BY datasette_files_missing
    WHERE source_id = ${sourceId} AND missing_since IS NOT NULL AND adopted = 1 LIMIT ${MAX_LEFT_OVER}`.execute(
      database.read,
    )
  return rows
}

/**
 * Asks the storage for each, a few at a time. What it cannot say of one, or may not, is unknown, and nobody's loss.
 *
 * @throws the storage's error when it says nothing of many in a row: then it is the storage that is away
 */
export async function lookAt<Item extends { readonly path: string }>(
  items: readonly Item[],
  { storage, signal, log }: { storage: Pick<Storage, 'stat'>; signal: AbortSignal; log: Log },
): Promise<{ there: [Item, StoredFile][]; absent: Item[] }> {
  const there: [Item, StoredFile][] = []
  const absent: Item[] = []
  const waiting = items.values()
  const forbidden: string[] = []
  let failures = 0
  async function look(): Promise<void> {
    for (const item of waiting) {
      signal.throwIfAborted()
      try {
        const found = await storage.stat(item.path, { signal })
        failures = 0
        if (found === undefined) absent.push(item)
        else there.push([item, found])
      } catch (error) {
        signal.throwIfAborted()
        // In a folder that may not be read there are many of them, and the storage is there all the same.
        if (isForbidden(error)) {
          forbidden.push(item.path)
          continue
        }
        failures += 1
        if (failures >= MAX_FAILURES_IN_A_ROW) throw error
        log.warn('sync could not look at a file', { path: item.path, error })
      }
    }
  }
  await Promise.all(Array.from({ length: STATS_AT_ONCE }, look))
  if (forbidden.length > 0) {
    log.warn('sync may not look at files', { files: forbidden.length, path: forbidden[0] })
  }
  return { there, absent }
}
