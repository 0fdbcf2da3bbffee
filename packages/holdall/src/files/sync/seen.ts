import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import type { Ranges } from './known-pages.ts'

/** Files of one chunk: 4 KiB of bits. */
const CHUNK_FILES = 32_768

/**
 * The files that a run has met, by their `seq`: a bit each, so that a million take 125 KB, in memory and in the database.
 * The order in which a storage lists is its own business, and the set survives the process.
 */
export interface Seen {
  add(seq: number): void
  addAll(ranges: Ranges): void
  /** How many were added here, without those that were loaded. */
  readonly added: number
  has(seq: number): boolean
  /** Writes what was added since the last time. */
  save(trx: Transaction<Schema>): Promise<void>
}

export async function loadSeen(database: InternalDatabase, runId: number): Promise<Seen> {
  const chunks = new Map<number, Uint8Array>()
  const changed = new Set<number>()
  const rows = await database.read
    .selectFrom('sync_seen')
    .select(['chunk', 'bits'])
    .where('run_id', '=', runId)
    .execute()
  for (const { chunk, bits } of rows) chunks.set(chunk, bits)
  let added = 0

  function add(seq: number): void {
    const chunk = Math.floor(seq / CHUNK_FILES)
    const at = seq % CHUNK_FILES
    let bits = chunks.get(chunk)
    if (bits === undefined) {
      bits = new Uint8Array(CHUNK_FILES / 8)
      chunks.set(chunk, bits)
    }
    const before = bits[at >> 3] as number
    const bit = 1 << (at & 7)
    if ((before & bit) !== 0) return
    bits[at >> 3] = before | bit
    changed.add(chunk)
    added += 1
  }

  return {
    add,
    addAll(ranges) {
      for (let at = 0; at < ranges.length; at += 2) {
        for (let seq = ranges[at] as number; seq <= (ranges[at + 1] as number); seq += 1) add(seq)
      }
    },
    get added() {
      return added
    },
    has(seq) {
      const at = seq % CHUNK_FILES
      return (((chunks.get(Math.floor(seq / CHUNK_FILES))?.[at >> 3] ?? 0) >> (at & 7)) & 1) === 1
    },
    async save(trx) {
      // What is added meanwhile is written the next time.
      const saving = [...changed]
      changed.clear()
      for (const chunk of saving) {
        await sql`INSERT INTO sync_seen (run_id, chunk, bits) VALUES (${runId}, ${chunk}, ${chunks.get(chunk)})
          ON CONFLICT (run_id, chunk) DO UPDATE SET bits = excluded.bits`.execute(trx)
      }
    },
  }
}
