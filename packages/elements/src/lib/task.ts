import type { StoredFile, Transfer, UploadProgress } from '@holdall/client'
import { sayBeingSent } from './elsewhere.ts'
import type { Limits } from './limit.ts'
import { createMeter } from './meter.ts'
import { createPicture } from './picture.ts'
import { refusal, type UploadRules } from './refusal.ts'
import type { Transfers } from './transfers.ts'
import { failureOf, whyAnew } from './why-failed.ts'

/**
 * `comparing`: what storage has of an earlier upload is compared with the file. `finishing`: all is sent, and the server
 * makes the file of it; `making`: it goes on with that by itself, whether this page stays or not. `retrying`: it is tried
 * again by itself in a moment.
 */
export type TaskState =
  | 'waiting'
  | 'comparing'
  | 'sending'
  | 'finishing'
  | 'making'
  | 'retrying'
  | 'paused'
  | 'done'
  | 'failed'
  | 'cancelled'

/** One file on its way. Read it; change it through its methods. */
export interface Task<Result = StoredFile> {
  readonly key: number
  readonly file: File
  /** bytes of the file */
  readonly size: number
  /** An object URL of the picture itself, for as long as the page lives. */
  readonly preview: string | null
  readonly state: TaskState
  /** bytes, for a bar: those that left this computer while it is sent, and those that are kept when it stands */
  readonly sent: number
  /** bytes that were there before this page began: of an upload that was not finished then */
  readonly resumed: number
  /** bytes that stay in storage when this stops; 0 for a file that goes in one piece */
  readonly kept: number
  /** bytes that were compared, and how many there are to compare where that is known */
  readonly compared: number
  readonly comparable: number | null
  /** "8.4 MB/s · 4 s left", or "" */
  readonly pace: string
  /** Seconds until it is tried again. */
  readonly retryIn: number
  /** While it is sent: for how many seconds nothing has moved, and who is waited for; null while something does. */
  readonly still: { readonly seconds: number; readonly to: 'server' | 'storage' } | null
  /** What is to be known of it and is no failure. */
  readonly note: string | null
  readonly error: string | null
  /** It is the file that is not taken: trying again would change nothing. */
  readonly refused: boolean
  /** It failed because the storage lets nothing in from this page. */
  readonly keptOut: boolean
  readonly stored: Result | null
  /** Whether it can be stopped without losing what was sent. */
  readonly pausable: boolean
  /** A file that goes in one piece and is on its way is sent to its end: nothing happens. */
  pause(): void
  resume(): void
  /** Starts it, and tries again what failed, from what is kept. */
  retry(): void
  /** Stops it for good, or until `bringBack`; what is kept stays in storage. */
  setAside(): void
  bringBack(): Promise<void>
  /** Stops it, and nothing of it stays behind, unless it comes too late: then it is done. Rejects when the server could not be told. */
  discard(): Promise<void>
  /** Its bytes are no picture, whatever its name says. */
  dropPreview(): void
  /** Time passes. */
  tick(): void
}

export interface TaskOptions<Result> {
  readonly transfers: Transfers<Result>
  readonly rules: (file: File) => UploadRules
  readonly limits: Limits
  /** Bytes that storage has of an unfinished upload of this name and size. */
  readonly begun: (file: File) => number | null
  readonly changed: (task: Task<Result>, before: TaskState) => void
  /** @param bytes that left since it was told last */
  readonly progressed: (task: Task<Result>, bytes: number) => void
}

type Draft<Result> = { -readonly [Key in keyof Task<Result>]: Task<Result>[Key] }

let keys = 0

export function isPending({ state }: Pick<Task<unknown>, 'state'>): boolean {
  return state !== 'done' && state !== 'failed' && state !== 'cancelled'
}

/** Whether it has one of the places of those that are sent together. */
export function isActive({ state }: Pick<Task<unknown>, 'state'>): boolean {
  return state === 'sending' || state === 'comparing' || state === 'finishing' || state === 'retrying'
}

/** It waits until `retry` starts it. @param note what is to be known of it from the beginning */
export function createTask<Result>(file: File, note: string | null, options: TaskOptions<Result>): Task<Result> {
  keys += 1
  const { size } = file
  const { transfers } = options
  const limit = size > transfers.wholeUpTo ? options.limits.inParts : options.limits.whole
  const meter = createMeter()
  let transfer: Transfer<Result> | undefined
  let watched: Promise<Result> | undefined
  let leave: (() => void) | undefined
  /** While it is not known whether giving it up came in time. */
  let leaving: Promise<void> | undefined
  /** Whether this page's own upload has said how much was there before. */
  let counted = false
  /** Counts the times that it queued; only the last one counts. */
  let turn = 0
  const picture = createPicture(file)

  const task: Draft<Result> = {
    key: keys,
    file,
    size,
    get preview() {
      return picture.url
    },
    state: 'waiting',
    sent: 0,
    resumed: 0,
    kept: 0,
    compared: 0,
    comparable: null,
    get pace() {
      return meter.pace
    },
    get retryIn() {
      return meter.retryIn
    },
    get still() {
      return task.state === 'sending' ? meter.still : null
    },
    note,
    error: null,
    refused: false,
    keptOut: false,
    stored: null,
    get pausable() {
      if (size <= transfers.wholeUpTo || !isActive(task) || task.state === 'finishing') return false
      return transfer?.resumable === true || !meter.begun
    },
    pause() {
      if (task.state === 'waiting') return stand('paused')
      if (!task.pausable) return
      transfer?.pause()
      if (transfer?.state === 'paused') stand('paused')
    },
    resume() {
      if (task.state === 'paused') enqueue()
    },
    retry() {
      const refused = refusal(file, options.rules(file))
      task.refused = refused !== null
      task.keptOut = false
      task.error = refused
      if (refused === null) enqueue()
      else stand('failed')
    },
    setAside() {
      if (task.state === 'done' || task.state === 'cancelled') return
      // What has been sent to its end cannot stand still.
      if (task.state === 'finishing') giveUp()?.catch(() => undefined)
      else transfer?.pause()
      stand('cancelled')
    },
    async bringBack() {
      await leaving?.catch(() => undefined)
      if (task.state === 'cancelled') task.retry()
    },
    async discard() {
      if (task.state === 'done') return
      const discarded = giveUp()
      task.setAside()
      picture.drop()
      await discarded
    },
    dropPreview() {
      picture.drop()
      options.progressed(task, 0)
    },
    tick: meter.tick,
  }

  function giveUp(): Promise<void> | undefined {
    leaving ??= transfer?.cancel().finally(() => {
      leaving = undefined
    })
    return leaving
  }

  function become(state: TaskState): void {
    const before = task.state
    if (before === state) return
    task.state = state
    options.changed(task, before)
  }

  /** It neither is sent any more nor waits for that. */
  function stand(state: 'paused' | 'done' | 'failed' | 'cancelled'): void {
    turn += 1
    meter.rest()
    if (task.kept > 0 && state !== 'done') task.sent = task.kept
    leave?.()
    leave = undefined
    become(state)
  }

  /** What was under way already goes before what has not begun. */
  function enqueue(): void {
    turn += 1
    const own = turn
    become('waiting')
    limit.run(async () => {
      if (own === turn) await run()
    }, transfer !== undefined)
  }

  function run(): Promise<void> {
    const place = Promise.withResolvers<void>()
    const said = size > transfers.wholeUpTo ? sayBeingSent(transfers.place(), file) : undefined
    leave = () => {
      said?.()
      place.resolve()
    }
    // What it has said once, it does not look for again.
    if (meter.begun) task.comparable = null
    meter.start()
    task.compared = 0
    if (transfer === undefined || transfer.state === 'cancelled') {
      task.sent = 0
      task.resumed = 0
      counted = false
      task.comparable = options.begun(file)
      // It lies in storage, whatever becomes of this.
      task.kept = task.comparable ?? 0
      transfer = transfers.start(file, { onProgress, handedOver })
    } else transfer.resume()
    // After a pause it is still the same promise.
    if (transfer.finished !== watched) {
      watched = transfer.finished
      const own = watched
      watched.then(
        (stored) => own === watched && succeeded(stored),
        (error: unknown) => own === watched && failed(error),
      )
    }
    become('sending')
    return place.promise
  }

  function onProgress(progress: UploadProgress): void {
    if (!isActive(task) && task.state !== 'making') return
    if (progress.compared !== undefined) {
      task.compared = Math.max(task.compared, progress.compared)
      task.kept = task.comparable ?? task.compared
      become('comparing')
      options.progressed(task, 0)
      return
    }
    const first = !meter.begun
    const gained = meter.read(progress)
    if (meter.begun) {
      if (first && progress.sent === 0 && (task.compared > 0 || task.comparable !== null))
        task.note = whyAnew(task.compared)
      task.sent = meter.moved
      if (!counted) task.resumed = progress.sent
      counted = true
      task.kept = transfer?.resumable ? progress.sent : 0
    }
    become(progress.phase === 'waiting' ? 'retrying' : progress.phase)
    options.progressed(task, gained)
  }

  /** Others may be sent in its place, and other pages need not leave it alone. */
  function handedOver(): void {
    if (!isActive(task)) return
    task.sent = size
    task.note = null
    meter.rest()
    leave?.()
    leave = undefined
    become('making')
  }

  function succeeded(stored: Result): void {
    task.stored = stored
    // Ten thousand that are done keep no more than what is shown of them.
    transfer = undefined
    watched = undefined
    task.sent = size
    task.note = null
    stand('done')
  }

  function failed(error: unknown): void {
    if (task.state === 'cancelled') return
    const { refused, keptOut, words } = failureOf(error, task.kept)
    task.refused = refused
    task.keptOut = keptOut
    task.error = words
    // What is kept of a file that is no more, or not taken, helps nobody.
    if (task.refused) transfer?.cancel().catch(() => undefined)
    stand('failed')
  }
  return task
}
