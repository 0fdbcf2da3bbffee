import type { DatabaseConfig, TableConfig } from '../config/config.ts'
import type { RawObject, RawSchema } from './reader/introspect.ts'
import { contentTableOf, isFullText, isHiddenName, SPATIAL_TABLES } from './special-tables.ts'
import { type Affinity, affinityOf } from './value.ts'

export interface Column {
  readonly name: string
  /** As it was declared, `''` when it was not. */
  readonly type: string
  readonly affinity: Affinity
  readonly notNull: boolean
  /** The SQL of the default, or null. */
  readonly default: string | null
  /** Place in the primary key, from 1; 0 outside of it. */
  readonly keyPosition: number
  /** As SQLite counts: 0 ordinary, 1 hidden in a virtual table, 2 generated, 3 generated and stored. */
  readonly hidden: number
}

/** A column that is part of what addresses a row: of the primary key, or the row id. */
export interface KeyColumn {
  /** What the column is called in results. */
  readonly name: string
  /** What SQL calls it; differs from `name` for a row id whose usual name is taken. */
  readonly sqlName: string
  readonly affinity: Affinity
}

export interface ForeignKey {
  readonly column: string
  readonly otherTable: string
  /** Null: the other table's primary key. */
  readonly otherColumn: string | null
  /** What becomes of the row when the one that it refers to is deleted, in SQLite's words: `NO ACTION`, `CASCADE`. */
  readonly onDelete: string
}

export interface Table {
  readonly name: string
  readonly isView: boolean
  readonly isVirtual: boolean
  readonly hidden: boolean
  readonly columns: readonly Column[]
  readonly columnsByName: ReadonlyMap<string, Column>
  /** Names of the declared primary key, in its order; empty without one. */
  readonly primaryKeys: readonly string[]
  /** What addresses a row: the primary key, else the row id; nothing for a view. */
  readonly keys: readonly KeyColumn[]
  /** What SQL calls the row id; null for views, WITHOUT ROWID tables and tables that took all of its names. */
  readonly rowid: string | null
  /** A part of the primary key may be NULL, so that several rows can share one: SQLite allows it. */
  readonly keyMayBeNull: boolean
  /** Foreign keys of one column, as they were declared. */
  readonly foreignKeys: readonly ForeignKey[]
  /** Foreign keys of other tables that point here: `column` is ours (null: the primary key). */
  readonly incoming: readonly {
    readonly otherTable: string
    readonly otherColumn: string
    readonly column: string | null
    readonly onDelete: string
  }[]
  readonly ftsTable: string | null
  readonly labelColumn: string | null
  /** The SQL that made it, and its indexes. */
  readonly sql: string
  readonly config: TableConfig | undefined
}

export interface DatabaseSchema {
  readonly version: number
  /** Tables and views by name, in the order of their names. */
  readonly tables: ReadonlyMap<string, Table>
}

/** Makes sense of what a reader found, with what the configuration adds. */
export function buildSchema(raw: RawSchema, config: DatabaseConfig): DatabaseSchema {
  const objects = new Map(raw.objects.map((object) => [object.name, object]))
  const spatial = objects.has('geometry_columns')
  const incoming = incomingKeys(raw.objects)
  const tables = raw.objects.map((object): [string, Table] => {
    const table = config.tables[object.name]
    const columns = object.columns.map((column) => ({ ...column, affinity: affinityOf(column.type, object.strict) }))
    const primaryKeys = columns.filter((column) => column.keyPosition > 0).sort((a, b) => a.keyPosition - b.keyPosition)
    const isView = object.type === 'view'
    const rowid = isView || object.withoutRowid ? null : rowidName(columns)
    return [
      object.name,
      {
        name: object.name,
        isView,
        isVirtual: object.kind === 'virtual',
        hidden: table?.hidden === true || (!isView && isHidden(object, spatial)),
        columns,
        columnsByName: new Map(columns.map((column) => [column.name, column])),
        primaryKeys: primaryKeys.map((column) => column.name),
        keys:
          primaryKeys.length > 0
            ? primaryKeys.map(({ name, affinity }) => ({ name, sqlName: name, affinity }))
            : rowid === null
              ? []
              : [{ name: 'rowid', sqlName: rowid, affinity: 'INTEGER' }],
        rowid,
        keyMayBeNull: rowid !== null && keyMayBeNull(primaryKeys),
        foreignKeys: outgoingKeys(object),
        incoming: incoming.get(object.name) ?? [],
        ftsTable: fullTextTableOf(object.name, raw.objects),
        labelColumn: table?.label_column ?? labelColumn(object, columns),
        sql: [object.sql ?? '', ...object.indexes].map((sql) => `${sql};`).join('\n'),
        config: table,
      },
    ]
  })
  return { version: raw.schemaVersion, tables: new Map(tables) }
}

/** A table by a name as SQLite compares names: without regard to ASCII case. */
export function findTable(schema: DatabaseSchema, name: string): Table | undefined {
  const exact = schema.tables.get(name)
  if (exact) return exact
  const wanted = name.toLowerCase()
  for (const table of schema.tables.values()) if (table.name.toLowerCase() === wanted) return table
  return undefined
}

function rowidName(columns: readonly { name: string }[]): string | null {
  const taken = new Set(columns.map((column) => column.name.toLowerCase()))
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null
}

/** Only `INTEGER PRIMARY KEY` and declared NOT NULLs are free of NULLs in a table with row ids. */
function keyMayBeNull(keys: readonly Column[]): boolean {
  if (keys.length === 1 && keys[0]?.type.toUpperCase() === 'INTEGER') return false
  return keys.some((column) => !column.notNull)
}

function isHidden(object: RawObject, spatial: boolean): boolean {
  if (isHiddenName(object.name) || object.kind === 'shadow') return true
  if (spatial && (SPATIAL_TABLES.has(object.name) || object.name.startsWith('idx_'))) return true
  return isFullText(object.sql) && /content\s*=/i.test(object.sql ?? '')
}

/** Foreign keys of several columns are left out: no single cell can link to their row. */
function outgoingKeys({ foreignKeys }: RawObject): ForeignKey[] {
  return foreignKeys
    .filter(({ id }) => foreignKeys.filter((other) => other.id === id).length === 1)
    .map(({ column, table, to, onDelete }) => ({ column, otherTable: table, otherColumn: to, onDelete }))
}

function incomingKeys(objects: readonly RawObject[]) {
  const incoming = new Map<
    string,
    { otherTable: string; otherColumn: string; column: string | null; onDelete: string }[]
  >()
  for (const object of objects) {
    for (const { column, otherTable, otherColumn, onDelete } of outgoingKeys(object)) {
      const keys = incoming.get(otherTable) ?? []
      keys.push({ otherTable: object.name, otherColumn: column, column: otherColumn, onDelete })
      incoming.set(otherTable, keys)
    }
  }
  for (const keys of incoming.values()) keys.sort(byNames)
  return incoming
}

function byNames(
  a: { otherTable: string; otherColumn: string },
  b: { otherTable: string; otherColumn: string },
): number {
  return compare(a.otherTable, b.otherTable) || compare(a.otherColumn, b.otherColumn)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The full-text table whose content is this table; a full-text table searches itself. */
function fullTextTableOf(name: string, objects: readonly RawObject[]): string | null {
  const own = objects.find((object) => object.name === name)
  if (own && isFullText(own.sql)) return name
  return objects.find((object) => isFullText(object.sql) && contentTableOf(object.sql) === name)?.name ?? null
}

/**
 * The column that names a row, as Datasette finds it: the only unique text column; else `name` or `title`; else the other
 * column of a table with two, one of which is `id` or `pk`.
 */
function labelColumn(object: RawObject, columns: readonly Column[]): string | null {
  const unique = columns.filter(({ name, affinity }) => affinity === 'TEXT' && object.uniqueColumns.includes(name))
  if (unique.length === 1) return unique[0]?.name ?? null
  const named = columns.find(({ name }) => ['name', 'title'].includes(name.toLowerCase()))
  if (named) return named.name
  const names = columns.map(({ name }) => name)
  const keys = names.filter((name) => name === 'id' || name === 'pk')
  if (names.length === 2 && keys.length === 1) return names.find((name) => name !== keys[0]) ?? null
  return null
}
