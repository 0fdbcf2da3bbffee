import { readSync, writeSync } from 'node:fs'
import { type Connection, createConnections } from './connection.ts'
import { areQuick } from './cost.ts'
import { introspect } from './introspect.ts'
import { endWithParent } from './orphan.ts'
import { type Batch, FRAME_PREFIX_BYTES, frame, type Request, type ResponseHeader } from './protocol.ts'
import { failed, type Ran, runStatement } from './run.ts'

// A reader process: it takes one request at a time from its standard input and answers on its standard output. It reads
// and writes synchronously, since SQLite would block an event loop anyway; its parent kills it when it takes too long.

/** Optional results that took so long to come by are not put at risk by the next statement. */
const SEND_EARLY_AFTER_MS = 4
const STDIN = 0
const STDOUT = 1

const connections = createConnections()

function answer(request: Request): void {
  if (request.kind === 'schema') {
    send({ kind: 'schema', schema: introspect(connections.get(request.path, request.immutable)) })
    return
  }
  const { batch } = request
  const connection = connections.get(batch.path, batch.immutable)
  // Sent when the snapshot has ended, so that nobody who has the answer still meets its lock.
  const last = connection.snapshot((schemaVersion): Buffer => {
    if (batch.schemaVersion !== null && schemaVersion !== batch.schemaVersion) return frame(STALE)
    if (request.onlyIfQuick && !areQuick(connection, batch.statements)) return frame(COSTLY)
    return runAll(connection, batch)
  })
  write(last)
}

const STALE: ResponseHeader = { kind: 'stale' }
const COSTLY: ResponseHeader = { kind: 'costly' }

/** Runs a batch, and gives what has not been sent on the way. */
function runAll(connection: Connection, { statements }: Batch): Buffer {
  const started = performance.now()
  let ready: Ran[] = []
  let owesRequired = false
  for (const statement of statements) {
    // An optional statement may be the one that never ends, so what is required goes out before it begins.
    if (
      statement.optional &&
      (owesRequired || (ready.length > 0 && performance.now() - started > SEND_EARLY_AFTER_MS))
    ) {
      write(resultsFrame(ready, false))
      ready = []
      owesRequired = false
    }
    try {
      ready.push(runStatement(connection, statement))
      owesRequired ||= !statement.optional
    } catch (error) {
      if (!statement.optional) throw error
      ready.push(failed({ reason: 'sql', message: messageOf(error) }))
    }
  }
  return resultsFrame(ready, true)
}

function resultsFrame(ran: readonly Ran[], done: boolean): Buffer {
  const header: ResponseHeader = { kind: 'results', results: ran.map(({ header }) => header), done }
  return frame(
    header,
    ran.map(({ payload }) => payload),
  )
}

function send(header: ResponseHeader): void {
  write(frame(header))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6
const SQLITE_IOERR = 10
const SQLITE_CORRUPT = 11
const SQLITE_CANTOPEN = 14
const SQLITE_NOTADB = 26
/** `ENOENT`, `EACCES`, `ENOTDIR`, and not Node's own `ERR_…` */
const SYSTEM_CODE = /^E[A-Z0-9]+$/

function asFailure(error: unknown): ResponseHeader {
  const message = messageOf(error)
  const { errcode, code } = error as { errcode?: number; code?: string }
  // Not from SQLite: the file could not be looked at.
  if (errcode === undefined && code !== undefined && SYSTEM_CODE.test(code))
    return { kind: 'failed', reason: 'open', message }
  switch ((errcode ?? 0) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return { kind: 'failed', reason: 'busy', message }
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return { kind: 'failed', reason: 'open', message }
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return { kind: 'failed', reason: 'corrupt', message }
    default:
      return { kind: 'failed', reason: 'sql', message }
  }
}

function readRequest(): Request | null {
  const prefix = readExactly(FRAME_PREFIX_BYTES)
  if (prefix === null) return null
  const body = readExactly(prefix.readUInt32LE(0))
  return body === null ? null : (JSON.parse(body.toString('utf8'), reviveParameter) as Request)
}

function reviveParameter(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value)
  if (entries.length !== 1) return value
  const [kind, text] = entries[0] as [string, unknown]
  if (typeof text !== 'string') return value
  if (kind === '$i') return BigInt(text)
  if (kind === '$r') return Number(text)
  return kind === '$b' ? Buffer.from(text, 'base64') : value
}

function readExactly(bytes: number): Buffer | null {
  const buffer = Buffer.allocUnsafe(bytes)
  for (let at = 0; at < bytes; ) {
    const count = patiently(() => readSync(STDIN, buffer, at, bytes - at, null))
    if (count === 0) return null
    at += count
  }
  return buffer
}

function write(buffer: Buffer): void {
  for (let at = 0; at < buffer.length; ) at += patiently(() => writeSync(STDOUT, buffer, at))
}

/** A pipe that has nothing (or no room) at the moment says EAGAIN where it was left non-blocking, and EOF on Windows. */
function patiently(io: () => number): number {
  for (;;) {
    try {
      return io()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'EOF' || code === 'EPIPE') return process.exit(0)
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}

endWithParent()
send({ kind: 'ready' })
for (let request = readRequest(); request !== null; request = readRequest()) {
  try {
    answer(request)
  } catch (error) {
    send(asFailure(error))
  }
}
