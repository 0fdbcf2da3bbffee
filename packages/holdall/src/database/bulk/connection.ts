import { Worker } from 'node:worker_threads'
import type { Answer, Done, Settings, Statement } from './thread.ts'

const IDLE_MS = 5_000

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)

/** Carries out one statement after the other. @throws SQLite's error, with its `errcode` */
export type Ask = (statement: Statement) => Promise<Done>

/**
 * A connection in a thread of its own, for much at once: while SQLite works on thousands of rows, the event loop turns.
 * The first who uses it starts the thread.
 */
export interface BulkConnection {
  /** Whether the thread is there, and brings the log into the database itself. */
  readonly isRunning: boolean
  /** Gives it to one after the other. What fails may have ended the thread, and then took its transaction back with it. */
  use<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result>
  /** Ends the thread after whoever has it; nobody gets it any more. */
  close(): Promise<void>
}

/** @param idleMs after so long without use the thread ends */
export function createBulkConnection(settings: Settings, idleMs = IDLE_MS): BulkConnection {
  let running: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()
  let closed = false

  function start(): Worker {
    // Of the environment it needs nothing.
    const worker = new Worker(THREAD, { name: 'bulk', env: {}, workerData: settings })
    // Whatever ends it, the next one has a new one.
    worker.on('error', () => {})
    worker.once('exit', () => {
      if (running === worker) running = undefined
    })
    running = worker
    return worker
  }

  async function run<Result>(work: (ask: Ask) => Promise<Result>): Promise<Result> {
    if (closed) throw new Error('The database is closed')
    clearTimeout(idle)
    const worker = running ?? start()
    // It keeps the process from ending while it works, and only then.
    worker.ref()
    try {
      return await work((statement) => ask(worker, statement))
    } finally {
      worker.unref()
      idle = setTimeout(end, idleMs).unref()
    }
  }

  async function end(): Promise<void> {
    const worker = running
    running = undefined
    if (worker === undefined) return
    // Not `once`: that rejects with the thread's own error, which is nobody's any more.
    const exited = new Promise((resolve) => worker.on('exit', resolve))
    worker.postMessage(null)
    await exited
  }

  return {
    get isRunning() {
      return running !== undefined
    },
    use(work) {
      const turn = last.then(() => run(work))
      last = turn.catch(() => undefined)
      return turn
    },
    async close() {
      closed = true
      await last
      clearTimeout(idle)
      running?.ref()
      await end()
    },
  }
}

async function ask(worker: Worker, statement: Statement): Promise<Done> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const ended = () => reject(new Error('The thread of a bulk connection ended'))
  if (worker.threadId === -1) ended()
  worker.on('message', resolve).on('error', reject).on('exit', ended)
  try {
    worker.postMessage(statement)
    const answer = await promise
    if ('failed' in answer) throw Object.assign(new Error(answer.failed), { errcode: answer.errcode })
    return answer
  } finally {
    worker.off('message', resolve).off('error', reject).off('exit', ended)
  }
}
