import type { StoredFile, UploadError, UploadProgress } from '@holdall/client'
import { formatBytes, formatDuration, formatPortion } from '../web/format.ts'
import type { CommandIo } from './arguments.ts'
import { progressLine } from './progress.ts'

/** Where nobody watches a line being written over, a long upload still says so often that it lives. */
const PLAIN_EVERY_MS = 10_000
/** Without a byte for so long, what is said is that nothing moves. */
const STILL_MS = 5_000
const TICK_MS = 1_000

/** A file of the command line. */
export interface Named {
  readonly name: string
  /** bytes */
  readonly size: number
}

/** What is said of uploads while they run. */
export interface UploadReport {
  progress(file: Named, progress: UploadProgress): void
  done(file: Named, stored: StoredFile): void
  /** The source has it already: it is not sent. */
  there(file: Named, stored: StoredFile): void
  /** @param kept whether what was sent is there still, where more is known of it than that it was begun */
  failed(file: Named, error: UploadError, kept?: boolean): void
  /** At the end, where what was there was skipped. */
  counted(counts: UploadCounts): void
}

export interface UploadCounts {
  readonly uploaded: number
  readonly there: number
  readonly failed: number
}

/** A report whose line can be taken away, for what is said after it. */
export interface TextReport extends UploadReport {
  ended(file: Named): void
}

/** For people: a line that moves on a terminal, plain lines elsewhere. */
export function textReport(files: readonly Named[], io: CommandIo, now = () => performance.now()): TextReport {
  const terminal = io.stdout.isTTY === true
  const line = progressLine(io.stderr, terminal, now, io.stdout.columns)
  const running = new Map<Named, UploadProgress>()
  const goesOn = new Set<Named>()
  const total = files.reduce((sum, { size }) => sum + size, 0)
  let ended = 0
  let endedBytes = 0
  let told: string | undefined
  let saidAt = now()
  let movedAt = now()
  let clock: ReturnType<typeof setInterval> | undefined

  function end(file: Named): void {
    running.delete(file)
    movedAt = now()
    if (running.size === 0) {
      clearInterval(clock)
      clock = undefined
    }
    ended += 1
    endedBytes += file.size
    line.clear()
  }

  function sentSoFar(): number {
    let sent = endedBytes
    for (const progress of running.values()) sent += progress.sent + (progress.inFlight ?? 0)
    return sent
  }

  function say(): void {
    const sent = sentSoFar()
    line.draw(sent, total, () => [...what(), ...moving(total - sent)].join(' · '))
    if (terminal || now() - saidAt < PLAIN_EVERY_MS) return
    saidAt = now()
    const share = `${Math.floor((sent / Math.max(1, total)) * 100)}%`
    io.stderr.write(`${[...what(), share, ...moving(total - sent)].join(', ')}\n`)
  }

  function moving(left: number): string[] {
    const all = [...running.values()]
    const still = now() - movedAt
    if (left <= 0 && all.length > 0) return ending(all, still)
    const stuck = still >= STILL_MS ? all.find(({ phase }) => phase === 'sending') : undefined
    if (stuck === undefined) return pace(all, left)
    return [...triedAgain(all), `the ${stuck.to ?? 'server'} has been silent for ${formatDuration(still / 1_000)}`]
  }

  function what(): string[] {
    const [only] = files
    return files.length === 1 && only ? [only.name] : [`${ended} of ${files.length} files`]
  }

  return {
    ended: end,
    progress(file, progress) {
      running.set(file, progress)
      if (progress.still === undefined && progress.phase !== 'waiting') movedAt = now()
      // What stands still reports nothing.
      clock ??= setInterval(say, TICK_MS).unref()
      if (progress.compared === undefined && !goesOn.has(file)) {
        goesOn.add(file)
        if (progress.sent > 0 && progress.inFlight === 0) {
          line.clear()
          io.stderr.write(`${file.name}: going on, ${formatPortion(progress.sent, file.size)} are there already.\n`)
        }
      }
      // Said when it happens: whoever mistyped an address does not want to wait until all attempts are used up.
      if (progress.reason !== undefined && told !== progress.reason) {
        told = progress.reason
        line.clear()
        io.stderr.write(`${file.name}: ${told} It is tried again by itself; Ctrl-C stops.\n`)
      }
      say()
    },
    done(file, { file_id }) {
      end(file)
      io.stdout.write(`${file_id}  ${file.name}  ${formatBytes(file.size)}\n`)
    },
    there(file, { file_id }) {
      end(file)
      io.stdout.write(`already there: ${file_id}  ${file.name}  ${formatBytes(file.size)}\n`)
    },
    failed(file, error) {
      end(file)
      io.stderr.write(`${file.name}: ${error.message}${nextStep(error)}\n`)
    },
    counted({ uploaded, there, failed }) {
      line.clear()
      io.stderr.write(`${uploaded} uploaded, ${there} already there${failed > 0 ? `, ${failed} failed` : ''}.\n`)
    },
  }
}

function nextStep({ status, sessionUrl }: UploadError): string {
  if (status === 401) {
    return ' Make a token, with "holdall token create NAME" or on the page "Tokens and sessions", and give it as HOLDALL_TOKEN or after --token.'
  }
  return sessionUrl === undefined ? '' : ' Run the same command again to go on.'
}

/** `98.2 MB/s`, `12 s left`; or why nothing moves. */
function pace(all: readonly UploadProgress[], left: number): string[] {
  const speed = all.reduce((sum, progress) => sum + (progress.speed ?? 0), 0)
  if (speed > 0) return [...triedAgain(all), `${formatBytes(speed)}/s`, `${formatDuration(left / speed)} left`]
  const comparing = all.find(({ compared }) => compared !== undefined)
  if (comparing) return [`comparing with what is there, ${formatBytes(comparing.compared ?? 0)}`]
  const pause = pauseOf(all)
  return pause.length > 0 ? pause : triedAgain(all)
}

/** What is waited for once all has left this computer. @param still milliseconds in which nothing has moved */
function ending(all: readonly UploadProgress[], still: number): string[] {
  const pause = pauseOf(all)
  if (pause.length > 0) return pause
  const unconfirmed = all.reduce((sum, { total, sent }) => sum + total - sent, 0)
  if (unconfirmed > 0) {
    const since = still >= STILL_MS ? [formatDuration(still / 1_000)] : []
    return [...triedAgain(all), `waiting until ${formatBytes(unconfirmed)} are confirmed`, ...since]
  }
  if (all.every(({ phase }) => phase !== 'finishing')) return []
  return [all.length === 1 ? 'the server is checking it' : 'the server is checking them']
}

function pauseOf(all: readonly UploadProgress[]): string[] {
  const waiting = all.find(({ retryIn }) => retryIn !== undefined)
  return waiting === undefined ? [] : [`no answer, tried again in ${formatDuration(waiting.retryIn ?? 0)}`]
}

/** Parts that broke: they were counted when they first left, and what is shown stands until they have caught up. */
function triedAgain(all: readonly UploadProgress[]): string[] {
  const parts = all.reduce((sum, { again = 0 }) => sum + again, 0)
  return parts === 0 ? [] : [parts === 1 ? '1 part is sent again' : `${parts} parts are sent again`]
}

/** For programs: one JSON object a line. */
export function jsonReport(io: CommandIo): UploadReport {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  const shown = new Map<Named, string>()
  return {
    progress(file, { phase, sent, total, speed, retryIn, reason, compared }) {
      if (compared !== undefined) return
      // A percent at a time, so that a gigabyte is a hundred lines and not thousands.
      const step = `${phase} ${total === 0 ? 100 : Math.floor((sent / total) * 100)}`
      if (shown.get(file) === step) return
      shown.set(file, step)
      const more = {
        ...(speed && { speed: Math.round(speed) }),
        ...(retryIn && { retry_in: Math.round(retryIn) }),
        ...(reason && { reason }),
      }
      write({ event: 'progress', filename: file.name, phase, sent, total, ...more })
    },
    done: ({ name, size }, { file_id, url }) => write({ event: 'done', file_id, filename: name, size, url }),
    there: ({ name, size }, { file_id, url }) => write({ event: 'there', file_id, filename: name, size, url }),
    counted: (counts) => write({ event: 'counted', ...counts }),
    failed: ({ name }, { code, message, sessionUrl }, kept = true) =>
      write({ event: 'failed', filename: name, code, error: message, resumable: sessionUrl !== undefined && kept }),
  }
}
