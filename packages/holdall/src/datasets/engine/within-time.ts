import type { DuckDBConnection } from '@duckdb/node-api'

/** The query took longer than it may. */
export class TimeIsUp extends Error {}

/** Between two statements there is nothing to interrupt, so it is said again. */
const REPEAT_MS = 50

/** @throws TimeIsUp when `work` failed after it was interrupted, and what it throws before */
export async function withinTime<T>(
  connection: DuckDBConnection,
  timeoutMs: number,
  work: () => Promise<T>,
): Promise<T> {
  let late = false
  let again: NodeJS.Timeout | undefined
  const timer = setTimeout(() => {
    late = true
    connection.interrupt()
    again = setInterval(() => connection.interrupt(), REPEAT_MS)
  }, timeoutMs)
  try {
    return await work()
  } catch (error) {
    throw late ? new TimeIsUp(undefined, { cause: error }) : error
  } finally {
    clearTimeout(timer)
    clearInterval(again)
  }
}
