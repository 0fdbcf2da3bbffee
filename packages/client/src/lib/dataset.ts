import { call, type Json, strange } from './call.ts'
import { createDatasetSessions, isFor, multipartPath } from './dataset-sessions.ts'
import { aborted, UploadError } from './error.ts'
import { isOpenAgain, openAgain } from './follow.ts'
import { type Memory, type PartsProtocol, uploadInParts } from './parts.ts'
import { findSent } from './rejoin.ts'
import { pause } from './retry.ts'
import { createSilence } from './silence.ts'
import { createTransfer, type Transfer } from './transfer.ts'
import type {
  DatasetStatus,
  DatasetTarget,
  DatasetUpload,
  DatasetUploadOptions,
  NamedDataset,
  RegisteredDataset,
  UploadSource,
} from './types.ts'
import { discard } from './upload.ts'

const FIRST_LOOK = 0.3
const LONGEST_LOOK = 5
/** Milliseconds until a look counts as lost: the next one may be answered. */
const LOOK_TIMEOUT = 30_000
/** Looks in a row that may fail before the outcome counts as unknown: some minutes. */
const FAILED_LOOKS = 40
/** Columns of a kind that a message names. */
const MOST_NAMED = 5

/**
 * Uploads a Parquet file to a collection and resolves when it is registered as a dataset, never before.
 *
 * The file goes in parts, several at once, straight to the storage where it can. What was sent is kept when this fails or
 * is aborted, and the same call goes on from there once it has proved that the file is the same. Once all is sent, the
 * server goes on by itself, whether anybody follows it or not.
 *
 * @throws {UploadError} `upload_failed` with the step and the reason; `follow_timeout` when it was still under way
 * @example
 * await using file = await openFile('visits.parquet')
 * const target = { baseUrl: 'https://data.example.org/', organization, collection: 'medicaid', token }
 * const { dataset_id } = await uploadParquet(file, target, { onStatus: ({ completion_status }) => … })
 */
export function uploadParquet(
  file: UploadSource,
  target: DatasetTarget,
  options: DatasetUploadOptions = {},
): Promise<RegisteredDataset> {
  return uploadRemembering(file, target, options, { acknowledged: new Map() })
}

/** The same with handles, for a page that shows it. Pausing ends with the sending; cancelling asks the server, too. */
export function startParquet(
  file: UploadSource,
  target: DatasetTarget,
  options: DatasetUploadOptions = {},
): Transfer<RegisteredDataset> {
  return createTransfer(file, target, options, {
    send: (own, memory) => uploadRemembering(file, target, own, memory),
  })
}

async function uploadRemembering(
  file: UploadSource,
  target: DatasetTarget,
  options: DatasetUploadOptions,
  memory: Memory,
): Promise<RegisteredDataset> {
  const signal = options.signal ?? new AbortController().signal
  const protocol = datasetProtocol(target, options)
  try {
    if (signal.aborted) throw aborted(signal)
    const sent = options.rejoin === true ? await findSent(file, target, options, signal) : undefined
    if (sent !== undefined) return await followDataset(sent, target, options, signal)
    const into = target.into === undefined ? await options.onNew?.() : undefined
    if (into !== undefined) return await uploadRemembering(file, { ...target, into }, options, memory)
    return await uploadInParts(file, protocol, options, signal, memory)
  } catch (thrown) {
    const error = signal.aborted ? aborted(signal) : thrown
    if (error instanceof UploadError && memory.plan !== undefined) error.sessionUrl = memory.plan.sessionUrl
    throw error
  }
}

/**
 * Goes on with the step at which an upload failed, and follows it to its end. With a sheet, that one of an Excel file is
 * read instead. @throws {UploadError} as `uploadParquet`
 */
export async function retryParquet(
  uploadId: string,
  target: DatasetTarget,
  { sheet, ...options }: DatasetUploadOptions & { readonly sheet?: string } = {},
): Promise<RegisteredDataset> {
  const signal = options.signal ?? new AbortController().signal
  const body = sheet === undefined ? {} : { sheet }
  await call(target, 'POST', `${multipartPath(target)}/${uploadId}/retry`, body, signal)
  return await followParquet(uploadId, target, options)
}

/**
 * Adds a file whose columns differ from those of its dataset, which waits for this; with it all files of its batch.
 *
 * @throws {UploadError} `multipart_not_waiting` when it does not, or not any more
 */
export async function confirmParquet(
  uploadId: string,
  target: DatasetTarget,
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  await confirm(`${multipartPath(target)}/${uploadId}`, target, signal)
}

async function confirm(url: string, target: DatasetTarget, signal: AbortSignal): Promise<void> {
  await call(target, 'POST', `${url}/confirm`, {}, signal)
}

/**
 * Has the server read another sheet of the Excel file that a dataset was made of: a new version of it.
 *
 * @returns the upload that it is, to be followed @throws {UploadError}
 */
export async function readSheet(datasetId: string, sheet: string, target: DatasetTarget): Promise<DatasetStatus> {
  const { organization, collection } = target
  const place = [organization, collection, datasetId].map(encodeURIComponent).join('/')
  const signal = new AbortController().signal
  const { body } = await call(target, 'POST', `-/datasets/${place}/-/sheet`, { sheet }, signal)
  const status = await call(target, 'GET', `${multipartPath(target)}/${body.upload_id}`, undefined, signal)
  return status.body as unknown as DatasetStatus
}

/** Follows an upload that somebody sent to its end. @throws {UploadError} as `uploadParquet` */
export function followParquet(
  uploadId: string,
  target: DatasetTarget,
  options: DatasetUploadOptions = {},
): Promise<RegisteredDataset> {
  const signal = options.signal ?? new AbortController().signal
  return followDataset(`${multipartPath(target)}/${uploadId}`, target, options, signal)
}

/**
 * The newest of a collection's uploads that stand like this, whoever began them: those that become datasets, or where the
 * target names a dataset, those that become part of it. @throws {UploadError}
 */
export async function parquetUploads(
  target: DatasetTarget,
  status: DatasetStatus['status'],
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): Promise<DatasetUpload[]> {
  const base = multipartPath(target)
  const { body } = await call(target, 'GET', `${base}?status=${status}`, undefined, signal)
  if (!Array.isArray(body.uploads)) throw strange('The server answers something else than a list.')
  const own = (body.uploads as (DatasetUpload & Json)[]).filter(isFor(target))
  return own.map((one) => ({ ...one, session_url: `${base}/${one.upload_id}` }))
}

/**
 * The datasets of a collection that are called like files, whatever their endings, the last made first.
 *
 * @throws {UploadError}
 */
export async function datasetsNamed(
  filenames: readonly string[],
  target: DatasetTarget,
  { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
): Promise<NamedDataset[]> {
  const place = [target.organization, target.collection].map(encodeURIComponent).join('/')
  const asked = new URLSearchParams(filenames.map((name) => ['name', name]))
  const { body } = await call(target, 'GET', `-/datasets/${place}.json?${asked}`, undefined, signal)
  if (!Array.isArray(body.datasets)) throw strange('The server answers something else than a list.')
  return body.datasets as NamedDataset[]
}

/** Ends an upload, also while the server is at it; nothing of it is left. @throws {UploadError} 409 when it is a dataset already */
export async function cancelParquet(uploadId: string, target: DatasetTarget): Promise<void> {
  await discard(target, { session_url: `${multipartPath(target)}/${uploadId}` })
}

function datasetProtocol(target: DatasetTarget, options: DatasetUploadOptions): PartsProtocol<RegisteredDataset> {
  return {
    target,
    sessions: (patience, timeout) => createDatasetSessions(target, patience, timeout),
    finish: (_completed, plan, { signal }) => followDataset(plan.sessionUrl, target, options, signal),
    async outcome(plan, gone, patience) {
      const state = await createDatasetSessions(target, patience)
        .state(plan.sessionUrl)
        .catch((error: unknown) => {
          if (error instanceof UploadError && error.status === 404) return { status: 'expired' }
          throw error
        })
      // Somebody gave it up on purpose: it is not begun again behind their back.
      if (state.status === 'aborted') throw gone
      if (isOpenAgain(state, gone)) throw openAgain()
      if (state.status === 'expired' || state.status === 'initiated') return undefined
      return await followDataset(plan.sessionUrl, target, options, patience.signal)
    },
  }
}

/** Asks how the steps go, less and less often, until they have ended. */
async function followDataset(
  url: string,
  target: DatasetTarget,
  { onStatus, onConfirmation, onSilence, followTimeout = Number.POSITIVE_INFINITY }: DatasetUploadOptions,
  signal: AbortSignal,
): Promise<RegisteredDataset> {
  const until = performance.now() + followTimeout
  const silence = createSilence(onSilence)
  let shown: string | undefined
  let state = 'combining'
  for (let seconds = FIRST_LOOK; ; seconds = Math.min(seconds * 1.5, LONGEST_LOOK)) {
    const askedAt = Date.now()
    const session = await look(url, target, signal)
    silence.heard(session !== undefined, askedAt)
    if (session !== undefined) {
      const status = session as unknown as DatasetStatus
      state = status.completion_status ?? status.status
      const standing = `${state} ${status.waits_for ?? ''}`
      if (shown !== standing) {
        onStatus?.(status)
        if (status.waits_for === 'confirmation') await whenItWaits(status)
      }
      shown = standing
      if (status.status === 'completed') return { ...(session as unknown as RegisteredDataset) }
      if (status.status === 'failed') throw failure(status)
      if (status.status === 'aborted' || status.status === 'expired') {
        throw new UploadError('upload_cancelled', `The upload is ${status.status}. Send the file again.`)
      }
    }
    // Whoever is told of it waits for as long as it takes.
    if (silence.looks > FAILED_LOOKS && onSilence === undefined) {
      throw new UploadError(
        'outcome_unknown',
        'All was sent, but the server does not say what became of it. Look at the collection before sending it again.',
      )
    }
    if (performance.now() + seconds * 1_000 > until) {
      throw new UploadError(
        'follow_timeout',
        `All was sent, and the server is still at it (${state}). It goes on by itself: look at the collection in a while.`,
      )
    }
    await pause(seconds, signal)
  }

  async function whenItWaits(status: DatasetStatus): Promise<void> {
    if (target.into?.confirm === true) return await confirm(url, target, signal)
    if (onConfirmation !== undefined) return onConfirmation(status)
    throw new UploadError(
      'confirmation_needed',
      `Nothing was ${status.mode === 'replace' ? 'replaced' : 'added'} yet: ${differencesInWords(status)} It waits until somebody confirms it.`,
    )
  }
}

/** "new in the file: share DOUBLE; missing in it: day DATE; visits is BIGINT and becomes DOUBLE." */
function differencesInWords({ differences, mode }: DatasetStatus): string {
  if (differences === null) return 'its columns differ from those of the dataset.'
  const { added, missing, changed, added_count, missing_count, changed_count, is_there } = differences
  const some = (count: number, words: readonly string[]) =>
    words.slice(0, MOST_NAMED).join(', ') + (count > MOST_NAMED ? ` and ${count - MOST_NAMED} more` : '')
  const named = (columns: typeof added) => columns.map(({ name, type }) => `${name} ${type}`)
  const wider = changed.map(({ name, from, to, becomes }) =>
    mode === 'replace'
      ? `${name} is ${from} and becomes ${to}`
      : `${name} is ${from} there and ${to} here, ${becomes} holds both`,
  )
  const parts = [
    is_there && 'a file just like it is part of the dataset already',
    added_count > 0 && `new in the file: ${some(added_count, named(added))}`,
    missing_count > 0 &&
      `${mode === 'replace' ? 'columns that go' : 'missing in it'}: ${some(missing_count, named(missing))}`,
    changed_count > 0 && some(changed_count, wider),
  ].filter((part) => part !== false)
  // Another file of its batch differs.
  return parts.length === 0 ? 'the columns of another file that it comes with differ.' : `${parts.join('; ')}.`
}

function failure({ failure_reason: reason, retryable }: DatasetStatus): UploadError {
  const step = reason?.step ?? 'unknown'
  const said = reason?.exc_str ?? 'The server could not finish the upload.'
  // Parts that are missing are sent again, and it is completed again.
  if (step === 'combine' && retryable) return new UploadError('upload_parts_missing', said)
  return new UploadError('upload_failed', `The upload failed at ${step}: ${said}`)
}

async function look(url: string, target: DatasetTarget, signal: AbortSignal): Promise<Json | undefined> {
  try {
    return (await call(target, 'GET', url, undefined, signal, LOOK_TIMEOUT)).body
  } catch (error) {
    if (signal.aborted) throw error
    // A server that is being restarted, or a proxy that lost it, says nothing about the upload.
    if (error instanceof UploadError && (error.retryable || error.status === 0)) return undefined
    throw error
  }
}
