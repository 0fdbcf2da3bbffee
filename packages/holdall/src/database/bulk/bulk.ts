import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
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
import type { Schema } from '../schema.ts'
import type { Answer, Done, Settings, Statement } from './thread.ts'

const IDLE_MS = 5_000

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)

/**
 * A connection for much at once, in a thread of its own: while SQLite enters thousands of rows, the event loop turns. The
 * first transaction starts the thread.
 */
export interface Bulk {
  /** Whether the thread is there, and brings the log into the database itself. */
  readonly isRunning: boolean
  /** Runs `work` in a transaction, one at a time. @throws SQLite's error, with its `errcode` */
  transaction<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result>
  /** Ends the thread, when the transaction is over that is under way. */
  close(): Promise<void>
}

/** @param idleMs after so long without a transaction the thread ends */
export function createBulk(settings: Settings, idleMs = IDLE_MS): Bulk {
  let running: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  const queries = kyselyThrough((statement) => ask(running, statement))

  function start(): Worker {
    // Of the environment it needs nothing.
    const worker = new Worker(THREAD, { name: 'bulk writes', env: {}, workerData: settings })
    // Whatever ends it, the next transaction has a new one.
    worker.on('error', () => {})
    worker.once('exit', () => {
      if (running === worker) running = undefined
    })
    running = worker
    return worker
  }

  /** It ends by itself once nobody can ask it any more. */
  async function end(): Promise<void> {
    const worker = running
    running = undefined
    if (worker === undefined) return
    worker.postMessage(null)
    await once(worker, 'exit')
  }

  return {
    get isRunning() {
      return running !== undefined
    },

    async transaction(work) {
      clearTimeout(idle)
      const worker = running ?? start()
      // It keeps the process from ending while it works, and only then.
      worker.ref()
      try {
        await ask(worker, { sql: 'BEGIN IMMEDIATE', parameters: [] })
        try {
          const result = await work(queries as unknown as Transaction<Schema>)
          await ask(worker, { sql: 'COMMIT', parameters: [] })
          return result
        } catch (error) {
          // A thread that has ended took its transaction back with it.
          if (running === worker) await ask(worker, { sql: 'ROLLBACK', parameters: [] }).catch(() => worker.terminate())
          throw error
        }
      } finally {
        worker.unref()
        idle = setTimeout(end, idleMs).unref()
      }
    },

    async close() {
      clearTimeout(idle)
      running?.ref()
      await end()
    },
  }
}

/** One statement at a time, as a transaction's are. */
async function ask(worker: Worker | undefined, statement: Statement): Promise<Done> {
  if (worker === undefined) throw ended()
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const exited = () => reject(ended())
  worker.on('message', resolve).on('error', reject).on('exit', exited)
  try {
    worker.postMessage(statement)
    const answer = await promise
    if ('failed' in answer) throw Object.assign(new Error(answer.failed), { errcode: answer.errcode })
    return answer
  } finally {
    worker.off('message', resolve).off('error', reject).off('exit', exited)
  }
}

function ended(): Error {
  return new Error('The thread of bulk writes ended')
}

/** Typed SQL that is carried out elsewhere. */
function kyselyThrough(run: (statement: Statement) => Promise<Done>): Kysely<Schema> {
  const connection: DatabaseConnection = {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, changes } = await run({ sql, parameters })
      return { rows: rows as Row[], ...(changes !== undefined && { numAffectedRows: BigInt(changes) }) }
    },
    // biome-ignore lint/correctness/useYield: a stream would hold the transaction open for its reader
    async *streamQuery() {
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
