import type { ServedDatabase } from '../databases.ts'
import type { Column, Table } from '../schema.ts'
import { GUESS_FILES, GUESS_LIMIT_MS, MAX_GUESSED } from './limits.ts'
import { type FoundRows, findRows } from './match.ts'
import { candidatesFor, type Match, WHOLE } from './names.ts'

export interface Guess {
  readonly match: Match
  /** How many of the files that were tried found exactly one row by it. */
  readonly matched: number
  readonly tried: number
}

/** The columns that names of files can be compared with, the likeliest first. */
export function comparable(table: Table, fileColumns: ReadonlySet<string>): string[] {
  const { labelColumn } = table
  const first = (column: Column) =>
    column.name === labelColumn ? 0 : column.affinity === 'TEXT' ? 1 : column.keyPosition > 0 ? 2 : 3
  return table.columns
    .filter(({ name, hidden, affinity }) => hidden !== 1 && affinity !== 'REAL' && !fileColumns.has(name))
    .sort((a, b) => first(a) - first(b))
    .map(({ name }) => name)
}

/**
 * The column, and the way, by which most files find one row of their own: all columns are tried in the same passes over
 * the table, as long as that takes no longer than `GUESS_LIMIT_MS`. Undefined for a table with nothing to compare.
 */
export async function guessMatch(
  database: ServedDatabase,
  table: Table,
  filenames: readonly string[],
  fileColumns: ReadonlySet<string>,
  cells: string,
  signal?: AbortSignal,
): Promise<Guess | undefined> {
  const columns = comparable(table, fileColumns).slice(0, MAX_GUESSED)
  const [likeliest] = columns
  if (likeliest === undefined) return undefined
  const some = filenames.slice(0, GUESS_FILES)
  const candidates = await candidatesFor(some, { how: 'prefix', exact: false })
  const deadline = Date.now() + GUESS_LIMIT_MS
  let best: Guess = {
    match: { column: likeliest, how: 'equal', exact: false },
    matched: 0,
    tried: some.length,
  }
  // One column at a time, so that each read stays as short as a match is.
  for (const column of columns) {
    const limitMs = deadline - Date.now()
    if (limitMs <= 0) break
    const { columns: found } = await findRows(database, table.name, {
      columns: [column],
      candidates,
      exact: false,
      cells,
      label: null,
      limitMs,
      ...(signal && { signal }),
    })
    for (const how of ['equal', 'prefix'] as const) {
      const matched = singles(found[0] as FoundRows, how)
      if (matched > best.matched) best = { ...best, match: { column, how, exact: false }, matched }
    }
  }
  return best
}

/** Files that fit one row and no other. */
function singles(found: FoundRows, how: 'equal' | 'prefix'): number {
  let count = 0
  for (const { rank, count: rows } of found.values()) if (rows === 1 && (how === 'prefix' || rank === WHOLE)) count += 1
  return count
}
