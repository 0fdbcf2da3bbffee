import type { DatabaseSync } from 'node:sqlite'
import { HoldallError } from '../../web/error.ts'
import { addColumn } from './add-columns.ts'
import { openForWriting } from './connection.ts'
import { create } from './create.ts'
import { attach, compare, detach } from './many-cells.ts'
import { type Refusal, WriteRefused, type WriteReply, type WriteRequest, type Written } from './protocol.ts'
import { insert, remove, stored, update, upsert } from './rows.ts'

// The process that writes to one served database; started by writers.ts with the database's path and the server's process
// id, one request at a time.

const BUSY = new Set([5, 6])
const READ_ONLY = 8
/** Full, I/O error, corrupt, cannot open, not a database: nothing that another request could do better. */
const BROKEN = new Set([10, 11, 13, 14, 26])

const path = process.argv[2] as string
const parent = Number(process.argv[3])
let connection: DatabaseSync | undefined

process.on('message', (request: WriteRequest) => {
  process.send?.(reply(request))
})
process.on('disconnect', () => process.exit(0))
// Ctrl-C and service managers signal the whole group: the server decides when its writers end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
// The time that starting takes is not the first request's.
process.send?.('ready')

function reply(request: WriteRequest): WriteReply {
  try {
    connection ??= openForWriting(path)
    return { ok: true, written: transaction(connection, request) }
  } catch (error) {
    return { ok: false, refusal: refusalOf(error) }
  }
}

function transaction(database: DatabaseSync, request: WriteRequest): Written {
  database.exec(request.kind === 'stored' ? 'BEGIN' : 'BEGIN IMMEDIATE')
  try {
    // Whoever comes after a server that died asks, under this lock, whether its write was done: it must not be done later.
    if (process.ppid !== parent) process.exit(0)
    const written = perform(database, request)
    database.exec('COMMIT')
    return written
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function perform(database: DatabaseSync, request: WriteRequest): Written {
  switch (request.kind) {
    case 'insert':
      return insert(database, request)
    case 'upsert':
      return upsert(database, request)
    case 'update':
      return update(database, request)
    case 'delete':
      return remove(database, request)
    case 'create':
      return create(database, request)
    case 'add-column':
      return addColumn(database, request)
    case 'stored':
      return stored(database, request)
    case 'attach':
      return attach(database, request)
    case 'detach':
      return detach(database, request)
    case 'compare':
      return compare(database, request)
  }
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof WriteRefused) return error.refusal
  // An address that no row can have.
  if (error instanceof HoldallError && error.code === 'row_not_found') return { kind: 'no-row' }
  const { errcode, message } = error as { errcode?: number; message?: string }
  const text = message ?? String(error)
  // Not from SQLite: a value that cannot be bound, such as an integer past 64 bits.
  if (errcode === undefined) return { kind: 'refused', messages: [text] }
  const primary = errcode & 0xff
  if (BUSY.has(primary)) return { kind: 'busy' }
  if (primary === READ_ONLY) return { kind: 'read-only' }
  if (BROKEN.has(primary)) {
    connection?.close()
    connection = undefined
    return { kind: 'broken', message: text }
  }
  return { kind: 'refused', messages: [text] }
}
