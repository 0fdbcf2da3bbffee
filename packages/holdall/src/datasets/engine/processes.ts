import type { Body, Child, ChildLimits, ChildProgram } from '../../files/children/child-process.ts'
import { ChildFailure, startChild } from '../../files/children/child-process.ts'
import type { Job, Outcome } from './jobs.ts'

export interface Processes {
  /**
   * Whoever asks has a turn, so that there is always a place. A process that is aborted is killed.
   *
   * @param files what tells the files of the job from those of others
   * @throws ChildFailure; what the signal was aborted with
   */
  run(job: Job, files: string, signal?: AbortSignal): Promise<{ outcome: Outcome; payload: Buffer }>
  close(): Promise<void>
}

interface Idle {
  readonly child: Child
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
  const idle: Idle[] = []
  const all = new Set<Child>()
  let busy = 0
  let closed = false
  let rest: NodeJS.Timeout | undefined

  function start(): Child {
    const child = startChild(program, limits)
    all.add(child)
    child.ended.then(() => {
      all.delete(child)
      const at = idle.findIndex((entry) => entry.child === child)
      if (at >= 0) idle.splice(at, 1)
    })
    return child
  }

  function take(files: string): Child {
    const fits = (entry: Idle) => entry.child.alive && (entry.files === files || entry.files === undefined)
    const found = idle.findLast((entry) => entry.child.alive && entry.files === files) ?? idle.find(fits)
    if (found === undefined) {
      if (busy + idle.length >= options.max) idle.shift()?.child.kill()
      return start()
    }
    idle.splice(idle.indexOf(found), 1)
    return found.child
  }

  function keepSpares(): void {
    clearTimeout(rest)
    if (closed) return
    const unbound = idle.filter(({ files }) => files === undefined).length
    const room = options.max - busy - unbound
    for (let missing = Math.min(options.spare - unbound, room); missing > 0; missing--) {
      if (busy + idle.length >= options.max)
        idle
          .splice(
            idle.findIndex(({ files }) => files !== undefined),
            1,
          )[0]
          ?.child.kill()
      idle.push({ child: start(), files: undefined })
    }
    rest = setTimeout(retireAll, options.idleMs).unref()
  }

  function retireAll(): void {
    for (const { child } of idle.splice(0)) child.kill()
  }

  return {
    async run(job, files, signal) {
      signal?.throwIfAborted()
      if (closed) throw new ChildFailure('unavailable', 'The server is stopping')
      const child = take(files)
      busy++
      keepSpares()
      const onAbort = () => child.kill()
      signal?.addEventListener('abort', onAbort)
      let outcome: Outcome | undefined
      try {
        const { header, payload } = await child.run({}, bodyOf(job))
        outcome = header as unknown as Outcome
        return { outcome, payload }
      } catch (error) {
        signal?.throwIfAborted()
        throw closed ? new ChildFailure('unavailable', 'The server is stopping', error) : error
      } finally {
        signal?.removeEventListener('abort', onAbort)
        busy--
        if (outcome === undefined || outcome.spent || closed || child.memory() > options.retireBytes) child.kill()
        else if (child.alive) idle.push({ child, files: outcome.bound ? files : undefined })
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

function bodyOf(job: Job): Body {
  const bytes = Buffer.from(JSON.stringify(job))
  return {
    bytes: bytes.length,
    stream: (async function* () {
      yield bytes
    })(),
  }
}
