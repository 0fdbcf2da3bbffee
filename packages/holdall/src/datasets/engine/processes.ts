import type { Body, Child, ChildLimits, ChildProgram } from '../../files/children/child-process.ts'
import { ChildFailure, startChild } from '../../files/children/child-process.ts'
import { type Job, type Outcome, READY, type Told } from './jobs.ts'

/** A busy machine may take seconds for what else takes a tenth of one; that is not the query's time. */
const START_MS = 30_000
const START_TRIES = 2

export interface Processes {
  /**
   * Whoever asks has a turn, so that there is always a place. A process that is aborted is killed.
   *
   * @param files what tells the files of the job from those of others
   * @throws ChildFailure; what the signal was aborted with
   */
  run(
    job: Job,
    files: string,
    more?: { readonly signal?: AbortSignal | undefined; readonly onTold?: ((told: Told) => void) | undefined },
  ): Promise<{ outcome: Outcome; payload: Buffer }>
  close(): Promise<void>
}

interface Place {
  readonly child: Child
  /** Rejects when it cannot begin. */
  readonly ready: Promise<unknown>
  /** Files that it has open and beyond which it can open none; any process can serve when this is `undefined`. */
  readonly files: string | undefined
}

export interface ProcessOptions {
  /** At once. */
  readonly max: number
  /** Started when there is nothing for them to do yet, once the first was needed. */
  readonly spare: number
  readonly idleMs: number
  /** Resident memory after a job, past which a process is replaced. */
  readonly retireBytes: number
}

/** Processes that run one job each; spare ones have started before they are needed. */
export function createProcesses(program: ChildProgram, limits: ChildLimits, options: ProcessOptions): Processes {
  const idle: Place[] = []
  const all = new Set<Child>()
  let busy = 0
  let closed = false
  let rest: NodeJS.Timeout | undefined

  function start(): Place {
    const child = startChild(program, limits)
    const ready = child.run({}, bodyOf(READY), START_MS)
    ready.catch(() => {})
    all.add(child)
    child.ended.then(() => {
      all.delete(child)
      const at = idle.findIndex((entry) => entry.child === child)
      if (at >= 0) idle.splice(at, 1)
    })
    return { child, ready, files: undefined }
  }

  function take(files: string): Place {
    const fits = (entry: Place) => entry.child.alive && (entry.files === files || entry.files === undefined)
    const found = idle.findLast((entry) => entry.child.alive && entry.files === files) ?? idle.find(fits)
    if (found === undefined) {
      if (busy + idle.length >= options.max) idle.shift()?.child.kill()
      return start()
    }
    idle.splice(idle.indexOf(found), 1)
    return found
  }

  function keepSpares(): void {
    clearTimeout(rest)
    if (closed) return
    const unbound = idle.filter(({ files }) => files === undefined).length
    // Of one place, a process that knows the files is worth more than one that knows none.
    const spare = Math.min(options.spare, options.max - 1)
    const room = options.max - busy - unbound
    for (let missing = Math.min(spare - unbound, room); missing > 0; missing--) {
      if (busy + idle.length >= options.max) dropBound()
      idle.push(start())
    }
    rest = setTimeout(retireAll, options.idleMs).unref()
  }

  /** The one whose files were not asked for longest. */
  function dropBound(): void {
    const at = idle.findIndex(({ files }) => files !== undefined)
    if (at >= 0) idle.splice(at, 1)[0]?.child.kill()
  }

  function retireAll(): void {
    for (const { child } of idle.splice(0)) child.kill()
  }

  /** A process that could begin at once. Of one that ends before it has begun, nobody need know. */
  async function begin(files: string): Promise<Place> {
    for (let tries = 1; ; tries++) {
      const place = take(files)
      keepSpares()
      try {
        await place.ready
        if (place.child.alive) return place
        throw new Error('It ended')
      } catch (error) {
        if (closed || tries === START_TRIES)
          throw new ChildFailure('unavailable', 'A process for queries could not start', error)
      }
    }
  }

  async function exchange(child: Child, job: Job, { signal, onTold }: NonNullable<Parameters<Processes['run']>[2]>) {
    const onAbort = () => child.kill()
    signal?.addEventListener('abort', onAbort)
    try {
      const { header, payload } = await child.run({}, { ...bodyOf(job), onTold: (told) => onTold?.(told as Told) })
      return { outcome: header as unknown as Outcome, payload }
    } catch (error) {
      signal?.throwIfAborted()
      throw closed ? stopping(error) : error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  return {
    async run(job, files, more = {}) {
      const { signal } = more
      signal?.throwIfAborted()
      if (closed) throw stopping()
      busy++
      let place: Place | undefined
      let isKept = false
      try {
        place = await begin(files)
        isKept = true
        // Who has left by now has asked nothing of it.
        signal?.throwIfAborted()
        isKept = false
        const answer = await exchange(place.child, job, more)
        isKept = !answer.outcome.spent
        if (answer.outcome.bound) place = { ...place, files }
        return answer
      } finally {
        busy--
        if (place?.child.alive) {
          if (isKept && !closed && place.child.memory() <= options.retireBytes) idle.push(place)
          else place.child.kill()
        }
        keepSpares()
      }
    },
    async close() {
      closed = true
      clearTimeout(rest)
      const ended = [...all].map((child) => child.ended)
      for (const child of all) child.kill()
      await Promise.all(ended)
    },
  }
}

function stopping(cause?: unknown): ChildFailure {
  return new ChildFailure('unavailable', 'The server is stopping', cause)
}

function bodyOf(job: Job | typeof READY): Body {
  const bytes = Buffer.from(JSON.stringify(job))
  return {
    bytes: bytes.length,
    stream: (async function* () {
      yield bytes
    })(),
  }
}
