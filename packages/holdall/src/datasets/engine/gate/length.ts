import { QueryRefusal } from './refusal.ts'

/** Of SQL, in bytes of UTF-8: DuckDB plans what is much longer for minutes, and cannot be interrupted meanwhile. */
export const MAX_SQL_BYTES = 65_536

/** @throws QueryRefusal */
export function assertLength(sql: string): void {
  const bytes = Buffer.byteLength(sql)
  if (bytes > MAX_SQL_BYTES) throw new QueryRefusal(`It is ${bytes} bytes long; at most ${MAX_SQL_BYTES} are taken.`)
}
