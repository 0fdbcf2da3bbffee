import { setImmediate as turn } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { AT_ONCE } from './limits.ts'

export interface WriteOptions {
  readonly database: InternalDatabase
  /** Called before each transaction, for tests that end the process there. */
  readonly before?: (call: string) => void
}

/** Writes to the internal database in one transaction; `name` says which it is. */
export type Write = <Result>(name: string, work: (trx: Transaction<Schema>) => Promise<Result>) => Promise<Result>

export function writesTo({ database, before }: WriteOptions): Write {
  return (name, work) => {
    before?.(name)
    return database.write(work)
  }
}

/**
 * The same where it may be much: beyond a batch a thread of its own writes it, and others have the event loop meanwhile. All of
 * it is written or nothing, but only the next transaction that lasts brings it to the disk.
 */
export function wholeWritesTo({ database, before }: WriteOptions) {
  return <Result>(name: string, size: number, work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> => {
    before?.(name)
    return size > AT_ONCE ? database.writeInBulk(work) : database.write(work)
  }
}

/** Calls `work` for so many items after the other, and lets others have the event loop in between. */
export async function inBatches(
  total: number,
  work: (from: number, to: number) => Promise<unknown>,
  size = AT_ONCE,
): Promise<void> {
  for (let from = 0; from < total; from += size) {
    if (from > 0) await turn()
    await work(from, Math.min(from + size, total))
  }
}
