import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { LOCK_LIMIT_MS } from './limits.ts'

/** A connection for writing, in the process that exists for it: it may wait for locks and for slow triggers. */
export function openForWriting(path: string): DatabaseSync {
  const url = pathToFileURL(path)
  // Without this, SQLite would create a database that somebody has just moved away.
  url.searchParams.set('mode', 'rw')
  const database = new DatabaseSync(url, {
    timeout: LOCK_LIMIT_MS,
    readBigInts: true,
    returnArrays: true,
    enableForeignKeyConstraints: true,
    defensive: true,
    limits: { attach: 0 },
  })
  // With recursive triggers, replacing a row fires its delete triggers: full-text tables stay right.
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = ON')
  return database
}
