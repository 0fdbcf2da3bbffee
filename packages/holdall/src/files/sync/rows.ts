import { CompiledQuery, type Transaction } from 'kysely'
import type { Schema } from '../../database/schema.ts'

/** The larger first: few statements for many rows, and few lengths, so that each is prepared once. */
const ROWS_AT_ONCE = [1_000, 100, 10, 1] as const

export type Value = string | number | null

/**
 * Runs a statement over rows as a table `n`. Their values are bound, as SQLite takes longer to get them out of JSON.
 *
 * @param columns of `n`
 * @param statement what follows the definition of `n`
 * @param parameters of the statement
 * @returns how many rows it changed
 */
export async function runOver(
  trx: Transaction<Schema>,
  columns: readonly string[],
  rows: readonly (readonly Value[])[],
  statement: string,
  parameters: readonly Value[],
): Promise<number> {
  const row = `(${columns.map(() => '?').join()})`
  let changed = 0
  let at = 0
  for (const length of ROWS_AT_ONCE) {
    if (rows.length - at < length) continue
    const text = `WITH n (${columns.join()}) AS (VALUES ${Array(length).fill(row).join()}) ${statement}`
    for (; rows.length - at >= length; at += length) {
      const values = rows.slice(at, at + length).flat()
      const { numAffectedRows = 0n } = await trx.executeQuery(CompiledQuery.raw(text, [...values, ...parameters]))
      changed += Number(numAffectedRows)
    }
  }
  return changed
}
