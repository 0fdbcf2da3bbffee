import { DuckDBInstance } from '@duckdb/node-api'

/** One query in a process that does nothing else, on an instance as DuckDB makes it: `node duckdb-query.ts SQL`. */
const [sql = ''] = process.argv.slice(2)
const began = performance.now()
const instance = await DuckDBInstance.create(':memory:')
const connection = await instance.connect()
const rows = await (await connection.run(sql)).getRowObjectsJson()
process.stdout.write(JSON.stringify({ ms: performance.now() - began, rows }))
