import { type StoredFile, UploadError, type UploadTarget, upload } from '@holdall/client'
import { announce } from './announce.ts'
import { acceptList, accepts } from './files.ts'
import { formatBytes, formatCount, formatDuration, formatLimit } from './format.ts'
import { createLimit, type Limit } from './limit.ts'
import { createRate, type Rate } from './rate.ts'
import { uploadEnded, uploadStarted } from './running.ts'

/** Numbers beside a bar change at most this often, in milliseconds; the bar itself moves freely. */
const NUMBERS_EVERY = 1000
export const CONCURRENCY = 3
/** Pictures up to this size are shown while they are sent; larger ones would be decoded whole for a thumbnail. */
const LARGEST_PREVIEW = 30_000_000
const PREVIEWED = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp', 'image/avif'])

export type TaskState = 'waiting' | 'sending' | 'finishing' | 'pausing' | 'done' | 'failed' | 'cancelled'

/** One file on its way. Read it; change it through its methods. */
export interface Task {
  readonly key: number
  readonly file: File
  /** An object URL of the picture itself, for as long as the page lives. */
  readonly preview: string | null
  readonly state: TaskState
  readonly sent: number
  /** bytes a second */
  readonly rate: number | null
  /** "8.4 MB/s · 4 s left", or "" */
  readonly pace: string
  readonly error: string | null
  /** It is the file that is not taken: trying again would change nothing. */
  readonly refused: boolean
  readonly stored: StoredFile | null
  cancel(): void
  retry(): void
}

export interface UploadRules {
  /** Who takes the files: a column or a source. */
  readonly name?: string | null
  readonly accept?: string | null
  /** bytes */
  readonly maxSize?: number | null
}

export interface UploadsOptions {
  readonly target: () => UploadTarget
  readonly rules: () => UploadRules
  readonly changed: () => void
  readonly stored?: (task: Task, stored: StoredFile) => void
  readonly failed?: (task: Task) => void
  /** All are done, failed or cancelled. */
  readonly settled?: (tasks: readonly Task[]) => void
  readonly limit?: Limit
}

export interface Uploads {
  readonly tasks: readonly Task[]
  /** How many have neither ended nor failed. */
  readonly pending: number
  /** Starts them; `before` hears of the tasks before anything happens to them. */
  add(files: Iterable<File>, before?: (tasks: readonly Task[]) => void): Task[]
  /** Forgets a task, and cancels it first. */
  remove(task: Task): void
}

/** All cells and fields of a page share one limit, so that ten drops do not open thirty connections. */
const pageLimit = createLimit(() => CONCURRENCY)
let keys = 0

export function isPending(task: Task): boolean {
  return task.state !== 'done' && task.state !== 'failed' && task.state !== 'cancelled'
}

/** Whole bytes of several tasks, for one bar over all of them. A done task counts in full, a cancelled one not at all. */
export function overall(tasks: readonly Task[]): { sent: number; total: number } {
  let sent = 0
  let total = 0
  for (const task of tasks) {
    if (task.state === 'cancelled') continue
    total += task.file.size
    sent += task.state === 'done' ? task.file.size : task.sent
  }
  return { sent, total }
}

export function createUploads(options: UploadsOptions): Uploads {
  const limit = options.limit ?? pageLimit
  let tasks: Task[] = []
  const quarters = createQuarters()

  function ended(task: Task): void {
    // What arrived is attached before anybody hears that nothing is pending any more.
    if (task.state === 'done' && task.stored) options.stored?.(task, task.stored)
    options.changed()
    if (task.state === 'failed') {
      announce(`${task.file.name} failed: ${task.error}`)
      options.failed?.(task)
    }
    if (tasks.some(isPending)) return
    const done = tasks.filter((one) => one.state === 'done')
    if (done.length > 0)
      announce(done.length === 1 ? `${done[0]?.file.name} uploaded` : `${formatCount(done.length, 'file')} uploaded`)
    quarters.reset()
    options.settled?.(tasks)
  }

  function progressed(): void {
    const { sent, total } = overall(tasks)
    const quarter = quarters.reached(sent, total)
    if (quarter !== null) announce(`${quarter}% uploaded`)
    options.changed()
  }

  return {
    get tasks() {
      return tasks
    },
    get pending() {
      return tasks.filter(isPending).length
    },
    add(files, before) {
      const added = [...files].map((file) => createTask(file, options, limit, progressed, ended))
      tasks = [...tasks, ...added]
      before?.(added)
      if (added.length === 1) announce(`Uploading ${added[0]?.file.name}`)
      else if (added.length > 1) announce(`Uploading ${formatCount(added.length, 'file')}`)
      for (const task of added) task.retry()
      options.changed()
      return added
    },
    remove(task) {
      task.cancel()
      tasks = tasks.filter((one) => one !== task)
      if (task.preview && task.state !== 'done') URL.revokeObjectURL(task.preview)
      options.changed()
    },
  }
}

/** Why a file need not be sent at all, in words; null when only the server can tell. */
export function refusal(file: File, rules: UploadRules): string | null {
  if (!accepts(rules.accept, file.name, file.type)) {
    return `${rules.name || 'This place'} takes ${acceptList(rules.accept) ?? 'other types'}.`
  }
  if (rules.maxSize !== null && rules.maxSize !== undefined && file.size > rules.maxSize) {
    return `${formatBytes(file.size)} is too large: ${rules.name || 'this place'} takes up to ${formatLimit(rules.maxSize)}.`
  }
  return null
}

/** Statuses of answers about the file itself: the same file would be answered the same. */
const REFUSES_THE_FILE = new Set([400, 413, 415, 422])

type Draft = { -readonly [Key in keyof Task]: Task[Key] }

function createTask(
  file: File,
  options: UploadsOptions,
  limit: Limit,
  progressed: () => void,
  ended: (task: Task) => void,
): Task {
  keys += 1
  const rate = createRate()
  let cancelling = new AbortController()
  let numbersAt = 0
  const task: Draft = {
    key: keys,
    file,
    preview: PREVIEWED.has(file.type) && file.size <= LARGEST_PREVIEW ? URL.createObjectURL(file) : null,
    state: 'waiting',
    sent: 0,
    rate: null,
    pace: '',
    error: null,
    refused: false,
    stored: null,
    cancel() {
      if (!isPending(task)) return
      task.state = 'cancelled'
      cancelling.abort()
      ended(task)
    },
    retry() {
      const refused = refusal(file, options.rules())
      if (refused !== null) {
        task.refused = true
        fail(task, refused)
        ended(task)
        return
      }
      Object.assign(task, { state: 'waiting', sent: 0, error: null, pace: '', rate: null })
      rate.reset()
      cancelling = new AbortController()
      limit.run(() => send(cancelling.signal))
    },
  }

  async function send(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    task.state = 'sending'
    uploadStarted()
    try {
      const stored = await upload(file, options.target(), {
        signal,
        onProgress({ phase, sent, total, retryIn }) {
          task.state = phase === 'waiting' ? 'pausing' : phase
          task.sent = sent
          if (phase === 'waiting') rate.reset()
          else rate.add(sent)
          const now = performance.now()
          if (phase === 'waiting' || now - numbersAt >= NUMBERS_EVERY) {
            numbersAt = now
            task.rate = rate.perSecond()
            task.pace = retryIn === undefined ? pace(rate, total - sent) : `tried again in ${formatDuration(retryIn)}`
          }
          progressed()
        },
      })
      task.stored = stored
      task.state = 'done'
    } catch (error) {
      if (signal.aborted) return
      task.refused = error instanceof UploadError && REFUSES_THE_FILE.has(error.status)
      fail(task, error instanceof UploadError ? error.message : 'The upload failed. Retry sends the file again.')
    } finally {
      uploadEnded()
      if (!signal.aborted) ended(task)
    }
  }
  return task
}

function fail(task: Draft, error: string): void {
  task.state = 'failed'
  task.error = error
}

function pace(rate: Rate, left: number): string {
  const perSecond = rate.perSecond()
  return perSecond === null ? '' : `${formatBytes(perSecond)}/s · ${formatDuration(left / perSecond)} left`
}

/** Progress is told at each quarter, not at every percent. */
function createQuarters(): { reached(sent: number, total: number): 25 | 50 | 75 | null; reset(): void } {
  let told = 0
  return {
    reached(sent, total) {
      const quarter = total === 0 ? 0 : Math.min(3, Math.floor((sent / total) * 4))
      if (quarter <= told) return null
      told = quarter
      return (quarter * 25) as 25 | 50 | 75
    },
    reset() {
      told = 0
    },
  }
}
