import type { Finding, Step, Trouble } from '../../sources/examination.ts'
import type { Storage } from '../../sources/storage.ts'
import { HoldallError } from '../../web/error.ts'

/** One call of a storage's may take so long; a call that moves a part of a file, so long. */
const CALL_LIMIT_MS = 20_000
export const TRANSFER_LIMIT_MS = 300_000

/** A storage while it is tried. */
export interface Bench {
  readonly storage: Storage
  /** To wherever the storage says that clients go. */
  readonly fetch: typeof fetch
  /** Where pages come from; `undefined` when nobody has said. */
  readonly origin: string | undefined
  readonly signal: AbortSignal
}

/** What a step has given, or the finding that it has failed. */
export type Tried<Result> = { readonly value: Result } | { readonly finding: Finding }

/** Does one step. Throws only when the user wants no more of it. */
export async function attempt<Result>(
  bench: Bench,
  check: string,
  step: Step,
  work: (signal: AbortSignal) => Promise<Result>,
  limitMs: number = CALL_LIMIT_MS,
): Promise<Tried<Result>> {
  try {
    return { value: await within(bench.signal, limitMs, work) }
  } catch (error) {
    bench.signal.throwIfAborted()
    return { finding: await failed(bench, check, { step, error }, reasonOf(error)) }
  }
}

export async function failed(bench: Bench, check: string, trouble: Trouble, says: string): Promise<Finding> {
  const remedy = await bench.storage.doctor?.remedy(trouble).catch(() => undefined)
  return { check, status: 'failed', says, ...remedy }
}

/** @throws what the work throws, the reason of the signal, or an error that names the limit */
export async function within<Result>(
  signal: AbortSignal,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController()
  const over = Promise.withResolvers<never>()
  const stop = () => over.reject(signal.reason)
  const timer = setTimeout(() => {
    const error = new HoldallError('unavailable', { reason: `It did not answer within ${limitMs / 1_000} seconds.` })
    over.reject(error)
    limit.abort(error)
  }, limitMs)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work(AbortSignal.any([signal, limit.signal])), over.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** For whoever runs the server: with what its log would have. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return sentence(String(error))
  const { cause } = error
  if (error instanceof HoldallError && error.code === 'storage_failed' && cause instanceof Error) {
    return sentence(`The storage fails with ${cause.name}: ${cause.message}`)
  }
  return sentence(error.message)
}

function sentence(text: string): string {
  const whole = text.trim().replace(/\.$/, '')
  // The name of a host stays as it is.
  return `${whole.replace(/^[a-z]+(?= )/, (word) => word.charAt(0).toUpperCase() + word.slice(1))}.`
}
