import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { getPriority, setPriority } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { SqliteValue } from '../value.ts'
import { SLOW_NICENESS } from './limits.ts'
import {
  decodeValue,
  encodeValue,
  FRAME_PREFIX_BYTES,
  frame,
  type Request,
  type ResponseHeader,
  type ResultHeader,
  type StatementResult,
  type WireValue,
} from './protocol.ts'

/** What a reader sends back: possibly several times, the last one is `done`. */
export type Answer =
  | Exclude<ResponseHeader, { kind: 'results' }>
  | { kind: 'results'; results: StatementResult[]; done: boolean }

export interface ReaderEvents {
  answer(answer: Answer): void
  /** The process is gone, by itself or killed. */
  gone(): void
}

/** One reader process, as its parent sees it. */
export interface Reader {
  send(request: Request): void
  /** Milliseconds that it has been ready to run and had no processor; null where the system does not tell. */
  timeWithoutProcessor(): number | null
  /** Lets everybody else run first from now on. There is no way back: raising a priority takes privileges. */
  slowDown(): void
  kill(): void
  /** Lets it end by itself. */
  close(): void
  /** Whether the process still keeps its parent alive. */
  ref(): void
  unref(): void
}

// The compiled package has .js here, the checkout .ts.
const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))

export function startReader(events: ReaderEvents): Reader {
  const cacheDirectory = getCompileCacheDir()
  const child: ChildProcess = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: cacheDirectory ? { NODE_COMPILE_CACHE: cacheDirectory } : {},
    windowsHide: true,
  })
  const { stdin, stdout } = child
  if (!stdin || !stdout) throw new Error('A reader process has no pipes')
  // Writing to a process that has just been killed fails; what counts is that it is gone, and `exit` says that.
  stdin.on('error', () => {})

  let isGone = false
  function gone() {
    if (isGone) return
    isGone = true
    events.gone()
  }
  child.once('error', gone)
  child.once('exit', gone)

  const take = createFrameReader((header, payload) => events.answer(decodeAnswer(header, payload)))
  stdout.on('data', take)

  const handles = [child, stdin, stdout] as unknown as { ref?(): void; unref?(): void }[]
  return {
    send: (request) => void stdin.write(frame(encodeRequest(request))),
    timeWithoutProcessor: () => (child.pid === undefined ? null : timeWithoutProcessor(child.pid)),
    slowDown() {
      try {
        if (child.pid !== undefined) setPriority(child.pid, Math.min(getPriority() + SLOW_NICENESS, LOWEST_PRIORITY))
      } catch {
        // It has ended in the meantime, or the platform has no priorities.
      }
    },
    kill: () => void child.kill('SIGKILL'),
    close: () => stdin.end(),
    ref() {
      for (const handle of handles) handle.ref?.()
    },
    unref() {
      for (const handle of handles) handle.unref?.()
    },
  }
}

function encodeRequest(request: Request): unknown {
  if (request.kind === 'schema') return request
  const statements = request.batch.statements.map((statement) =>
    statement.params
      ? {
          ...statement,
          params: Object.fromEntries(
            Object.entries(statement.params).map(([name, value]) => [name, encodeValue(value)]),
          ),
        }
      : statement,
  )
  return { ...request, batch: { ...request.batch, statements } }
}

/** Cuts a stream of bytes into frames. */
function createFrameReader(onFrame: (header: ResponseHeader, payload: Buffer) => void): (bytes: Buffer) => void {
  let pending: Buffer[] = []
  let size = 0
  return (bytes) => {
    pending.push(bytes)
    size += bytes.length
    while (size >= FRAME_PREFIX_BYTES) {
      if ((pending[0] as Buffer).length < FRAME_PREFIX_BYTES) pending = [Buffer.concat(pending)]
      const length = FRAME_PREFIX_BYTES + (pending[0] as Buffer).readUInt32LE(0)
      if (size < length) return
      const all = pending.length === 1 ? (pending[0] as Buffer) : Buffer.concat(pending)
      const headerEnd = FRAME_PREFIX_BYTES + all.readUInt32LE(4)
      const header = JSON.parse(all.toString('utf8', FRAME_PREFIX_BYTES, headerEnd)) as ResponseHeader
      pending = all.length > length ? [all.subarray(length)] : []
      size = all.length - length
      onFrame(header, all.subarray(headerEnd, length))
    }
  }
}

function decodeAnswer(header: ResponseHeader, payload: Buffer): Answer {
  if (header.kind !== 'results') return header
  let at = 0
  const results = header.results.map((result) => {
    const bytes = payload.subarray(at, at + result.bytes)
    at += result.bytes
    return decodeResult(result, bytes)
  })
  return { kind: 'results', results, done: header.done }
}

function decodeResult(header: ResultHeader, payload: Buffer): StatementResult {
  return {
    columns: header.columns,
    rows: header.json || header.failure ? [] : decodeRows(payload, header.special),
    json: header.json ? payload : null,
    rowCount: header.rowCount,
    more: header.more,
    last: header.last ? header.last.map(decodeValue) : null,
    labels: new Map(
      header.labels.map(([column, pairs]) => [
        column,
        pairs.map(([key, label]) => [decodeValue(key), decodeValue(label)] as const),
      ]),
    ),
    failure: header.failure,
  }
}

function decodeRows(payload: Buffer, special: boolean): SqliteValue[][] {
  const rows = JSON.parse(payload.toString('utf8')) as WireValue[][]
  return special ? rows.map((row) => row.map(decodeValue)) : (rows as SqliteValue[][])
}

const LOWEST_PRIORITY = 19
const NANOSECONDS_A_MILLISECOND = 1e6

/** Of the main thread, which is the one that reads. */
function timeWithoutProcessor(pid: number): number | null {
  if (process.platform !== 'linux') return null
  try {
    const [, waited] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
    return Number(waited) / NANOSECONDS_A_MILLISECOND
  } catch {
    return null
  }
}
