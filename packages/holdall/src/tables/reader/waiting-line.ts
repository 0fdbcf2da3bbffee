import { HoldallError } from '../../web/error.ts'
import type { Job } from './job.ts'
import { MAX_WAIT_MS, MAX_WAITING } from './limits.ts'

/** Jobs that wait for a reader: short ones stand before the others, each kind in the order of its coming. */
export interface WaitingLine {
  readonly isFull: boolean
  /** The job is given up when it has waited for too long. */
  add(job: Job): void
  remove(job: Job): void
  /** Each job that gets a place leaves the line and is run there. */
  seat<Place>(placeFor: (job: Job) => Place | null, run: (place: Place, job: Job) => void): void
  some(is: (job: Job) => boolean): boolean
  /** Empties the line. */
  drain(): Job[]
}

/** @param giveUp what happens to a job that waited for too long, with the reason */
export function createWaitingLine(giveUp: (job: Job, reason: HoldallError) => void): WaitingLine {
  const waiting: Job[] = []
  return {
    get isFull() {
      return waiting.length >= MAX_WAITING
    },
    add(job) {
      job.waitTimer = setTimeout(() => giveUp(job, new HoldallError('database_busy')), MAX_WAIT_MS)
      const at = job.short ? waiting.findIndex((other) => !other.short) : -1
      if (at < 0) waiting.push(job)
      else waiting.splice(at, 0, job)
    },
    remove(job) {
      const index = waiting.indexOf(job)
      if (index >= 0) waiting.splice(index, 1)
    },
    seat(placeFor, run) {
      for (let index = 0; index < waiting.length; ) {
        const job = waiting[index] as Job
        const place = placeFor(job)
        if (place === null) {
          index += 1
          continue
        }
        waiting.splice(index, 1)
        run(place, job)
      }
    },
    some: (is) => waiting.some(is),
    drain: () => waiting.splice(0),
  }
}
