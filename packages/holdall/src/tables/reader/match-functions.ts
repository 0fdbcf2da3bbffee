import type { DatabaseSync } from 'node:sqlite'
import { encodeRowKey } from '../keys.ts'
import { nameKey } from '../name-key.ts'
import type { Affinity, SqliteValue } from '../value.ts'

/** Rows that one file is offered, where several fit equally well. */
export const MAX_ROWS_FOR_FILE = 20

/** The rows whose value fits a name best: as many of them as there are, and the first of them by their addresses. */
export interface BestRows {
  /** How much of the name fits; the larger the better. */
  readonly rank: number
  readonly count: number
  readonly rows: readonly (readonly [address: string, label: string | null, cell: string | null])[]
}

type Gathered = { rank: number; count: number; rows: [string, string | null, string | null][] }

/** What matching names of files to rows takes beyond SQLite's own functions. All of it only computes. */
export function addMatchFunctions(database: DatabaseSync): void {
  const pure = { deterministic: true, directOnly: true } as const
  database.function('name_key', pure, (value: unknown, exact: unknown) => nameKey(value, Number(exact) === 1))
  // The affinities of the key as JSON, then its values.
  database.function(
    'row_address',
    { ...pure, varargs: true, useBigIntArguments: true },
    (affinities: unknown, ...key: unknown[]) =>
      encodeRowKey(key as SqliteValue[], JSON.parse(String(affinities)) as Affinity[]),
  )
  database.aggregate('best_rows', {
    directOnly: true,
    start: (): Gathered => ({ rank: -1, count: 0, rows: [] }),
    step(gathered: Gathered, rank: unknown, address: unknown, label: unknown, cell: unknown): Gathered {
      if (Number(rank) < gathered.rank) return gathered
      const kept = Number(rank) > gathered.rank ? { rank: Number(rank), count: 0, rows: [] } : gathered
      kept.count += 1
      if (kept.rows.length < MAX_ROWS_FOR_FILE) kept.rows.push([String(address), textOf(label), textOf(cell)])
      return kept
    },
    result: (gathered: Gathered) => JSON.stringify(gathered),
  } as unknown as Parameters<DatabaseSync['aggregate']>[1])
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? '' : String(value)
}
