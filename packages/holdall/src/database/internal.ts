import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompiledQuery, Kysely, Transaction } from 'kysely'
import { HoldallError } from '../web/error.ts'
import { createBulkConnection } from './bulk/connection.ts'
import { transactionThrough } from './bulk/transaction.ts'
import { createFlush, type Flush } from './flush.ts'
import { kyselyOn } from './kysely.ts'
import { migrate } from './migrate.ts'
import { BUSY_LIMIT_MS, errcodeOf, patiently, ROOM_FOR_OTHERS_MS } from './patiently.ts'
import type { Schema } from './schema.ts'

/** SQLite's own default. */
const CHECKPOINT_PAGES = 1_000
/** A page of a sync is more than that already: bringing each into the database by itself writes the same pages each time. */
const CHECKPOINT_PAGES_IN_BULK = 10_000
const WRITING = [
  // A commit appends to the log and does not wait for the disk, which would keep the whole server waiting with it;
  // whoever needs it to last waits for the log. SQLite itself syncs the log before a checkpoint relies on it.
  'synchronous = NORMAL',
  // What a statement may have to take back is kept for its time only, and would be written to a file meanwhile.
  'temp_store = MEMORY',
  // KiB. What writes all over the indexes and does not fit is written to the log again and again, and read back.
  'cache_size = -16384',
]
const WRITING_IN_BULK = ['foreign_keys = ON', ...WRITING, `wal_autocheckpoint = ${CHECKPOINT_PAGES_IN_BULK}`]
// There nobody else is kept from anything while SQLite waits.
const READING_IN_BULK = ['query_only = ON', `busy_timeout = ${BUSY_LIMIT_MS}`]
const SQLITE_FULL = 13

/** Holdall's own database: sources, files, uploads, actors, tokens and what is set at runtime. */
export interface InternalDatabase {
  /** For reading. A statement that writes is refused by SQLite. */
  readonly read: Kysely<Schema>
  /**
   * Runs `work` in a transaction that takes the write lock at once; one at a time. `work` may only wait for its own
   * queries: a transaction that waits for anything slower (a disk, the network) is rolled back and throws. A full disk
   * is `database_full`. It resolves when the transaction is on the disk; others may see what it wrote before that.
   */
  write<Result>(work: (trx: Transaction<Schema>) => Promise<Result>, options?: WriteOptions): Promise<Result>
  /**
   * For much at once that need not last (`lasting`): a thread of its own carries it out, and the event loop turns
   * meanwhile. Others write before it or after it.
   */
  writeInBulk<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result>
  /** The same of reading, in another thread. Few rows at best: each is copied from there. */
  readInBulk<Row>(query: CompiledQuery): Promise<readonly Row[]>
  close(): Promise<void>
}

export interface WriteOptions {
  /**
   * The power may fail and take the transaction with it, together with all after it up to the next that must last. For
   * what nobody was told of and will be done again: nobody waits for the disk then.
   *
   * @default true
   */
  readonly lasting?: boolean
}

export interface InternalDatabaseOptions {
  /** What brings the log of the transactions to the disk, by its path; for tests. */
  readonly flushOf?: (log: string) => Flush
}

/**
 * Opens, and if need be creates and migrates, the internal database.
 *
 * @param path a file, whose folder exists
 * @throws HoldallError `internal_database_unknown` when the file is somebody else's database
 */
export async function openInternalDatabase(
  path: string,
  { flushOf = createFlush }: InternalDatabaseOptions = {},
): Promise<InternalDatabase> {
  const writing = connect(path)
  try {
    await patiently(() => writing.exec('PRAGMA journal_mode = WAL'))
    writing.exec('PRAGMA foreign_keys = ON')
    await patiently(() => migrate(writing, path))
    for (const pragma of WRITING) writing.exec(`PRAGMA ${pragma}`)
  } catch (error) {
    writing.close()
    throw error
  }
  const reading = connect(path)
  reading.exec('PRAGMA query_only = ON')
  const write = kyselyOn(writing)
  const read = kyselyOn(reading)
  const bulkWriting = createBulkConnection({ path, pragmas: WRITING_IN_BULK, isWriting: true })
  const bulkReading = createBulkConnection({ path, pragmas: READING_IN_BULK, isWriting: false })
  const log = flushOf(`${path}-wal`)
  let last: Promise<unknown> = Promise.resolve()
  let checkpointAt = CHECKPOINT_PAGES
  let bulkEnded = Number.NEGATIVE_INFINITY

  function checkpointEvery(pages: number): void {
    if (pages === checkpointAt) return
    writing.exec(`PRAGMA wal_autocheckpoint = ${pages}`)
    checkpointAt = pages
  }

  async function transaction<Result>(
    work: (trx: Transaction<Schema>) => Promise<Result>,
    lasting: boolean,
  ): Promise<Result> {
    await patiently(() => writing.exec('BEGIN IMMEDIATE'))
    let waited = false
    const turn = setImmediate(() => {
      waited = true
    })
    try {
      // The queries of a transaction only ever wait for microtasks, so the event loop cannot turn while it is open.
      const result = await work(write as unknown as Transaction<Schema>)
      if (waited) throw new Error('A write transaction waited for something other than its own queries')
      checkpointEvery(lasting && !bulkWriting.isRunning ? CHECKPOINT_PAGES : CHECKPOINT_PAGES_IN_BULK)
      writing.exec('COMMIT')
      return result
    } catch (error) {
      if (writing.isTransaction) writing.exec('ROLLBACK')
      throw error
    } finally {
      clearImmediate(turn)
    }
  }

  async function bulkTransaction<Result>(work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    // Of those in this process nobody is overtaken; others have to find a moment.
    const room = bulkEnded + ROOM_FOR_OTHERS_MS - performance.now()
    if (room > 0) await sleep(room)
    try {
      return await bulkWriting.use((ask) => transactionThrough(ask, work))
    } finally {
      bulkEnded = performance.now()
    }
  }

  /** One after the other: whoever asked first is never overtaken by those that ask again and again. */
  async function inTurn<Result>(transact: () => Promise<Result>): Promise<Result> {
    const committing = last.then(transact)
    last = committing.catch(() => undefined)
    return await committing.catch((error) => {
      throw errcodeOf(error) === SQLITE_FULL ? full(error) : error
    })
  }

  return {
    read,
    async write(work, { lasting = true } = {}) {
      const result = await inTurn(() => transaction(work, lasting))
      if (lasting) {
        await log.flush().catch((error) => {
          throw error.code === 'ENOSPC' ? full(error) : error
        })
      }
      return result
    },
    writeInBulk: (work) => inTurn(() => bulkTransaction(work)),
    async readInBulk<Row>({ sql, parameters }: CompiledQuery) {
      const { rows } = await bulkReading.use((ask) => ask({ sql, parameters }))
      return rows as readonly Row[]
    },
    async close() {
      await last
      await Promise.all([bulkWriting.close(), bulkReading.close()])
      await log.close()
      await read.destroy()
      await write.destroy()
      for (const connection of [reading, writing]) if (connection.isOpen) connection.close()
    },
  }
}

// A busy timeout inside SQLite would block the event loop, so the wait is ours.
function connect(path: string): DatabaseSync {
  return new DatabaseSync(path, { timeout: 0 })
}

function full(cause: unknown): HoldallError {
  return new HoldallError('database_full', {}, { cause })
}
