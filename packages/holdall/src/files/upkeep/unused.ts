import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FindUsed } from '../references.ts'

/** Each file column is read once for so many files. */
const LOOKED_UP = 10_000

/**
 * Counts the files that no row of any file column holds.
 *
 * @returns `undefined` when not every table could be read: what it holds is not known then
 */
export async function countUnused(
  database: InternalDatabase,
  findUsed: FindUsed,
  { signal, onLooked }: { readonly signal: AbortSignal; onLooked?(files: number): void },
): Promise<{ readonly files: number; readonly bytes: number } | undefined> {
  const unused = { files: 0, bytes: 0 }
  let looked = 0
  for (let after = ''; ; ) {
    signal.throwIfAborted()
    const { rows } = await sql<{ id: string; size: number | null }>`SELECT id, size FROM datasette_files
      WHERE id > ${after} ORDER BY id LIMIT ${LOOKED_UP}`.execute(database.read)
    if (rows.length === 0) return unused
    const { used, truncated } = await findUsed(rows.map(({ id }) => id))
    if (truncated) return undefined
    for (const { id, size } of rows) {
      if (used.has(id)) continue
      unused.files += 1
      unused.bytes += size ?? 0
    }
    looked += rows.length
    onLooked?.(looked)
    if (rows.length < LOOKED_UP) return unused
    after = (rows.at(-1) as { id: string }).id
  }
}
