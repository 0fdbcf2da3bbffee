import type { Connection } from './connection.ts'

type Cell = string | bigint | number | null
type Row = Cell[]

/** What a database says of itself, as it travels; `schema.ts` makes sense of it. */
export interface RawSchema {
  readonly schemaVersion: number
  readonly objects: readonly RawObject[]
}

export interface RawObject {
  readonly type: 'table' | 'view'
  readonly name: string
  readonly sql: string | null
  /** From `PRAGMA table_list`: table, view, virtual or shadow. */
  readonly kind: string
  readonly withoutRowid: boolean
  readonly strict: boolean
  readonly columns: readonly RawColumn[]
  readonly foreignKeys: readonly RawForeignKey[]
  /** The columns of every unique index that has just one column. */
  readonly uniqueColumns: readonly string[]
  /** The SQL of indexes that were made by name. */
  readonly indexes: readonly string[]
}

export interface RawColumn {
  readonly name: string
  readonly type: string
  readonly notNull: boolean
  readonly default: string | null
  readonly keyPosition: number
  readonly hidden: number
}

export interface RawForeignKey {
  readonly id: number
  readonly column: string
  readonly table: string
  readonly to: string | null
  /** `NO ACTION`, `RESTRICT`, `SET NULL`, `SET DEFAULT`, `CASCADE` */
  readonly onDelete: string
}

/** Reads the schema. Tables that cannot be read (a missing module, a broken view) have no columns. */
export function introspect(connection: Connection): RawSchema {
  return connection.snapshot((schemaVersion) => {
    const all = (sql: string, ...params: string[]) => connection.prepare(sql).all(...params) as unknown as Row[]
    function tolerant(sql: string, ...params: string[]): Row[] {
      try {
        return all(sql, ...params)
      } catch {
        return []
      }
    }
    const kinds = new Map(
      tolerant("SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'").map(
        ([name, kind, withoutRowid, strict]) => [name, { kind, withoutRowid, strict }] as const,
      ),
    )
    const objects = all("SELECT type, name, sql FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name").map(
      ([type, name, sql]): RawObject => {
        const table = String(name)
        const kind = kinds.get(table)
        return {
          type: type as 'table' | 'view',
          name: table,
          sql: sql as string | null,
          kind: String(kind?.kind ?? type),
          withoutRowid: Number(kind?.withoutRowid ?? 0) === 1,
          strict: Number(kind?.strict ?? 0) === 1,
          columns: tolerant(
            'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)',
            table,
          ).map(([column, declared, notNull, value, position, hidden]) => ({
            name: String(column),
            type: String(declared ?? ''),
            notNull: Number(notNull) !== 0,
            default: value === null || value === undefined ? null : String(value),
            keyPosition: Number(position),
            hidden: Number(hidden),
          })),
          foreignKeys: tolerant(
            'SELECT id, "from", "table", "to", on_delete FROM pragma_foreign_key_list(?)',
            table,
          ).map(([id, from, other, to, onDelete]) => ({
            id: Number(id),
            column: String(from),
            table: String(other),
            to: to === null || to === undefined ? null : String(to),
            onDelete: String(onDelete),
          })),
          uniqueColumns: tolerant(
            `SELECT max(i.name) FROM pragma_index_list(?) l, pragma_index_info(l.name) i
             WHERE l."unique" = 1 GROUP BY l.name HAVING count(*) = 1 AND max(i.name) IS NOT NULL`,
            table,
          ).map(([column]) => String(column)),
          indexes: tolerant(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
            table,
          ).map(([text]) => String(text)),
        }
      },
    )
    return { schemaVersion, objects }
  })
}
