import { identifier } from './identifiers.ts'
import type { LabelLookup } from './reader/protocol.ts'
import { type DatabaseSchema, type ForeignKey, findTable, type Table } from './schema.ts'

/** Where the values of a column lead. */
export interface Reference {
  /** The column of the table that refers. */
  readonly column: string
  readonly table: Table
  /** The column that is referred to. */
  readonly otherColumn: string
  readonly labelColumn: string | null
}

/** The foreign keys of a table that lead to a table that is there. */
export function referencesOf(schema: DatabaseSchema, table: Table): Reference[] {
  return table.foreignKeys.flatMap((key) => {
    const reference = resolve(schema, key)
    return reference ? [reference] : []
  })
}

function resolve(schema: DatabaseSchema, { column, otherTable, otherColumn }: ForeignKey): Reference | null {
  const table = findTable(schema, otherTable)
  if (!table || table.isView) return null
  const target = otherColumn ?? (table.primaryKeys.length === 1 ? (table.primaryKeys[0] as string) : null)
  return target === null ? null : { column, table, otherColumn: target, labelColumn: table.labelColumn }
}

/** How a reader finds the labels for one column of a page. */
export function labelLookup({ table, otherColumn, labelColumn }: Reference, column: number): LabelLookup {
  if (labelColumn === null) return { column, sql: null }
  const key = identifier(otherColumn)
  return {
    column,
    sql: `select ${key}, ${identifier(labelColumn)} from ${identifier(table.name)} where ${key} in (select value from json_each(:keys))`,
  }
}
