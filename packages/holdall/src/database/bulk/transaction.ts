import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type Transaction,
} from 'kysely'
import { patiently } from '../patiently.ts'
import type { Schema } from '../schema.ts'
import type { Ask } from './connection.ts'

/** Runs `work` in a transaction on a connection that is somewhere else. */
export async function transactionThrough<Result>(
  ask: Ask,
  work: (trx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  await patiently(() => ask({ sql: 'BEGIN IMMEDIATE', parameters: [] }))
  try {
    const result = await work(kyselyThrough(ask) as unknown as Transaction<Schema>)
    await ask({ sql: 'COMMIT', parameters: [] })
    return result
  } catch (error) {
    // There is none any more where SQLite, or the end of the thread, has taken it back already.
    await ask({ sql: 'ROLLBACK', parameters: [] }).catch(() => undefined)
    throw error
  }
}

function kyselyThrough(ask: Ask): Kysely<Schema> {
  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, changes } = await ask({ sql, parameters })
      return { rows: rows as Row[], ...(changes !== undefined && { numAffectedRows: BigInt(changes) }) }
    },
    streamQuery() {
      throw new Error('A bulk transaction has no streams')
    },
  }
  const refuse = async () => {
    throw new Error('The transaction is there already')
  }
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    releaseConnection: async () => {},
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    destroy: async () => {},
  }
  return new Kysely<Schema>({
    dialect: {
      createDriver: () => driver,
      createAdapter: () => new SqliteAdapter(),
      createQueryCompiler: () => new SqliteQueryCompiler(),
      createIntrospector: (database) => new SqliteIntrospector(database),
    },
  })
}
