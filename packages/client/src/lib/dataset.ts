import { call, type Json } from './call.ts'
import { createDatasetSessions, multipartPath } from './dataset-sessions.ts'
import { aborted, UploadError } from './error.ts'
import { type PartsProtocol, uploadInParts } from './parts.ts'
import { pause } from './retry.ts'
import type { PartsPlan } from './sessions.ts'
import type { DatasetStatus, DatasetTarget, DatasetUploadOptions, RegisteredDataset, UploadSource } from './types.ts'

const FIRST_LOOK = 0.3
const LONGEST_LOOK = 5
/** Looks in a row that may fail before the outcome counts as unknown: some minutes. */
const FAILED_LOOKS = 40

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
export async function uploadParquet(
  file: UploadSource,
  target: DatasetTarget,
  options: DatasetUploadOptions = {},
): Promise<RegisteredDataset> {
  const signal = options.signal ?? new AbortController().signal
  const memory = { acknowledged: new Map<number, string | null>() }
  const protocol = datasetProtocol(target, options)
  try {
    if (signal.aborted) throw aborted(signal)
    return await uploadInParts(file, protocol, options, signal, memory)
  } catch (thrown) {
    const error = signal.aborted ? aborted(signal) : thrown
    const { plan } = memory as { plan?: PartsPlan }
    if (error instanceof UploadError && plan !== undefined) error.sessionUrl = plan.sessionUrl
    throw error
  }
}

/** Goes on with the step at which an upload failed, and follows it to its end. @throws {UploadError} as `uploadParquet` */
export async function retryParquet(
  uploadId: string,
  target: DatasetTarget,
  options: DatasetUploadOptions = {},
): Promise<RegisteredDataset> {
  const signal = options.signal ?? new AbortController().signal
  const url = `${multipartPath(target)}/${uploadId}`
  await call(target, 'POST', `${url}/retry`, {}, signal)
  return await followDataset(url, target, options, signal)
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
      if (state.status === 'expired' || state.status === 'initiated') return undefined
      return await followDataset(plan.sessionUrl, target, options, patience.signal)
    },
  }
}

/** Asks how the steps go, less and less often, until they have ended. */
async function followDataset(
  url: string,
  target: DatasetTarget,
  { onStatus, followTimeout = Number.POSITIVE_INFINITY }: DatasetUploadOptions,
  signal: AbortSignal,
): Promise<RegisteredDataset> {
  const until = performance.now() + followTimeout
  let failed = 0
  let shown: string | undefined
  let state = 'combining'
  for (let seconds = FIRST_LOOK; ; seconds = Math.min(seconds * 1.5, LONGEST_LOOK)) {
    const session = await look(url, target, signal)
    failed = session === undefined ? failed + 1 : 0
    if (session !== undefined) {
      const status = session as unknown as DatasetStatus
      state = status.completion_status ?? status.status
      if (shown !== state) onStatus?.(status)
      shown = state
      if (status.status === 'completed') return { ...(session as unknown as RegisteredDataset) }
      if (status.status === 'failed') throw failure(status)
      if (status.status === 'aborted' || status.status === 'expired') {
        throw new UploadError('upload_cancelled', `The upload is ${status.status}. Send the file again.`)
      }
    }
    if (failed > FAILED_LOOKS) {
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
    return (await call(target, 'GET', url, undefined, signal)).body
  } catch (error) {
    if (signal.aborted) throw error
    // A server that is being restarted, or a proxy that lost it, says nothing about the upload.
    if (error instanceof UploadError && (error.retryable || error.status === 0)) return undefined
    throw error
  }
}
