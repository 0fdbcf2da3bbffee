import { type DuckDBResult, DuckDBTypeId } from '@duckdb/node-api'
import { quoted } from './instance.ts'

const NESTED = new Set<DuckDBTypeId>([
  DuckDBTypeId.LIST,
  DuckDBTypeId.STRUCT,
  DuckDBTypeId.MAP,
  DuckDBTypeId.ARRAY,
  DuckDBTypeId.UNION,
])

/**
 * A SELECT with what is nested as JSON: in CSV, DuckDB would write it in a notation of its own.
 *
 * @param asked what it answers, with rows or without
 */
export function withJson(select: string, asked: DuckDBResult): string {
  const isNested = asked.columnTypes().map(({ typeId }) => NESTED.has(typeId))
  if (!isNested.includes(true)) return select
  const values = asked
    .columnNames()
    .map((name, at) => `${isNested[at] ? `to_json(answer.c${at})` : `answer.c${at}`} AS ${quoted(name)}`)
  return `SELECT ${values.join(', ')} FROM (${select}) AS answer(${isNested.map((_, at) => `c${at}`).join(', ')})`
}
