import { addressOf, isOwn, parse } from './call.ts'
import { UploadError } from './error.ts'
import { gate } from './gate.ts'
import { checksumOf } from './hash.ts'
import { keptOut } from './kept-out.ts'
import { createLanes } from './lanes.ts'
import type { Progress } from './progress.ts'
import type { Reader } from './reader.ts'
import { rangeOf } from './resume.ts'
import { persist } from './retry.ts'
import type { PartAddress, PartsPlan, Sessions } from './sessions.ts'
import { createSigner, PAGE } from './signer.ts'
import type { Answer, ServerTarget } from './types.ts'
import { Broken, watched } from './watch.ts'

/** Bytes of parts that are in memory at once, at most: large parts go fewer at a time. */
const MOST_MEMORY = 256 * 1024 * 1024
/** How many times the stall timeout an answer may take once all of a part has left. */
const ANSWER_PATIENCE = 3
/** How often in a row one part may be refused for what looks like our mistake before it is believed. */
const MOST_REFUSALS = 3
/** The storage, or what stands before it, is too busy, or took too long. */
const BUSY_STATUS = new Set([408, 429, 503, 504])
const PASSING_STATUS = new Set([...BUSY_STATUS, 425, 500, 502])

export interface PartsJob {
  readonly target: ServerTarget
  readonly plan: PartsPlan
  /** bytes of the file */
  readonly size: number
  readonly reader: Reader
  readonly sessions: Sessions
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly retries: number | undefined
  readonly concurrency: number
  readonly stallTimeout: number
}

/**
 * Sends parts, several at once, and resolves when the storage has acknowledged each of them.
 *
 * @param acknowledged told of each, with its ETag where the storage lets it be seen
 * @throws {UploadError} the first that cannot be got over; nothing is under way any more then
 */
export async function sendParts(
  numbers: readonly number[],
  job: PartsJob,
  acknowledged: (number: number, etag: string | null) => void,
): Promise<void> {
  const { plan, size, reader, progress } = job
  const memory = Math.max(1, Math.floor(MOST_MEMORY / plan.partSize))
  const most = Math.min(job.concurrency, memory, numbers.length)
  const lanes = createLanes(most)
  const failed = new AbortController()
  const signal = AbortSignal.any([job.signal, failed.signal])
  let next = 0
  /** Whether the storage has taken anything, and how often nothing could even be begun. */
  let taken = false
  let unheard = 0
  const signer = createSigner(plan, job.sessions, () => numbers.slice(next, next + PAGE))

  async function work(): Promise<void> {
    const buffer = reader.buffer(Math.min(plan.partSize, size))
    while (next < numbers.length && !signal.aborted) {
      const number = numbers[next] as number
      next += 1
      const { offset, length } = rangeOf(number, plan, size)
      let part: Part | undefined
      let refusals = 0
      async function attempt(): Promise<string | null> {
        const leave = await lanes.enter(signal)
        let outcome: 'good' | 'slow' | 'failed' = 'failed'
        const disconnect = await gate.enter('part', signal).catch((error) => {
          leave(outcome)
          throw error
        })
        try {
          part ??= await readPart(number, offset, length, buffer)
          const answer = await put(part)
          if (answer.status >= 200 && answer.status < 300) {
            outcome = 'good'
            taken = true
            return answer.etag
          }
          refusals += 1
          if (BUSY_STATUS.has(answer.status)) outcome = 'slow'
          throw refusal(number, answer, refusals)
        } catch (error) {
          if (!(error instanceof Broken)) throw error
          if (error.stalled) outcome = 'slow'
          if (!taken && error.nothingSent) unheard += 1
          // More often than there are parts on their way: one of them for the second time.
          throw (unheard > most && (await keptOut(error.url, job.target))) || broken(error)
        } finally {
          disconnect()
          leave(outcome)
        }
      }
      const etag = await persist(attempt, {
        signal,
        ...(job.retries !== undefined && { retries: job.retries }),
        onPause: (seconds) => progress.paused(number, seconds),
      })
      acknowledged(number, etag)
      progress.acknowledged(number, length)
    }
  }

  async function readPart(
    number: number,
    offset: number,
    length: number,
    buffer: Uint8Array<ArrayBuffer> | undefined,
  ): Promise<Part> {
    const bytes = await reader.read(offset, length, buffer)
    return { number, bytes, checksum: plan.checksum === null ? undefined : await checksumOf(plan.checksum, bytes) }
  }

  async function put({ number, bytes, checksum }: Part): Promise<Answer> {
    const answer = await putTo(await signer.addressOf(number, checksum), bytes, number)
    signer.forget(number)
    // Clocks differ and credentials end: an address that is refused is asked for again before anything is made of it.
    if (answer.status !== 403) return answer
    const again = await putTo(await signer.addressOf(number, checksum), bytes, number)
    signer.forget(number)
    return again
  }

  function putTo({ url, headers }: PartAddress, body: Uint8Array<ArrayBuffer>, number: number): Promise<Answer> {
    const address = addressOf(job.target, url)
    progress.begun(number, isOwn(job.target, address) ? 'server' : 'storage')
    return watched({
      method: 'PUT',
      url: address.href,
      headers,
      body,
      size: body.length,
      signal,
      stallTimeout: job.stallTimeout,
      answerTimeout: job.stallTimeout * ANSWER_PATIENCE,
      onSent: (sent) => progress.moved(number, sent),
    })
  }

  const workers = Array.from({ length: most }, () =>
    work().catch((error: unknown) => {
      failed.abort(error)
      throw error
    }),
  )
  const results = await Promise.allSettled(workers)
  if (job.signal.aborted || failed.signal.aborted) throw job.signal.aborted ? job.signal.reason : failed.signal.reason
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

interface Part {
  readonly number: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly checksum: string | undefined
}

function broken({ stalled, cause }: Broken): UploadError {
  const details = { cause, retryable: true }
  return stalled
    ? new UploadError('stalled', 'Nothing moved for a while. What was sent is kept; Retry goes on from there.', details)
    : new UploadError(
        'connection_broken',
        'The connection broke. What was sent is kept; Retry goes on from there.',
        details,
      )
}

/** What a storage says against a part: S3 in XML, Holdall in JSON. */
function refusal(number: number, { status, text, retryAfter }: Answer, refusals: number): UploadError {
  const json = parse(text)
  const code = typeof json?.code === 'string' ? json.code : (/<Code>([^<]{1,100})/.exec(text)?.[1] ?? '')
  const said = typeof json?.error === 'string' ? json.error : (/<Message>([^<]{1,500})/.exec(text)?.[1] ?? code)
  if (status === 404 || status === 410 || code === 'upload_not_open') {
    return new UploadError('upload_gone', 'The upload was given up elsewhere, or took too long. Send the file again.', {
      status,
    })
  }
  if (PASSING_STATUS.has(status)) {
    return new UploadError(
      'storage_refused',
      'The storage is too busy. What was sent is kept; Retry goes on from there.',
      {
        status,
        retryAfter,
        retryable: true,
      },
    )
  }
  const words = said === '' ? `it answered ${status}` : said
  return new UploadError('storage_refused', `The storage refused part ${number}: ${words}`, {
    status,
    retryAfter,
    // A broken line and a clock that was put right look like this too, once or twice.
    retryable: status !== 413 && refusals < MOST_REFUSALS,
  })
}
