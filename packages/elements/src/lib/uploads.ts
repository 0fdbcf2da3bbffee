import type { StoredFile } from '@holdall/client'
import { announce } from './announce.ts'
import { createBusyTime } from './busy-time.ts'
import { formatCount } from './format.ts'
import { createLimits, type Limits } from './limit.ts'
import { createPace } from './pace.ts'
import type { UploadRules } from './refusal.ts'
import { type Standing, uploadMoved } from './running.ts'
import { createTask, isActive, isPending, type Task, type TaskState } from './task.ts'
import { createFailures, createQuarters, createTelling, sayComparison } from './telling.ts'
import type { Transfers } from './transfers.ts'

export const CONCURRENCY = 3
/** Milliseconds between two tellings of what goes on by itself; what somebody pressed is told at once. */
const TELL_EVERY = 100
/** With so many files nobody follows each of them, and drawing is what costs. */
const MANY = 60
const TELL_MANY_EVERY = 300
const TICK = 1000

export interface UploadsOptions<Result> {
  readonly transfers: Transfers<Result>
  readonly rules: (file: File) => UploadRules
  readonly changed: () => void
  readonly stored?: (task: Task<Result>, stored: Result) => void
  /** It was set aside, and is stored all the same: it stands in the list again. Without this nobody hears of it. */
  readonly late?: (task: Task<Result>) => void
  readonly failed?: (task: Task<Result>) => void
  /** All are done, failed or cancelled. */
  readonly settled?: (tasks: readonly Task<Result>[]) => void
  /** Bytes that storage has of an unfinished upload of this name and size. */
  readonly begun?: (file: File) => number | null
  /** What is to be known of a file before it is sent. */
  readonly note?: (file: File) => string | null
  readonly limits?: Limits
}

export interface Uploads<Result = StoredFile> {
  readonly tasks: readonly Task<Result>[]
  /** How many have neither ended nor failed. */
  readonly pending: number
  /** Bytes a second and seconds left of all together; null while there is nothing to say. Changes once a second. */
  readonly pace: { readonly speed: number; readonly left: number | null } | null
  /** Milliseconds in which something was sent, since the list was last empty: no pauses, and nothing that was only compared. */
  readonly busy: number
  /** Starts them; `before` hears of the tasks before anything happens to them. */
  add(files: Iterable<File>, before?: (tasks: readonly Task<Result>[]) => void): Task<Result>[]
  /** Stops tasks and takes them from the list; what is kept of them stays in storage until it is said what becomes of it. */
  setAside(...tasks: readonly Task<Result>[]): SetAside
}

/** Uploads that stand still and are in no list. */
export interface SetAside {
  /** They go on, at the end of the list. */
  bringBack(): void
  /** Resolves when nothing of them is left in storage, or when nobody could be told. */
  discard(): Promise<void>
}

/** All cells and fields of a page share their places, so that ten drops do not open thirty connections. */
const pageLimits = createLimits(() => CONCURRENCY)

/** Those that can be sent once the storage lets this page in. */
export function keptOutOf<Result>(tasks: readonly Task<Result>[]): Task<Result>[] {
  return tasks.filter(({ state, keptOut }) => state === 'failed' && keptOut)
}

/** Bytes that were sent from this page, and not what was there of them before. */
export function sentHere(tasks: readonly Task<unknown>[]): number {
  let sent = 0
  for (const task of tasks) if (task.state !== 'cancelled') sent += Math.max(0, task.sent - task.resumed)
  return sent
}

/** Whole bytes of several tasks, for one bar over all of them. A done task counts in full, a cancelled one not at all. */
export function overall(tasks: readonly Task<unknown>[]): { sent: number; total: number } {
  let sent = 0
  let total = 0
  for (const task of tasks) {
    if (task.state === 'cancelled' || task.refused) continue
    total += task.size
    sent += task.sent
  }
  return { sent, total }
}

export function createUploads<Result>(options: UploadsOptions<Result>): Uploads<Result> {
  const limits = options.limits ?? pageLimits
  const all = new Set<Task<Result>>()
  let list: readonly Task<Result>[] | null = null
  let pending = 0
  let active = 0
  let pace: Uploads['pace'] = null
  const going = createPace()
  const busy = createBusyTime()
  const quarters = createQuarters()
  const failures = createFailures()
  const tell = createTelling(options.changed, () => (all.size > MANY ? TELL_MANY_EVERY : TELL_EVERY))
  let clock: ReturnType<typeof setInterval> | undefined

  function tasks(): readonly Task<Result>[] {
    list ??= [...all]
    return list
  }

  function changed(task: Task<Result>, before: TaskState): void {
    const { state } = task
    if (before === 'cancelled' && state === 'done') {
      cameTooLate(task)
      return
    }
    uploadMoved(standingOf(before, task), standingOf(state, task))
    const was = { state: before }
    going.changed(task, before, Math.max(1, active))
    pending += Number(isPending(task)) - Number(isPending(was))
    active += Number(isActive(task)) - Number(isActive(was))
    busy.count(Number(isSending(task)) - Number(isSending(was)))
    keepTime()
    sayComparison(task, before)
    if (state === 'done' || state === 'failed' || state === 'cancelled') ended(task, before)
    else if (state === 'paused' || before === 'paused') tell.now()
    else tell.soon()
  }

  function cameTooLate(task: Task<Result>): void {
    if (options.late === undefined || !task.stored) return
    all.add(task)
    list = null
    options.stored?.(task, task.stored)
    options.late(task)
    tell.now()
  }

  function ended(task: Task<Result>, before: TaskState): void {
    // What arrived is attached before anybody hears that nothing is pending any more.
    if (task.state === 'done' && task.stored) options.stored?.(task, task.stored)
    if (task.state === 'failed') {
      failures.add(task)
      options.failed?.(task)
    }
    if (pending > 0 && task.state !== 'cancelled') {
      tell.soon()
      return
    }
    tell.now()
    if (pending > 0 || !isPending({ state: before })) return
    failures.say()
    const done = tasks().filter((one) => one.state === 'done')
    if (done.length > 0)
      announce(done.length === 1 ? `${done[0]?.file.name} uploaded` : `${formatCount(done.length, 'file')} uploaded`)
    quarters.reset()
    options.settled?.(tasks())
  }

  function progressed(_task: Task<Result>, bytes: number): void {
    going.moved(bytes)
    tell.soon()
  }

  /** A clock runs while something is sent. */
  function keepTime(): void {
    if (active === 0) {
      clearInterval(clock)
      clock = undefined
      pace = null
      going.reset()
    } else clock ??= setInterval(tick, TICK)
  }

  function tick(): void {
    let bytes = 0
    let files = 0
    for (const task of tasks()) {
      if (isActive(task)) task.tick()
      if (!isActive(task) && task.state !== 'waiting') continue
      bytes += task.size - task.sent
      files += 1
    }
    // Comparing, and waiting to try again, is not sending.
    const goesOn = tasks().some((one) => isSending(one) && one.still === null)
    pace = going.next({ bytes, files }, goesOn)
    const { sent, total } = overall(tasks())
    const quarter = quarters.reached(sent, total)
    if (quarter !== null) announce(`${quarter}% uploaded`)
    tell.now()
  }

  return {
    get tasks() {
      return tasks()
    },
    get pending() {
      return pending
    },
    get pace() {
      return pace
    },
    get busy() {
      return busy.total
    },
    add(files, before) {
      if (all.size === 0) busy.reset()
      const added = [...files].map((file) =>
        createTask(file, options.note?.(file) ?? null, {
          transfers: options.transfers,
          rules: options.rules,
          limits,
          begun: options.begun ?? (() => null),
          changed,
          progressed,
        }),
      )
      for (const task of added) {
        all.add(task)
        uploadMoved(null, 'running')
      }
      list = null
      pending += added.length
      before?.(added)
      if (added.length === 1) announce(`Uploading ${added[0]?.file.name}`)
      else if (added.length > 1) announce(`Uploading ${formatCount(added.length, 'file')}`)
      for (const task of added) task.retry()
      tell.now()
      return added
    },
    setAside(...leaving) {
      for (const task of leaving) {
        task.setAside()
        all.delete(task)
      }
      list = null
      tell.now()
      return {
        bringBack() {
          for (const task of leaving) all.add(task)
          list = null
          for (const task of leaving) task.bringBack()
        },
        async discard() {
          // What was brought back in between goes on.
          const gone = leaving.filter(({ state }) => state === 'cancelled')
          await Promise.allSettled(gone.map((task) => task.discard()))
        },
      }
    },
  }
}

function isSending({ state }: Pick<Task<unknown>, 'state'>): boolean {
  return state === 'sending' || state === 'finishing'
}

function standingOf(state: TaskState, { kept }: Task<unknown>): Standing | null {
  if (state === 'done' || state === 'failed' || state === 'cancelled' || state === 'making') return null
  if (state !== 'paused') return 'running'
  return kept > 0 ? 'kept' : 'paused'
}
