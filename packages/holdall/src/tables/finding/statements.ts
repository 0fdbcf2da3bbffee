import { identifier, quoted } from '../identifiers.ts'
import type { Statement } from '../reader/protocol.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import { readSearch, searchedColumns, searchTableOf, searchWords, textColumns } from '../search.ts'
import type { SqliteValue } from '../value.ts'
import { CELL_BEFORE, CELL_READ, MAX_COUNTED, ROWS_AT_ONCE } from './limits.ts'

/** Where a row is: its row id, or its key where it has none. */
export type Place = readonly SqliteValue[]

/** Whether a search among all tables looks into this one: not into views, whose rows are those of tables and have no page. */
export function isSearched(table: Table): boolean {
  if (table.isView || table.hidden || table.keys.length === 0) return false
  return searchTableOf(table) !== null || textColumns(table).length > 0
}

/** The columns that tell rows apart, as SQL calls them. */
function placeColumns({ rowid, keys }: Table): readonly string[] {
  return rowid === null ? keys.map(({ sqlName }) => sqlName) : [rowid]
}

/** The rows that the full-text table knows, one after the other, so that what stands everywhere is not gathered first. */
export function fullTextStatements(table: Table, q: string): Statement[] {
  const full = searchTableOf(table)
  if (full === null || readSearch(table, parametersFor(q)) === null) return []
  const name = identifier(full)
  const key = identifier(table.config?.fts_pk ?? table.rowid ?? 'rowid')
  const shown = placeColumns(table).map((column) => `held.${identifier(column)}`)
  return [
    {
      sql: `select ${shown.join(', ')}
        from (select rowid as place from ${name} where ${name} match escape_fts(:search)) as hits
        cross join ${identifier(table.name)} as held on held.${key} = hits.place limit ${MAX_COUNTED + 1}`,
      params: { search: q },
      optional: true,
    },
  ]
}

/** What the table's own search asks for, its words quoted whatever the configuration says. */
function parametersFor(q: string): URLSearchParams {
  return new URLSearchParams({ _search: q, _searchmode: 'escaped' })
}

/**
 * The next rows of a table without a full-text table, in two statements: where they end, which is no row where the table
 * ends, and the places of those that hold all words.
 *
 * @param after the place before them; null at the beginning
 */
export function windowStatements(table: Table, q: string, after: Place | null, wanted: number): Statement[] {
  const search = readSearch(table, parametersFor(q))
  if (search === null) return []
  const columns = placeColumns(table)
  const place = columns.map(identifier).join(', ')
  const at = Object.fromEntries((after ?? []).map((value, index) => [`at_${index}`, value]))
  const behind = after === null ? '' : `where (${place}) > (${columns.map((_, index) => `:at_${index}`).join(', ')}) `
  const from = `from ${identifier(table.name)} ${behind}order by ${place}`
  // No column of anybody's begins with a space.
  const named = columns.map((_, index) => quoted(` place ${index}`))
  const inner = [
    ...columns.map((column, index) => `${identifier(column)} as ${named[index]}`),
    ...textColumns(table).map(identifier),
  ]
  return [
    { sql: `select ${place} ${from} limit 1 offset ${ROWS_AT_ONCE - 1}`, params: at, optional: true },
    {
      sql: `select ${named.join(', ')} from (select ${inner.join(', ')} ${from} limit ${ROWS_AT_ONCE})
        where ${search.conditions.join(' and ')} limit ${wanted}`,
      params: { ...at, ...search.params },
      optional: true,
    },
  ]
}

/** The columns in which the words of a row may be seen. */
export function shownColumns(schema: DatabaseSchema, table: Table): readonly string[] {
  const searched = searchedColumns(schema, table).filter((name) => table.columnsByName.has(name))
  // A full-text table that is not of this table's columns: what it found may be in any of its texts.
  return searched.length > 0 ? searched : textColumns(table)
}

/** The place of each row, its key, its label or null, and the beginnings of what may hold the words. */
export function rowStatement(schema: DatabaseSchema, table: Table, q: string, places: readonly Place[]): Statement {
  const columns = placeColumns(table)
  const label = labelColumnOf(table)
  const shown = [
    ...[...columns, ...table.keys.map(({ sqlName }) => sqlName)].map(identifier),
    label === null ? 'null' : identifier(label),
    ...shownColumns(schema, table).map((column) => cellSql(identifier(column))),
  ]
  const params: Record<string, SqliteValue> = { word: searchWords(q)[0] ?? '' }
  const conditions = places.map((place, row) => {
    const parts = columns.map((column, index) => {
      const name = `row_${row}_${index}`
      params[name] = place[index] ?? null
      return `${identifier(column)} = :${name}`
    })
    return `(${parts.join(' and ')})`
  })
  return {
    sql: `select ${shown.join(', ')} from ${identifier(table.name)} where ${conditions.join(' or ')}`,
    params,
    optional: true,
  }
}

/** How many values of such a row come before its cells. */
export function cellsFrom(table: Table): { readonly keys: number; readonly cells: number } {
  const keys = placeColumns(table).length
  return { keys, cells: keys + table.keys.length + 1 }
}

/** The column that names a row, if the table has it: a configuration may name any. */
export function labelColumnOf({ labelColumn, columnsByName }: Table): string | null {
  return labelColumn !== null && columnsByName.has(labelColumn) ? labelColumn : null
}

/** Of a long text the part around the first word. */
function cellSql(column: string): string {
  return `case when typeof(${column}) <> 'text' then null when length(${column}) <= ${CELL_READ} then ${column}
    else substr(${column}, max(1, instr(lower(${column}), lower(:word)) - ${CELL_BEFORE}), ${CELL_READ}) end`
}
