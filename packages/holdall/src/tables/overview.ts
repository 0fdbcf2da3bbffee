import type { ServedDatabase } from './databases.ts'
import { identifier } from './identifiers.ts'
import { COUNT_LIMIT } from './query.ts'
import type { Statement } from './reader/protocol.ts'
import type { DatabaseSchema, Table } from './schema.ts'

export interface TableSummary {
  readonly table: Table
  /** At most `COUNT_LIMIT + 1`; null when counting failed or took too long. */
  readonly count: number | null
  readonly countTruncated: boolean
}

export interface DatabaseSummary {
  readonly database: ServedDatabase
  readonly schema: DatabaseSchema
  /** Those the actor may see: by name, hidden ones last. */
  readonly tables: readonly TableSummary[]
  readonly views: readonly Table[]
}

export interface DescribeOptions {
  readonly mayView: (table: string) => boolean
  readonly signal?: AbortSignal
}

/**
 * The tables and views of a database with their counts, from one request to a reader.
 * @throws HoldallError what reading throws
 */
export async function describeDatabase(
  database: ServedDatabase,
  { mayView, signal }: DescribeOptions,
): Promise<DatabaseSummary> {
  const { schema, plan, results } = await database.read(
    (schema) => {
      const visible = [...schema.tables.values()].filter((table) => mayView(table.name))
      const tables = visible.filter((table) => !table.isView).sort(byHiddenAndName)
      return { tables, views: visible.filter((table) => table.isView), statements: tables.map(countStatement) }
    },
    { ...(signal && { signal }) },
  )
  return {
    database,
    schema,
    tables: plan.tables.map((table, index) => {
      const result = results[index]
      const count = !result || result.failure ? null : Number(result.rows[0]?.[0] ?? 0)
      return { table, count, countTruncated: count !== null && count > COUNT_LIMIT }
    }),
    views: plan.views,
  }
}

function countStatement(table: Table): Statement {
  return {
    sql: `select count(*) from (select 1 from ${identifier(table.name)} limit ${COUNT_LIMIT + 1})`,
    optional: true,
  }
}

function byHiddenAndName(a: Table, b: Table): number {
  if (a.hidden !== b.hidden) return a.hidden ? 1 : -1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}
