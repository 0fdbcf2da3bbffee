import { availableParallelism } from 'node:os'
import {
  type Body,
  type Child,
  ChildFailure,
  type ChildLimits,
  type ChildProgram,
  startChild,
} from './child-process.ts'
import type { Frame } from './frames.ts'

/** What is left out, or undefined, keeps its default. */
export interface PoolOptions {
  readonly processes?: number
  readonly timeoutMs?: number
  readonly memoryBytes?: number
}

export const DEFAULT_LIMITS: ChildLimits = { timeoutMs: 10_000, memoryBytes: 768 * 1024 * 1024 }
/** One more than processors: while one gets its bytes, the others work. */
const MAX_PROCESSES = 4
/** Jobs that wait beyond this are turned away; they are asked for again. */
const MAX_WAITING = 1_000
/** A child that has nothing to do ends. */
const IDLE_MS = 30_000
/** A child that holds this much when it has nothing to do is replaced. */
const RETIRE_BYTES = 256 * 1024 * 1024

/** A few processes that read strangers' bytes; each does one job at a time and is killed at its limits. */
export interface ChildPool {
  /**
   * @param job plain JSON that the child's program knows
   * @param body is asked for only when a child is free, so that no stream is open while it waits; the signal aborts
   * when the job is over, however it ended
   * @throws ChildFailure
   */
  run(job: object, body: (signal: AbortSignal) => Promise<Body>): Promise<Frame>
  close(): Promise<void>
}

interface Place {
  child: Child | undefined
  idle: NodeJS.Timeout | undefined
}

export function createChildPool(program: ChildProgram, options: PoolOptions = {}): ChildPool {
  const limits: ChildLimits = {
    timeoutMs: options.timeoutMs ?? DEFAULT_LIMITS.timeoutMs,
    memoryBytes: options.memoryBytes ?? DEFAULT_LIMITS.memoryBytes,
  }
  const free: Place[] = Array.from(
    { length: options.processes ?? Math.min(availableParallelism() + 1, MAX_PROCESSES) },
    () => ({ child: undefined, idle: undefined }),
  )
  const places = [...free]
  const waiting: { resolve(place: Place): void; reject(reason: ChildFailure): void }[] = []
  let closed = false

  function acquire(): Promise<Place> | Place {
    if (closed) throw stopping()
    const place = free.pop()
    if (place !== undefined) return place
    if (waiting.length >= MAX_WAITING) throw new ChildFailure('unavailable', `${MAX_WAITING} jobs are waiting already`)
    return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
  }

  function release(place: Place): void {
    const next = waiting.shift()
    if (next !== undefined) {
      next.resolve(place)
      return
    }
    free.push(place)
    if (place.child === undefined) return
    if (closed || place.child.memory() > RETIRE_BYTES) retire(place)
    else place.idle = setTimeout(() => retire(place), IDLE_MS).unref()
  }

  function retire(place: Place): void {
    clearTimeout(place.idle)
    place.child?.kill()
    place.child = undefined
  }

  return {
    async run(job, body) {
      const place = await acquire()
      clearTimeout(place.idle)
      const over = new AbortController()
      try {
        const opened = await open(body, over.signal, limits.timeoutMs)
        // The pool may have been closed while the storage was asked: then no child must be started any more.
        if (closed) throw stopping()
        if (place.child?.alive !== true) place.child = startChild(program, limits)
        return await place.child.run(job, opened)
      } catch (error) {
        throw closed ? stopping() : error
      } finally {
        over.abort()
        if (place.child?.alive === false) place.child = undefined
        release(place)
      }
    },
    async close() {
      closed = true
      for (const { reject } of waiting.splice(0)) reject(stopping())
      const ended = places.flatMap((place) => (place.child === undefined ? [] : [place.child.ended]))
      for (const place of places) retire(place)
      await Promise.all(ended)
    },
  }
}

function stopping(): ChildFailure {
  return new ChildFailure('unavailable', 'The server is stopping')
}

async function open(
  body: (signal: AbortSignal) => Promise<Body>,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<Body> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`The storage did not answer within ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([body(signal), late.promise])
  } catch (error) {
    throw new ChildFailure('source', 'The bytes could not be read', error)
  } finally {
    clearTimeout(timer)
  }
}
