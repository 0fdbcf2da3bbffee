import { HoldallError } from '../web/error.ts'
import { tildeDecode } from '../web/url.ts'
import type { JsonShape } from './cells.ts'
import type { ServedDatabase } from './databases.ts'
import { identifier, quoted } from './identifiers.ts'
import { decodeKey, encodeRowKey } from './keys.ts'
import { labelLookup, type Reference, referencesOf } from './labels.ts'
import type { Labels } from './page.ts'
import type { Statement, StatementResult } from './reader/protocol.ts'
import { type DatabaseSchema, findTable, type Table } from './schema.ts'
import { parseInteger, type SqliteValue } from './value.ts'

export interface RowOptions {
  /** Whether the actor may see another table; labels and linked rows come only from such. */
  readonly mayView: (table: string) => boolean
  readonly labels: boolean
  /** Count the rows of other tables that point to this one. */
  readonly linked: boolean
  /** Makes the row's JSON in this shape instead of its values. */
  readonly json?: (table: Table, columns: readonly string[]) => JsonShape
  readonly signal?: AbortSignal
}

/** Rows of another table whose foreign key points to the row. */
export interface LinkedRows {
  readonly otherTable: string
  readonly otherColumn: string
  /** Our column; null: the primary key. */
  readonly column: string | null
  /** What becomes of those rows when this one is deleted, in SQLite's words. */
  readonly onDelete: string
  /** Null when counting took too long. */
  readonly count: number | null
}

export interface RowPage {
  readonly schema: DatabaseSchema
  readonly table: Table
  readonly columns: readonly string[]
  /** Empty when JSON was asked for. */
  readonly row: readonly SqliteValue[]
  readonly rowJson: Buffer | null
  /** The names of what addresses the row: the primary key, or `rowid`. */
  readonly keyNames: readonly string[]
  /** The key as the address has it, decoded. */
  readonly keyValues: readonly string[]
  /** The last part of the row's address. */
  readonly rowKey: string
  readonly references: ReadonlyMap<string, Reference>
  /** By column name. */
  readonly labels: ReadonlyMap<string, Labels>
  readonly linked: readonly LinkedRows[]
  readonly sql: string
  readonly params: Readonly<Record<string, SqliteValue>>
}

/**
 * One row by the last part of its address.
 * @throws HoldallError `table_not_found`, `row_not_found`, `bad_request` and what reading throws
 */
export async function readRow(
  database: ServedDatabase,
  name: string,
  address: string,
  options: RowOptions,
): Promise<RowPage> {
  const read = await database.read((schema) => {
    const table = schema.tables.get(name)
    if (!table) throw new HoldallError('table_not_found', { name })
    return planRow(schema, table, address, options)
  })
  const { schema, plan, results } = read
  const [found, ...counts] = results as [StatementResult, ...StatementResult[]]
  if (found.rowCount === 0) throw new HoldallError('row_not_found')
  const { table, sql, params, references, linked, keyValues } = plan
  const keyStart = found.columns.length
  return {
    schema,
    table,
    columns: found.columns,
    row: (found.rows[0] ?? []).slice(0, keyStart),
    rowJson: found.json,
    keyNames: table.keys.map((key) => key.name),
    keyValues,
    rowKey: encodeRowKey(
      (found.last ?? []).slice(keyStart),
      table.keys.map((key) => key.affinity),
    ),
    references,
    labels: new Map([...found.labels].map(([column, pairs]) => [found.columns[column] as string, new Map(pairs)])),
    linked: linked.map((key, index) => {
      const counted = counts[index]
      return { ...key, count: counted?.failure ? null : Number(counted?.rows[0]?.[0] ?? 0) }
    }),
    sql,
    params,
  }
}

function planRow(schema: DatabaseSchema, table: Table, address: string, options: RowOptions) {
  const parts = address.split(',')
  if (table.keys.length === 0) throw new HoldallError('row_not_found')
  if (parts.length !== table.keys.length) {
    throw new HoldallError('bad_request', {
      reason: 'URL row identifier does not match the primary key for this table',
    })
  }
  const { condition, params } = rowCondition(table, parts)
  const from = `from ${identifier(table.name)} where ${condition}`
  const shown = table.columns.filter((column) => column.hidden !== 1).map((column) => column.name)
  const keyNames = table.keys.map((key) => identifier(key.sqlName))
  const showsRowid = table.primaryKeys.length === 0 && !table.columnsByName.has('rowid')
  const sql = `select ${showsRowid ? `${keyNames[0]}${keyNames[0] === 'rowid' ? '' : ' as rowid'}, *` : '*'} ${from}`
  const columns = showsRowid ? ['rowid', ...shown] : shown

  const references = new Map(
    referencesOf(schema, table)
      .filter((reference) => options.mayView(reference.table.name))
      .map((reference) => [reference.column, reference]),
  )
  const row: Statement = {
    // The key once more at the end, since a column of the table may hide the row id.
    sql: sql.replace('*', () =>
      ['*', ...keyNames.map((key, index) => `${key} as ${quoted(`key ${index}`)}`)].join(', '),
    ),
    params,
    limit: 1,
    hidden: keyNames.length,
    labels: options.labels
      ? columns.flatMap((column, index) => {
          const reference = references.get(column)
          return reference ? [labelLookup(reference, index)] : []
        })
      : [],
    ...(options.json && { json: options.json(table, columns) }),
  }
  const linked = options.linked ? linkedTables(schema, table, options) : []
  const counts = linked.map((key): Statement => {
    const value = `select ${identifier(key.column ?? (table.primaryKeys[0] as string))} ${from}`
    return {
      sql: `select count(*) from ${identifier(key.otherTable)} where ${identifier(key.otherColumn)} = (${value})`,
      params,
      optional: true,
    }
  })
  return {
    table,
    sql,
    params,
    references,
    linked,
    keyValues: parts.map(tildeDecode),
    statements: [row, ...counts],
    options: { short: counts.length === 0 && !table.isVirtual, ...(options.signal && { signal: options.signal }) },
  }
}

function linkedTables(schema: DatabaseSchema, table: Table, { mayView }: RowOptions) {
  if (table.primaryKeys.length !== 1) return []
  return table.incoming.filter((key) => {
    const other = findTable(schema, key.otherTable)
    return other !== undefined && mayView(other.name) && (key.column === null || table.columnsByName.has(key.column))
  })
}

/**
 * What picks the row of an address.
 * @throws HoldallError `row_not_found` for an address that nothing can have
 */
export function rowCondition(
  table: Pick<Table, 'keys'>,
  parts: readonly string[],
): { condition: string; params: Record<string, SqliteValue> } {
  const params: Record<string, SqliteValue> = {}
  const conditions = table.keys.map((key, index) => {
    const part = parts[index] ?? ''
    const name = `p${index}`
    const column = quoted(key.sqlName)
    if (part.startsWith('$')) {
      const decoded = decodeKey(part, key.affinity)
      if (decoded === null) throw new HoldallError('row_not_found')
      if (decoded.value === null) return `${column} is null`
      params[name] = decoded.value
      return `${column}=:${name}`
    }
    // As text: the column's affinity makes of it what it made of the stored value.
    const text = tildeDecode(part)
    params[name] = text
    const number = key.affinity === 'NONE' ? parseInteger(text) : null
    if (number === null) return `${column}=:${name}`
    params[`${name}_number`] = number
    return `${column} in (:${name}, :${name}_number)`
  })
  return { condition: conditions.join(' AND '), params }
}
