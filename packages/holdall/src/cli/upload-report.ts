import type { StoredFile, UploadError, UploadProgress } from '@holdall/client'
import { formatBytes, formatDuration, formatPortion } from '../web/format.ts'
import type { CommandIo } from './arguments.ts'
import { progressLine } from './progress.ts'

/** Where nobody watches a line being written over, a long upload still says so often that it lives. */
const PLAIN_EVERY_MS = 10_000

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
  failed(file: Named, error: UploadError): void
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
  let saidAt = now()

  function end(file: Named): void {
    running.delete(file)
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
    line.draw(sent, total, () => [...what(), ...pace(running.values(), total - sent)].join(' · '))
    if (terminal || now() - saidAt < PLAIN_EVERY_MS) return
    saidAt = now()
    const share = `${Math.floor((sent / Math.max(1, total)) * 100)}%`
    io.stderr.write(`${[...what(), share, ...pace(running.values(), total - sent)].join(', ')}\n`)
  }

  function what(): string[] {
    const [only] = files
    return files.length === 1 && only ? [only.name] : [`${ended} of ${files.length} files`]
  }

  return {
    ended: end,
    progress(file, progress) {
      running.set(file, progress)
      if (progress.compared === undefined && !goesOn.has(file)) {
        goesOn.add(file)
        if (progress.sent > 0 && progress.inFlight === 0) {
          line.clear()
          io.stderr.write(`${file.name}: going on, ${formatPortion(progress.sent, file.size)} are there already.\n`)
        }
      }
      say()
    },
    done(file, { file_id }) {
      end(file)
      io.stdout.write(`${file_id}  ${file.name}  ${formatBytes(file.size)}\n`)
    },
    failed(file, error) {
      end(file)
      io.stderr.write(`${file.name}: ${error.message}${nextStep(error)}\n`)
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
function pace(running: Iterable<UploadProgress>, left: number): string[] {
  const all = [...running]
  const speed = all.reduce((sum, progress) => sum + (progress.speed ?? 0), 0)
  if (speed > 0) return [`${formatBytes(speed)}/s`, ...(left > 0 ? [`${formatDuration(left / speed)} left`] : [])]
  const comparing = all.find(({ compared }) => compared !== undefined)
  if (comparing) return [`comparing with what is there, ${formatBytes(comparing.compared ?? 0)}`]
  const waiting = all.find(({ retryIn }) => retryIn !== undefined)
  if (waiting) return [`no answer, tried again in ${formatDuration(waiting.retryIn ?? 0)}`]
  return all.some(({ phase }) => phase === 'finishing') ? ['finishing'] : []
}

/** For programs: one JSON object a line. */
export function jsonReport(io: CommandIo): UploadReport {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  const shown = new Map<Named, string>()
  return {
    progress(file, { phase, sent, total, speed, retryIn, compared }) {
      if (compared !== undefined) return
      // A percent at a time, so that a gigabyte is a hundred lines and not thousands.
      const step = `${phase} ${total === 0 ? 100 : Math.floor((sent / total) * 100)}`
      if (shown.get(file) === step) return
      shown.set(file, step)
      const more = { ...(speed && { speed: Math.round(speed) }), ...(retryIn && { retry_in: Math.round(retryIn) }) }
      write({ event: 'progress', filename: file.name, phase, sent, total, ...more })
    },
    done: ({ name, size }, { file_id, url }) => write({ event: 'done', file_id, filename: name, size, url }),
    failed: ({ name }, { code, message, sessionUrl }) =>
      write({ event: 'failed', filename: name, code, error: message, resumable: sessionUrl !== undefined }),
  }
}
