import type { DatabaseSync } from 'node:sqlite'
import { encodeRowKey } from '../keys.ts'
import { nameKey } from '../name-key.ts'
import type { Affinity, SqliteValue } from '../value.ts'

/** Rows that are named for one value, where several have it. */
export const MAX_ROWS_NAMED = 20

export type NamedRow = readonly [address: string, label: string | null, cell: string | null]

/** The rows that have a value: how many, and the first of them. */
export interface RowsOfValue {
  readonly count: number
  readonly rows: readonly NamedRow[]
}

type Gathered = { count: number; rows: NamedRow[] }

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
  database.aggregate('first_rows', {
    directOnly: true,
    start: (): Gathered => ({ count: 0, rows: [] }),
    step(gathered: Gathered, address: unknown, label: unknown, cell: unknown): Gathered {
      gathered.count += 1
      if (gathered.count <= MAX_ROWS_NAMED) gathered.rows.push([String(address), textOf(label), textOf(cell)])
      return gathered
    },
    result: (gathered: Gathered) => JSON.stringify(gathered satisfies RowsOfValue),
  } as unknown as Parameters<DatabaseSync['aggregate']>[1])
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  return typeof value === 'object' ? '' : String(value)
}
