import type { ServedDatabase } from '../databases.ts'
import type { Column, Table } from '../schema.ts'
import type { List } from './conditions.ts'
import { GUESS_FILES, GUESS_LIMIT_MS, MAX_GUESSED } from './limits.ts'
import { type FoundRows, findRows } from './match.ts'
import { candidatesFor, type Match, WHOLE } from './names.ts'

/** A column by which so many of the files have a row of their own is the one that they were named after. */
const CERTAIN = 0.9

interface Guessed {
  readonly fileColumns: ReadonlySet<string>
  /** The column that the files are for. */
  readonly cells: string
  readonly list: List | undefined
  readonly signal: AbortSignal
}

/** How well a match serves: rows that get a file of their own count, then files that find one row and no other. */
interface Score {
  readonly rows: number
  readonly files: number
}

/** The columns that names of files can be compared with, the likeliest first. */
export function comparable(table: Table, fileColumns: ReadonlySet<string>): string[] {
  const { labelColumn } = table
  // Files are named after numbers of inventories more often than after titles.
  function first({ name, affinity, keyPosition }: Column): number {
    if (affinity === 'TEXT' && keyPosition > 0) return 0
    if (name === labelColumn) return 1
    return affinity === 'TEXT' ? 2 : keyPosition > 0 ? 3 : 4
  }
  return table.columns
    .filter(({ name, hidden, affinity }) => hidden !== 1 && affinity !== 'REAL' && !fileColumns.has(name))
    .sort((a, b) => first(a) - first(b))
    .map(({ name }) => name)
}

/**
 * The column, and the way, by which most rows get a file: all columns are tried in the same passes over
 * the table, as long as that takes no longer than `GUESS_LIMIT_MS`. Undefined for a table with nothing to compare.
 */
export async function guessMatch(
  database: ServedDatabase,
  table: Table,
  filenames: readonly string[],
  { fileColumns, cells, list, signal }: Guessed,
): Promise<Match | undefined> {
  const columns = comparable(table, fileColumns).slice(0, MAX_GUESSED)
  const [likeliest] = columns
  if (likeliest === undefined) return undefined
  const some = filenames.slice(0, GUESS_FILES)
  const candidates = await candidatesFor(some, { how: 'prefix', exact: false })
  const deadline = Date.now() + GUESS_LIMIT_MS
  let best: Match = { column: likeliest, how: 'equal', exact: false }
  let most: Score = { rows: 0, files: 0 }
  // One column at a time, so that each read stays as short as a match is.
  for (const [at, column] of columns.entries()) {
    // A table that is too long for all of them is looked through in part for each, not for the first alone.
    const limitMs = (deadline - Date.now()) / (columns.length - at)
    if (limitMs <= 0) break
    const found = await findRows(database, table.name, {
      column,
      candidates,
      exact: false,
      cells,
      label: null,
      list,
      limitMs,
      signal,
    })
    for (const [how, rank] of [
      ['equal', WHOLE],
      ['prefix', 0],
    ] as const) {
      const score = scoreOf(found.best(rank))
      if (score.rows < most.rows || (score.rows === most.rows && score.files <= most.files)) continue
      best = { column, how, exact: false }
      most = score
    }
    if (most.rows >= some.length * CERTAIN) break
  }
  return best
}

function scoreOf(found: FoundRows): Score {
  const rows = new Set<string>()
  let files = 0
  for (const { count, rows: named } of found.values()) {
    const [row] = named
    if (count !== 1 || row === undefined) continue
    files += 1
    rows.add(row[0])
  }
  return { rows: rows.size, files }
}
