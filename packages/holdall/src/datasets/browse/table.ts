import type { Column, Table } from '../../tables/schema.ts'
import type { RowPlaces } from '../engine/engine.ts'
import type { Dataset } from '../records.ts'
import { affinityFor, valueKind } from './types.ts'

/** What the forms of tables go by, where the words of a DuckDB type would say something else to them. */
const SHOWN_TYPES: Readonly<Record<string, string>> = { nested: 'nested', bytes: 'bytes', text: 'text' }

/** A dataset as the pages and parameters of tables know tables: one without a key, of which nothing can be written. */
export function tableOf({ tableName, columns }: Pick<Dataset, 'tableName' | 'columns'>): Table {
  const all = columns.map(({ name, type, isRequired }): Column => {
    const kind = valueKind(type)
    return {
      name,
      type: SHOWN_TYPES[kind] ?? type,
      affinity: affinityFor(kind),
      notNull: isRequired,
      default: null,
      keyPosition: 0,
      hidden: 0,
    }
  })
  return {
    name: tableName,
    isView: true,
    isVirtual: false,
    hidden: false,
    columns: all,
    columnsByName: new Map(all.map((column) => [column.name, column])),
    primaryKeys: [],
    keys: [],
    rowid: null,
    keyMayBeNull: false,
    foreignKeys: [],
    incoming: [],
    ftsTable: null,
    labelColumn: null,
    sql: '',
    config: undefined,
  }
}

/** Names for where a row lies, and for what it is compared with, that no column of the dataset has. */
export interface OwnNames {
  readonly places: RowPlaces
  readonly last: string
}

export function ownNames({ columns }: Pick<Dataset, 'columns'>): OwnNames {
  const names = columns.map(({ name }) => name)
  const taken = new Set(names.map((name) => name.toLowerCase()))
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name)
  return {
    places: { file: free('holdall_file'), row: free('holdall_row'), columns: names },
    last: free('holdall_last'),
  }
}
