import type { FileColumn } from '../file-columns/settings.ts'
import type { Reference } from '../labels.ts'
import type { Table } from '../schema.ts'
import { isNumeric } from '../value.ts'

/**
 * What a column is to whoever filters by it: `year` is a number that says when, `row` a foreign key whose rows have
 * names, `any` a column of no type, which may hold numbers and texts.
 */
export type FilterKind = 'text' | 'number' | 'year' | 'date' | 'any' | 'row' | 'file' | 'data'

/** Names of columns that hold times, whatever their type. */
const TIMES = /(?:^|_)(?:year|date|day|time|on|at|born|died|since|until)(?:_|$)/i
const TIME_TYPES = /DATE|TIME/i

export interface Filterable {
  readonly table: Table
  readonly fileColumns: ReadonlyMap<string, FileColumn>
  readonly references: ReadonlyMap<string, Reference>
}

/** @param name of a column, or of the row id */
export function filterKind({ table, fileColumns, references }: Filterable, name: string): FilterKind {
  if (fileColumns.has(name)) return 'file'
  const reference = references.get(name)
  if (reference !== undefined && reference.labelColumn !== null) return 'row'
  const column = table.columnsByName.get(name)
  if (column === undefined) return 'number'
  if (TIME_TYPES.test(column.type)) return 'date'
  const isTime = TIMES.test(name)
  if (isNumeric(column.affinity)) return isTime ? 'year' : 'number'
  if (column.affinity === 'TEXT') return isTime ? 'date' : 'text'
  return column.type === '' ? 'any' : 'data'
}
