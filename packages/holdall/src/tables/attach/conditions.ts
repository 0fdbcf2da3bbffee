import type { FileIds } from '../filters.ts'
import { buildTableQuery, type TableQuery } from '../query.ts'
import type { Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'

/** The conditions of a list of rows: files go to no others. */
export interface List {
  readonly parameters: URLSearchParams
  readonly mayExecuteSql: boolean
  /** What the filters of files among the conditions mean. */
  readonly fileIds: FileIds
}

/** From where somebody came, and whether its conditions count. */
export interface AskedList {
  /** The query string of the table's page; absent where that showed all rows. */
  readonly list?: string | undefined
  readonly allRows?: boolean | undefined
}

export function queryOf(table: Table, list: List): TableQuery {
  return buildTableQuery({ table, ...list })
}

export function hasConditions({ filters, search, where }: TableQuery): boolean {
  return filters.length + where.length > 0 || search !== null
}

/** `from … where … and `, to which more conditions are added, with its parameters. */
export function rowsOf(table: Table, list: List): { sql: string; params: Readonly<Record<string, SqliteValue>> } {
  const { fromSql, fromParams } = queryOf(table, list)
  return { sql: `${fromSql}and `, params: fromParams }
}
