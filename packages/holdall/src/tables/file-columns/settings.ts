import { CompiledQuery } from 'kysely'
import type { Config } from '../../config/config.ts'
import type { InternalDatabase } from '../../database/internal.ts'

/** What the cells of a file column may hold, and who says so. */
export interface FileColumn {
  /** Where new files go; files that are there already may come from any source. */
  readonly source?: string
  readonly multiple: boolean
  /** Types such as `image/*` and extensions such as `.pdf`, in lower case; empty for everything. */
  readonly accept: readonly string[]
  /** Bytes. */
  readonly maxSize?: number
  /** Said by the configuration file, and so not to be changed at runtime. */
  readonly declared: boolean
}

export type FileColumnSettings = Omit<FileColumn, 'declared'>

/** The file columns of the served tables: what the configuration file says, and where it is silent, what was set at runtime. */
export interface FileColumns {
  /** By column name. A column that the table does not have, or that is no text, may be among them. */
  of(database: string, table: string): Promise<ReadonlyMap<string, FileColumn>>
  /** Every table with a file column, by database and table. */
  tables(): Promise<readonly { database: string; table: string; columns: ReadonlyMap<string, FileColumn> }[]>
  /** Keeps settings at runtime; null ends a column's being a file column. What the file declares stays as it is. */
  save(database: string, table: string, changes: ReadonlyMap<string, FileColumnSettings | null>): Promise<void>
}

const KEYS = ['file_column', 'file_source', 'file_multiple', 'file_accept', 'file_max_size'] as const

// Every table page asks this, and building the query would cost more than running it.
const OF_TABLE = `SELECT database_name, resource_name, column_name, key, value FROM metadata_columns
  WHERE database_name = ? AND resource_name = ? AND key IN (${KEYS.map((key) => `'${key}'`).join(', ')})`

interface KeptRow {
  readonly database_name: string
  readonly resource_name: string
  readonly column_name: string
  readonly key: string
  readonly value: string | null
}

export function createFileColumns(config: Config, internal: InternalDatabase): FileColumns {
  function merge(database: string, table: string, rows: readonly KeptRow[]): Map<string, FileColumn> {
    const columns = kept(rows)
    const declared = config.databases[database]?.tables[table]?.columns ?? {}
    for (const [column, { fileColumn }] of Object.entries(declared)) {
      if (fileColumn) columns.set(column, { ...fileColumn, declared: true })
    }
    return columns
  }

  return {
    async of(database, table) {
      const { rows } = await internal.read.executeQuery(
        CompiledQuery.raw(OF_TABLE, [database, table]) as CompiledQuery<KeptRow>,
      )
      return merge(database, table, rows)
    },

    async tables() {
      const rows = await internal.read.selectFrom('metadata_columns').selectAll().where('key', 'in', KEYS).execute()
      const byTable = new Map<string, { database: string; table: string; rows: KeptRow[] }>()
      function at(database: string, table: string) {
        const key = JSON.stringify([database, table])
        const known = byTable.get(key) ?? { database, table, rows: [] }
        byTable.set(key, known)
        return known
      }
      for (const row of rows) at(row.database_name, row.resource_name).rows.push(row)
      for (const { name, tables } of Object.values(config.databases)) {
        for (const table of Object.keys(tables)) at(name, table)
      }
      return [...byTable.values()]
        .map(({ database, table, rows }) => ({ database, table, columns: merge(database, table, rows) }))
        .filter(({ columns }) => columns.size > 0)
    },

    save(database, table, changes) {
      const rows = [...changes].flatMap(([column, settings]) =>
        settings === null
          ? []
          : entriesOf(settings).map(([key, value]) => ({
              database_name: database,
              resource_name: table,
              column_name: column,
              key,
              value,
            })),
      )
      return internal.write(async (trx) => {
        await trx
          .deleteFrom('metadata_columns')
          .where('database_name', '=', database)
          .where('resource_name', '=', table)
          .where('column_name', 'in', [...changes.keys()])
          .where('key', 'in', KEYS)
          .execute()
        if (rows.length > 0) await trx.insertInto('metadata_columns').values(rows).execute()
      })
    },
  }
}

function entriesOf(settings: FileColumnSettings): [key: string, value: string][] {
  const entries: [string, string][] = [['file_column', 'true']]
  if (settings.source !== undefined) entries.push(['file_source', settings.source])
  if (settings.multiple) entries.push(['file_multiple', 'true'])
  if (settings.accept.length > 0) entries.push(['file_accept', settings.accept.join(', ')])
  if (settings.maxSize !== undefined) entries.push(['file_max_size', String(settings.maxSize)])
  return entries
}

function kept(rows: readonly KeptRow[]): Map<string, FileColumn> {
  const byColumn = new Map<string, Map<string, string>>()
  for (const { column_name, key, value } of rows) {
    const keys = byColumn.get(column_name) ?? new Map<string, string>()
    byColumn.set(column_name, keys)
    if (value !== null) keys.set(key, value)
  }
  const columns = new Map<string, FileColumn>()
  for (const [column, keys] of byColumn) {
    if (keys.get('file_column') !== 'true') continue
    const source = keys.get('file_source')
    const maxSize = Number(keys.get('file_max_size'))
    columns.set(column, {
      ...(source !== undefined && { source }),
      multiple: keys.get('file_multiple') === 'true',
      accept: (keys.get('file_accept') ?? '').split(',').flatMap((entry) => entry.trim() || []),
      ...(maxSize > 0 && { maxSize }),
      declared: false,
    })
  }
  return columns
}
