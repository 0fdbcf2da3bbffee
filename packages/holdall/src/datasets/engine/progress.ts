import type { DuckDBConnection } from '@duckdb/node-api'
import type { Told } from './jobs.ts'

const EVERY_MS = 250

/**
 * Tells how far a connection's statement is, as DuckDB itself counts: by the rows that it has read of those that it has to
 * read. While it does not know nothing is told, and never less than before.
 *
 * @returns what ends it
 */
export function watchProgress(connection: DuckDBConnection, tell: (told: Told) => void): () => void {
  let most = 0
  const timer = setInterval(() => {
    const percentage = Math.floor(connection.progress.percentage * 10) / 10
    if (percentage <= most || percentage > 100) return
    most = percentage
    tell({ percentage })
  }, EVERY_MS)
  return () => clearInterval(timer)
}
