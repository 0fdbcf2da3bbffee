import type { Config } from '../../config/config.ts'
import type { ColumnTypes } from '../extras.ts'
import type { FileColumns } from './settings.ts'

/** The column types of a table as Datasette names them: what the file says, and the file columns of the runtime. */
export function createColumnTypes(
  config: Pick<Config, 'databases'>,
  fileColumns: Pick<FileColumns, 'of'>,
): (database: string, table: string) => Promise<ColumnTypes> {
  return async (database, table) => {
    const declared = Object.entries(config.databases[database]?.tables[table]?.columns ?? {}).flatMap(
      ([column, { columnType }]) =>
        columnType ? [[column, { type: columnType.type, config: columnType.config ?? null }]] : [],
    )
    const files = [...(await fileColumns.of(database, table)).keys()].map((column) => [
      column,
      { type: 'file', config: null },
    ])
    return Object.fromEntries([...declared, ...files])
  }
}
