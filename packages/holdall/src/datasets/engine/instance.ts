import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { RowPlaces } from './jobs.ts'
import type { EngineSettings } from './settings.ts'

/** An instance in memory, not locked yet. Nothing of it is used for a second query. */
export interface FreshInstance {
  readonly connection: DuckDBConnection
  /**
   * Makes a view of each table, then forbids everything else, for good.
   *
   * @param others files that a statement of ours reads or writes
   */
  lock(tables: readonly InstanceTable[], others?: readonly string[]): Promise<void>
  close(): void
}

export interface InstanceTable {
  readonly name: string
  readonly paths: readonly string[]
  readonly places?: RowPlaces
}

/** The part of locking that waits for no query; it takes some ten milliseconds. */
export async function createInstance({ memoryBytes, threads }: EngineSettings): Promise<FreshInstance> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) })
  const connection = await instance.connect()

  // Each is looked at: after one that fails, the ones that follow would leave everything open.
  async function set(name: string, literal: string, expected: string): Promise<void> {
    await connection.run(`SET ${name}=${literal}`)
    const actual = await settingOf(connection, name)
    if (actual !== expected) throw new Error(`DuckDB took ${name}=${literal} for ${actual}`)
  }

  await set('autoinstall_known_extensions', 'false', 'false')
  await set('autoload_known_extensions', 'false', 'false')
  await set('allow_community_extensions', 'false', 'false')
  await set('allow_persistent_secrets', 'false', 'false')
  await connection.run(`SET memory_limit='${Math.floor(memoryBytes / 1024)}KiB'`)
  // A folder for what does not fit into memory would be open to every statement.
  await set('temp_directory', "''", '')
  // How far a statement is can be asked; nothing is written anywhere.
  await set('enable_progress_bar', 'true', 'true')
  await set('enable_progress_bar_print', 'false', 'false')
  await set('TimeZone', "'UTC'", 'UTC')

  return {
    connection,
    async lock(tables, others = []) {
      for (const table of tables) await connection.run(viewOf(table))
      const allowed = [...tables.flatMap(({ paths }) => paths), ...others]
      await connection.run(`SET allowed_paths=[${allowed.map(literal).join(', ')}]`)
      await set('enable_external_access', 'false', 'false')
      await set('lock_configuration', 'true', 'true')
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function settingOf(connection: DuckDBConnection, name: string): Promise<string> {
  const result = await connection.run('SELECT current_setting($1)::VARCHAR', [name])
  return String((await result.getRows())[0]?.[0])
}

/** Files of one table may have grown columns: what an older one does not have is NULL. */
function viewOf({ name, paths, places }: InstanceTable): string {
  const select = places === undefined ? 'SELECT *' : `SELECT ${selected(places)}`
  const as = places !== undefined && hidesPlaces(places) ? ` AS t(${places.columns.map((_, at) => `c${at}`)})` : ''
  return `CREATE VIEW ${quoted(name)} AS ${select} FROM ${parquetOf(paths)}${as}`
}

/** What DuckDB calls where a row lies; a column of that name would stand in the way. */
const PLACES = ['file_index', 'file_row_number']

function hidesPlaces({ columns }: RowPlaces): boolean {
  return columns.some((name) => PLACES.includes(name.toLowerCase()))
}

function selected(places: RowPlaces): string {
  const own = hidesPlaces(places) ? places.columns.map((name, at) => `c${at} AS ${quoted(name)}`) : ['*']
  return [...own, `file_index AS ${quoted(places.file)}`, `file_row_number AS ${quoted(places.row)}`].join(', ')
}

export function parquetOf(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], hive_partitioning=false, union_by_name=${paths.length > 1})`
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
