import { DuckDBInstance } from '@duckdb/node-api'

export interface DuckDb {
  /** One row as a list of values, safe for JSON: whole numbers past 2^53 are strings. */
  rows(sql: string): Promise<unknown[][]>
  /** The columns of a file as `DESCRIBE` tells them. @throws Error what DuckDB says of it */
  describe(path: string): Promise<[name: string, type: string][]>
  /** A type as DuckDB itself writes it: it leaves out quotes where it can. */
  canonical(type: string): Promise<string>
  close(): void
}

/** A DuckDB of its own. It is the judge of what we read: what it says of a file is what queries will see. */
export async function startDuckDb(): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][]
  return {
    rows,
    async describe(path) {
      const described = await rows(`DESCRIBE SELECT * FROM '${path}'`)
      return described.map(([name, type]) => [String(name), String(type)])
    },
    async canonical(type) {
      const [[, canonical] = []] = await rows(`DESCRIBE SELECT NULL::${type}`)
      return String(canonical)
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
