import type { Called } from './call.ts'
import { UploadError } from './error.ts'
import { follow, isOpenAgain, openAgain, PARTS_MISSING, uploadFailed } from './follow.ts'
import { createProgress } from './progress.ts'
import { uploadPrepared } from './put.ts'
import { createReader } from './reader.ts'
import { claim, compareParts, findEarlier, heldOf, rangeOf } from './resume.ts'
import type { Patience } from './retry.ts'
import { type PartsJob, sendParts } from './send-parts.ts'
import { createSessions, type HeldPart, type PartsPlan, type PutPlan, type Sessions } from './sessions.ts'
import { storedFile } from './stored.ts'
import type { ServerTarget, StoredFile, UploadOptions, UploadSource, UploadTarget } from './types.ts'
import { STALL_TIMEOUT } from './watch.ts'

/** Parts in flight together. */
const CONCURRENCY = 8
/** How often what the storage lacks at the end is sent again, and how often a session that ended is replaced by a new one. */
const MOST_ROUNDS = 3

/** Another upload wrote into this one's session. */
const SHARED = 'upload_shared'
/** The session takes nothing any more: in our words, and in the server's. */
const ENDED = new Set([
  'upload_gone',
  'upload_not_found',
  'upload_not_open',
  'multipart_gone',
  'multipart_session_not_found',
  SHARED,
])

/** What an upload knows of itself when it is stopped, so that it goes on without reading anything again. */
export interface Memory {
  plan?: PartsPlan
  /** The ETag of each part that was acknowledged, where it could be seen. */
  readonly acknowledged: Map<number, string | null>
}

/** What is made of a file in parts, and how that is asked for. */
export interface PartsProtocol<Result> {
  readonly target: ServerTarget
  sessions(patience: Patience, timeout?: number): Sessions
  /** To the end of what `complete` has begun. @throws {UploadError} `upload_parts_missing` when parts must be sent again */
  finish(completed: Called, plan: PartsPlan, patience: Patience): Promise<Result>
  /**
   * What a session that takes nothing any more has become; `undefined` when it is simply no more.
   * @throws {UploadError} `upload_parts_missing` when it takes parts again
   */
  outcome(plan: PartsPlan, gone: UploadError, patience: Patience): Promise<Result | undefined>
  /** One body for all, where the server plans that. */
  single?(plan: PutPlan, sessions: Sessions, signal: AbortSignal): Promise<Result>
}

/** A file as the server plans it: parts that can be taken up again, else one body. */
export async function uploadPlanned(
  file: UploadSource,
  target: UploadTarget,
  options: UploadOptions,
  signal: AbortSignal,
  memory: Memory,
): Promise<StoredFile> {
  return await uploadInParts(file, fileProtocol(file, target, options), options, signal, memory)
}

export async function uploadInParts<Result>(
  file: UploadSource,
  protocol: PartsProtocol<Result>,
  options: UploadOptions,
  signal: AbortSignal,
  memory: Memory,
): Promise<Result> {
  const { retries } = options
  for (let round = 1; ; round += 1) {
    try {
      return await run(file, protocol, round === 1 ? options : { ...options, resume: false }, signal, memory)
    } catch (error) {
      const { plan } = memory
      if (!(error instanceof UploadError) || !ENDED.has(error.code) || plan === undefined) throw error
      let goesOn = false
      if (error.code !== SHARED) {
        try {
          const ended = await protocol.outcome(plan, error, { signal, ...(retries !== undefined && { retries }) })
          if (ended !== undefined) return ended
        } catch (thrown) {
          goesOn = isPartsMissing(thrown)
          if (!goesOn) throw thrown
        }
      }
      if (round >= MOST_ROUNDS) throw error
      if (goesOn) continue
      delete memory.plan
      memory.acknowledged.clear()
    }
  }
}

/** What an upload that cannot be given up any more has become; `undefined` when it is no file. @throws {UploadError} */
export function whatBecame(
  file: UploadSource,
  target: UploadTarget,
  plan: PartsPlan,
  refusal: UploadError,
): Promise<StoredFile | undefined> {
  return fileProtocol(file, target, {}).outcome(plan, refusal, { signal: new AbortController().signal })
}

function isPartsMissing(error: unknown): boolean {
  return error instanceof UploadError && error.code === PARTS_MISSING
}

/** The parts become a file of a source. */
function fileProtocol(file: UploadSource, target: UploadTarget, options: UploadOptions): PartsProtocol<StoredFile> {
  return {
    target,
    sessions: (patience, timeout) => createSessions(target, patience, timeout),
    async finish({ status, body }, _plan, { signal }) {
      return status === 202 ? await follow(String(body.status_url), target, signal) : storedFile(body.file)
    },
    async outcome(plan, gone, patience) {
      const state = await createSessions(target, patience)
        .state(plan.sessionUrl)
        .catch((error: unknown) => {
          if (error instanceof UploadError && error.status === 404) return { status: 'expired' }
          throw error
        })
      if (state.status === 'completed' && 'file' in state) return storedFile(state.file)
      if (state.status === 'completing') return await follow(plan.sessionUrl, target, patience.signal)
      if (state.status === 'failed') throw uploadFailed(state)
      // Somebody gave it up on purpose: it is not begun again behind their back.
      if (state.status === 'aborted') throw gone
      if (isOpenAgain(state, gone)) throw openAgain()
      return undefined
    },
    single: (plan, sessions, signal) => uploadPrepared(file, plan, target, options, sessions, signal),
  }
}

async function run<Result>(
  file: UploadSource,
  protocol: PartsProtocol<Result>,
  options: UploadOptions,
  signal: AbortSignal,
  memory: Memory,
): Promise<Result> {
  const reader = createReader(file)
  const progress = createProgress(file.size, options.onProgress)
  const patience = {
    signal,
    ...(options.retries !== undefined && { retries: options.retries }),
    onPause: (seconds: number, { message }: UploadError) => progress.paused(0, seconds, message),
  }
  const sessions = protocol.sessions(patience, options.stallTimeout)
  // What is sent was found by reading; the file may have been written to since.
  await reader?.check()
  let held: ReadonlyMap<number, HeldPart> = new Map()
  let plan = memory.plan
  let release = plan && claim(plan.sessionUrl)
  try {
    if (plan === undefined && reader !== undefined && options.resume !== false) {
      const earlier = await findEarlier(file, reader, sessions, progress, signal)
      plan = earlier?.plan
      release = earlier?.release
      held = earlier?.held ?? held
    }
    if (plan === undefined) {
      const made = await sessions.prepare(file, reader === undefined ? ['PUT'] : ['PUT', 'MULTIPART'])
      if (!('partSize' in made)) {
        if (protocol.single === undefined) throw new UploadError('bad_answer', 'The server plans no parts.')
        return await protocol.single(made, sessions, signal)
      }
      plan = made
      release = claim(plan.sessionUrl)
    }
    if (reader === undefined) throw new UploadError('bad_answer', 'The server plans parts, which were not asked for.')
    if (memory.plan !== undefined) {
      held = await heldOf(plan, memory.acknowledged, { size: file.size, reader, sessions, signal })
    }
    memory.plan = plan
    const job: PartsJob = {
      target: protocol.target,
      plan,
      size: file.size,
      reader,
      sessions,
      progress,
      signal,
      retries: options.retries,
      concurrency: options.concurrency ?? CONCURRENCY,
      stallTimeout: options.stallTimeout ?? STALL_TIMEOUT,
    }
    for (const [number, { etag }] of held) memory.acknowledged.set(number, memory.acknowledged.get(number) ?? etag)
    return await sendAndComplete(job, held, memory, (called) => protocol.finish(called, job.plan, patience))
  } finally {
    release?.()
  }
}

async function sendAndComplete<Result>(
  job: PartsJob,
  held: ReadonlyMap<number, HeldPart>,
  memory: Memory,
  finish: (completed: Called) => Promise<Result>,
): Promise<Result> {
  const { plan, size, sessions, progress, reader } = job
  const numbers = Array.from({ length: plan.partCount }, (_, index) => index + 1)
  progress.start([...held.keys()].map((number) => [number, rangeOf(number, plan, size).length]))
  let missing = numbers.filter((number) => !held.has(number))
  for (let round = 1; ; round += 1) {
    await sendParts(missing, job, (number, etag) => memory.acknowledged.set(number, etag))
    progress.finishing()
    await reader.check()
    await checkAlone(job, memory)
    try {
      return await finish(await sessions.complete(plan.sessionUrl))
    } catch (error) {
      if (!isPartsMissing(error) || round >= MOST_ROUNDS) throw error
      const there = new Map((await sessions.parts(plan.sessionUrl)).map((part) => [part.number, part.size]))
      missing = numbers.filter((number) => there.get(number) !== rangeOf(number, plan, size).length)
    }
  }
}

/**
 * That storage holds what was sent: another file of this name and size, whose parts so far were the same, may have been
 * taken up here by another page or process.
 *
 * @throws {UploadError} `upload_shared`
 */
async function checkAlone({ plan, size, sessions, reader, signal }: PartsJob, { acknowledged }: Memory): Promise<void> {
  if (![...acknowledged.values()].some((etag) => etag !== null)) return
  const others = (await sessions.parts(plan.sessionUrl)).filter(({ number, etag }) => {
    const known = acknowledged.get(number)
    return known !== undefined && known !== null && known !== etag
  })
  // Not every storage lists the ETag that it answered: only other bytes are another file.
  const { differs } = await compareParts(others, { plan, size, reader, signal })
  if (differs) {
    throw new UploadError(
      SHARED,
      'Another file of this name and size was sent to the same place at the same moment. Send this one again.',
      { retryable: true },
    )
  }
}
