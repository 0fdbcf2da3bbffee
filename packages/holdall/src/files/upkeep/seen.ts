import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Source } from '../../sources/sources.ts'
import type { StoredFile } from '../../sources/storage.ts'
import { versionOf } from '../sync/listed.ts'
import { type Row, rowsAt } from './rows.ts'

/** Which of a source's files a listing had, just as they are recorded; the storage need not be asked for these again. */
export interface SeenAsRecorded {
  has(row: Row): boolean
  /** Takes a page of the listing. @returns those of it that nobody has registered */
  take(files: readonly StoredFile[]): Promise<StoredFile[]>
}

export async function createSeenAsRecorded(
  database: InternalDatabase,
  source: Pick<Source, 'id'>,
): Promise<SeenAsRecorded> {
  // A bit for each file, whatever their number.
  const bits = new Uint8Array(Math.ceil((await highestSeq(database)) / 8) + 1)
  const trashed = new Set<string>()
  return {
    has: ({ seq, id }) => (seq === 0 ? trashed.has(id) : ((bits[seq >> 3] ?? 0) & (1 << (seq & 7))) !== 0),
    async take(files) {
      const rows = await rowsAt(
        database,
        source.id,
        files.map(({ path }) => path),
      )
      for (const file of files) {
        for (const row of rows.get(file.path) ?? []) {
          const { seq, id } = row
          if (!isAsRecorded(row, file)) continue
          if (seq === 0) trashed.add(id)
          else if (seq < bits.length * 8) bits[seq >> 3] = (bits[seq >> 3] as number) | (1 << (seq & 7))
        }
      }
      return files.filter(({ path }) => !rows.has(path))
    },
  }
}

function isAsRecorded({ size, adopted, version }: Row, file: StoredFile): boolean {
  return (size === null || size === file.size) && (adopted === 0 || version === versionOf(file))
}

async function highestSeq(database: InternalDatabase): Promise<number> {
  const { rows } = await sql<{ seq: number | null }>`SELECT max(seq) AS seq FROM datasette_files`.execute(database.read)
  return rows[0]?.seq ?? 0
}
