import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { Serialize } from './gate/gate.ts'

/** An instance of the test's own, in its own process: without any wall. */
export async function openDuckDb(): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await instance.connect()
  return {
    connection,
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

export function serializeWith(connection: DuckDBConnection): Serialize {
  return async (sql) =>
    String((await (await connection.run('SELECT json_serialize_sql($1::VARCHAR)', [sql])).getRows())[0]?.[0])
}

export async function textsOf(connection: DuckDBConnection, sql: string): Promise<string[]> {
  return (await (await connection.run(sql)).getRows()).map(([value]) => String(value))
}

export interface TestFolder {
  readonly path: string
  /** Writes what the SELECT gives, and gives the path. */
  parquet(name: string, select: string): Promise<string>
  remove(): Promise<void>
}

/** A folder that only its owner may look into, as the data directory is. */
export async function openTestFolder(): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'holdall-engine-'))
  const { connection, close } = await openDuckDb()
  return {
    path,
    async parquet(name, select) {
      const file = join(path, name)
      await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`)
      return file
    },
    async remove() {
      close()
      await rm(path, { recursive: true, force: true })
    },
  }
}
