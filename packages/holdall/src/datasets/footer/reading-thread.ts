import { Worker } from 'node:worker_threads'
import { HoldallError } from '../../web/error.ts'
import type { ParquetFile } from './parquet-file.ts'
import type { Answer, Job } from './protocol.ts'
import { pastOwnLimit } from './refusals.ts'

/** Of one footer, from the thread's turn on. The largest takes half a second on a quiet machine. */
const TIME_LIMIT_MS = 20_000
/** Of the thread's own heap; the footer lies beside it. */
const MEMORY = { maxOldGenerationSizeMb: 40, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 }

const THREAD = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)

/** One thread that reads footers, one after the other. The first starts it, and it lives until one has it stopped. */
export interface ReadingThread {
  /**
   * @param job its bytes belong to the thread from then on
   * @throws HoldallError for what the footer is, and when it takes too much time or memory
   */
  read(job: Job, signal?: AbortSignal): Promise<ParquetFile>
}

/** @param timeLimitMs of one footer; the thread is stopped then, and another one started for the next */
export function createReadingThread(timeLimitMs = TIME_LIMIT_MS): ReadingThread {
  let running: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()

  return {
    read(job, signal) {
      const turn = last.then(() => run(job, signal))
      last = turn.catch(() => {})
      return signal === undefined ? turn : unlessAborted(turn, signal)
    },
  }

  async function run(job: Job, signal: AbortSignal | undefined): Promise<ParquetFile> {
    signal?.throwIfAborted()
    const worker = running ?? start()
    // It keeps the process from ending while it works, and only then.
    worker.ref()
    try {
      return told(await exchange(worker, job, signal))
    } finally {
      worker.unref()
    }
  }

  async function exchange(worker: Worker, job: Job, signal: AbortSignal | undefined): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const giveUp = () => reject(signal?.reason)
    const timer = setTimeout(() => reject(pastOwnLimit(`more than ${timeLimitMs / 1_000} s`)), timeLimitMs)
    worker.on('message', resolve).on('error', reject).on('exit', endedEarly)
    signal?.addEventListener('abort', giveUp)
    try {
      worker.postMessage(job, [job.footer.buffer])
      return await promise
    } catch (error) {
      stop(worker)
      throw isOutOfMemory(error) ? pastOwnLimit(`more than ${MEMORY.maxOldGenerationSizeMb} MiB`, error) : error
    } finally {
      clearTimeout(timer)
      worker.off('message', resolve).off('error', reject).off('exit', endedEarly)
      signal?.removeEventListener('abort', giveUp)
    }

    function endedEarly(): void {
      reject(new Error('The thread that reads footers ended'))
    }
  }

  function start(): Worker {
    // Of the environment it needs nothing.
    const worker = new Worker(THREAD, { name: 'parquet footers', env: {}, resourceLimits: MEMORY })
    running = worker
    // Whatever ends it between two jobs, the next one has a new one.
    worker.on('error', () => {})
    worker.once('exit', () => {
      if (running === worker) running = undefined
    })
    return worker
  }

  function stop(worker: Worker): void {
    if (running === worker) running = undefined
    worker.terminate()
  }
}

/** Whoever gives up does not wait for those before it. */
async function unlessAborted<T>(turn: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(signal.reason)
  signal.addEventListener('abort', giveUp)
  try {
    return await Promise.race([turn, promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

function told(answer: Answer): ParquetFile {
  if ('file' in answer) return answer.file
  if ('refused' in answer) throw new HoldallError(answer.refused.code, answer.refused.values)
  // A fault of ours says nothing about the file.
  throw new Error(`Reading a footer failed: ${answer.failed}`)
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
