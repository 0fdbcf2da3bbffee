import type { UnsearchedTable } from '../../files/found-rows.ts'
import { HoldallError } from '../../web/error.ts'
import type { ServedDatabase } from '../databases.ts'
import type { StatementResult } from '../reader/protocol.ts'
import type { Table } from '../schema.ts'
import { searchTableOf } from '../search.ts'
import { MAX_COUNTED, MAX_LOOKED_THROUGH, ROWS_AT_ONCE } from './limits.ts'
import { fullTextStatements, type Place, windowStatements } from './statements.ts'

/** How far the search of one table has come. */
export interface Progress {
  readonly database: ServedDatabase
  readonly table: Table
  readonly places: Place[]
  /** The last row that was looked through; null where none was. */
  at: Place | null
  rowsSearched: number
  begun: boolean
  /** Undefined while there is more to look through; null: everything that was to be searched was. */
  ended: UnsearchedTable['reason'] | null | undefined
}

export function beginning(database: ServedDatabase, table: Table): Progress {
  return { database, table, places: [], at: null, rowsSearched: 0, begun: false, ended: undefined }
}

/** Goes on with one table: all of it where there is a full-text table, else its next rows. Throws nothing. */
export async function goOn(progress: Progress, q: string, signal: AbortSignal): Promise<void> {
  try {
    if (searchTableOf(progress.table) === null) await lookThrough(progress, q, signal)
    else await askFullText(progress, q, signal)
    progress.begun = true
  } catch (error) {
    progress.ended = isLate(error) ? 'time' : 'error'
  }
}

async function askFullText(progress: Progress, q: string, signal: AbortSignal): Promise<void> {
  const { database, table, places } = progress
  const { results } = await database.read(
    (schema) => ({ statements: fullTextStatements(schema.tables.get(table.name) ?? table, q) }),
    { signal },
  )
  if (!take(progress, results)) return
  places.push(...(results[0]?.rows ?? []))
  progress.ended = null
}

async function lookThrough(progress: Progress, q: string, signal: AbortSignal): Promise<void> {
  const { database, table, places, at } = progress
  const wanted = MAX_COUNTED + 1 - places.length
  const { results } = await database.read(
    (schema) => ({ statements: windowStatements(schema.tables.get(table.name) ?? table, q, at, wanted) }),
    { short: true, signal },
  )
  if (!take(progress, results)) return
  const [end, found] = results
  places.push(...(found?.rows ?? []))
  const last = end?.rows[0]
  if (last === undefined || places.length > MAX_COUNTED) {
    progress.ended = null
    return
  }
  progress.at = last
  progress.rowsSearched += ROWS_AT_ONCE
  if (progress.rowsSearched >= MAX_LOOKED_THROUGH) progress.ended = 'size'
}

/** Whether every statement ran. */
function take(progress: Progress, results: readonly StatementResult[]): boolean {
  const failure = results.find((result) => result.failure !== null)?.failure
  if (failure) progress.ended = failure.reason === 'timeout' ? 'time' : 'error'
  return !failure
}

const LATE: ReadonlySet<string> = new Set(['request_aborted', 'sql_time_limit', 'database_busy'])

function isLate(error: unknown): boolean {
  return error instanceof HoldallError && LATE.has(error.code)
}
