import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { HoldallError } from '../../web/error.ts'
import { tildeDecode } from '../../web/url.ts'
import { IDLE_MS, MAX_WAIT_MS, MAX_WAITING, WRITE_LIMIT_MS } from './limits.ts'
import type { Refusal, WriteReply, WriteRequest, Written } from './protocol.ts'

const IS_SOURCE = import.meta.url.endsWith('.ts')
// The compiled package has .js here, the checkout .ts.
const PROCESS = fileURLToPath(new URL(IS_SOURCE ? './process.ts' : './process.js', import.meta.url))

/** Writes to the served databases, each through one process of its own, so that no write ever blocks the server. */
export interface Writers {
  /**
   * Does the request in one transaction: all of it or nothing.
   * @throws HoldallError `write_refused` (400) with SQLite's words, `table_not_found`, `record_not_found`, `attach_changed`,
   *   `database_immutable`, `database_busy`, `write_too_slow`
   */
  write(target: WriteTarget, request: WriteRequest): Promise<Written>
  close(): Promise<void>
}

export interface WriteTarget {
  readonly path: string
}

export interface WritersOptions {
  /** Default: `WRITE_LIMIT_MS`. */
  readonly limitMs?: number
  /** Default: `IDLE_MS`. */
  readonly idleMs?: number
}

interface Job {
  readonly request: WriteRequest
  readonly resolve: (written: Written) => void
  readonly reject: (error: unknown) => void
  readonly since: number
}

export function createWriters(options: WritersOptions = {}): Writers {
  const writers = new Map<string, ReturnType<typeof createWriter>>()
  let closed = false
  return {
    write({ path }, request) {
      if (closed) return Promise.reject(new HoldallError('unavailable', { reason: 'The server is stopping.' }))
      let writer = writers.get(path)
      if (!writer) {
        writer = createWriter(path, options.limitMs ?? WRITE_LIMIT_MS, options.idleMs ?? IDLE_MS)
        writers.set(path, writer)
      }
      return writer.write(request)
    },
    async close() {
      closed = true
      await Promise.all([...writers.values()].map((writer) => writer.close()))
    },
  }
}

function createWriter(path: string, limitMs: number, idleMs: number) {
  const waiting: Job[] = []
  let current: Job | undefined
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let drained: (() => void) | undefined

  function start(): ChildProcess {
    const started = fork(PROCESS, [path, String(process.pid)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {},
    })
    isReady = false
    started.on('message', (message: WriteReply | 'ready') => {
      if (started !== child) return
      if (message !== 'ready') return finish(message)
      isReady = true
      if (current) limit()
    })
    started.on('error', (error) => lost(started, error))
    started.on('exit', () => lost(started))
    return started
  }

  let timer: NodeJS.Timeout | undefined
  let late = false
  let isReady = false

  function next(): void {
    if (current !== undefined) return
    clearTimeout(idle)
    let job = waiting.shift()
    while (job && Date.now() - job.since > MAX_WAIT_MS) {
      job.reject(new HoldallError('database_busy'))
      job = waiting.shift()
    }
    if (!job) {
      drained?.()
      idle = setTimeout(stop, idleMs).unref()
      return
    }
    current = job
    late = false
    child ??= start()
    keepAlive(true)
    if (isReady) limit()
    child.send(job.request)
  }

  /** A writer with something to do keeps the process from ending, an idle one does not. */
  function keepAlive(yes: boolean): void {
    if (yes) child?.ref()
    else child?.unref()
    if (yes) child?.channel?.ref()
    else child?.channel?.unref()
  }

  function limit(): void {
    timer = setTimeout(() => {
      late = true
      child?.kill('SIGKILL')
    }, limitMs)
  }

  function settle(): Job | undefined {
    const job = current
    clearTimeout(timer)
    keepAlive(false)
    current = undefined
    return job
  }

  function finish(reply: WriteReply): void {
    const job = settle()
    if (reply.ok) job?.resolve(reply.written)
    else job?.reject(errorOf(reply.refusal, job.request))
    next()
  }

  function lost(which: ChildProcess, cause?: Error): void {
    if (which !== child) return
    child = undefined
    const job = settle()
    job?.reject(
      late
        ? new HoldallError('write_too_slow', { seconds: limitMs / 1000 }, { cause })
        : new HoldallError(
            'unavailable',
            { reason: 'The write was cut off. Look whether it was done, then try again.' },
            { cause },
          ),
    )
    next()
  }

  function stop(): void {
    const leaving = child
    child = undefined
    if (leaving?.connected) leaving.disconnect()
  }

  return {
    write(request: WriteRequest): Promise<Written> {
      if (waiting.length >= MAX_WAITING) return Promise.reject(new HoldallError('database_busy'))
      return new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject, since: Date.now() })
        next()
      })
    },
    async close() {
      if (current !== undefined) {
        await new Promise<void>((resolve) => {
          drained = resolve
        })
      }
      clearTimeout(idle)
      const leaving = child
      stop()
      if (leaving && leaving.exitCode === null && leaving.signalCode === null) {
        leaving.ref()
        await new Promise((resolve) => leaving.once('exit', resolve))
      }
    },
  }
}

function errorOf(refusal: Refusal, request: WriteRequest): HoldallError {
  switch (refusal.kind) {
    case 'refused':
      return new HoldallError('write_refused', {}, { errors: refusal.messages })
    case 'no-table':
      return new HoldallError('table_not_found')
    case 'no-row':
      return new HoldallError('record_not_found', { key: 'key' in request ? listOfKeys(request.key) : '' })
    case 'changed':
      return new HoldallError('attach_changed', { count: refusal.keys.length, keys: refusal.keys })
    case 'busy':
      return new HoldallError('database_busy')
    case 'read-only':
      return new HoldallError('database_immutable')
    case 'broken':
      return new HoldallError(
        'unavailable',
        { reason: 'The database cannot be written to. The server log says why.' },
        { cause: new Error(refusal.message) },
      )
  }
}

function listOfKeys(key: string): string {
  const values = key.split(',').map((component) => `'${tildeDecode(component).replaceAll("'", "\\'")}'`)
  return `[${values.join(', ')}]`
}
