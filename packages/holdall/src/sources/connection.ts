import { HoldallError } from '../web/error.ts'
import type { DeclaredSource } from './declared.ts'
import { type LentStorage, lend } from './lent.ts'
import { type MakingContext, makeStorage } from './making.ts'
import type { Storage } from './storage.ts'

/** How long a storage may take to say that it is there. */
export const PROBE_LIMIT_MS = 2_000
/** Asked for to see whether the storage answers at all; nothing is ever stored there. */
const PROBE_PATH = 'holdall-probe'

export type Availability =
  | { readonly available: true }
  /** `reason` is for people and names no paths; the log has the whole of it. */
  | { readonly available: false; readonly reason: string; readonly since: Date }

/** A source's way to its storage, which may be gone for a while or not have been there yet. */
export interface Connection {
  readonly availability: Availability
  /** `undefined` while it could not be made. */
  readonly storage: Storage | undefined
  /** The storage, made now if need be; `undefined` when that fails. */
  ready(): Promise<Storage | undefined>
  /** Makes the storage if need be and asks it something, at most PROBE_LIMIT_MS. Never throws. */
  probe(): Promise<Availability>
  /** Resolves once it has been probed; whoever comes before anybody has done that does. */
  asked(): Promise<unknown>
  /** Closes it at once. */
  close(): Promise<void>
  /** Closes it when its readers are done: nobody will ask for it again. @param after default: LEFT_AFTER_MS */
  retire(after?: number): Promise<void>
}

export interface ConnectionContext extends MakingContext {
  readonly now: () => number
}

export function connect(declared: DeclaredSource, context: ConnectionContext): Connection {
  const { source } = declared
  let storage: Storage | undefined
  let lent: LentStorage | undefined
  let making: Promise<Storage> | undefined
  let closed = false
  let first: Promise<unknown> | undefined
  let availability: Availability = { available: false, reason: 'it was not asked yet', since: new Date(context.now()) }

  async function make(): Promise<Storage> {
    const made = await makeStorage(declared, context)
    if (closed) await made.close?.()
    // What the configuration declares stays as long as the server does.
    if (declared.origin === 'runtime' && made.close !== undefined) lent = lend(made)
    storage = lent?.storage ?? made
    return storage
  }

  async function close(): Promise<void> {
    // One that is still being made is closed as soon as it is there; it may take for ever.
    if (closed) return
    closed = true
    await storage?.close?.()
  }

  async function answer(signal: AbortSignal): Promise<void> {
    making ??= storage === undefined ? make() : Promise.resolve(storage)
    try {
      await (await making).stat(PROBE_PATH, { signal })
    } finally {
      if (storage === undefined) making = undefined
    }
  }

  function probe(): Promise<Availability> {
    const probing = ask()
    first ??= probing
    return probing
  }

  async function ask(): Promise<Availability> {
    const before = availability
    try {
      await within(PROBE_LIMIT_MS, answer)
      availability = { available: true }
      if (!before.available) context.log.info('source available', { source: source.slug })
    } catch (error) {
      const since = before.available ? new Date(context.now()) : before.since
      const reason = reasonOf(error)
      availability = { available: false, reason, since }
      if (before.available || before.reason !== reason) {
        // What a reason says whole needs no lines of ours to be found.
        const underneath = error instanceof HoldallError ? error.cause : error
        context.log.warn('source unavailable', { source: source.slug, reason, error: underneath })
      }
    }
    return availability
  }

  return {
    get availability() {
      return availability
    },
    get storage() {
      return storage
    },
    probe,
    asked: () => first ?? probe(),
    async ready() {
      if (storage === undefined) await probe()
      return storage
    },
    close,
    async retire(after) {
      await lent?.left(after)
      await close()
    },
  }
}

/** Of a source that cannot be used as it is written. */
export function broken(reason: string, now: () => number): Connection {
  const availability: Availability = { available: false, reason, since: new Date(now()) }
  return {
    availability,
    storage: undefined,
    ready: async () => undefined,
    probe: async () => availability,
    asked: async () => undefined,
    close: async () => undefined,
    retire: async () => undefined,
  }
}

/** @throws HoldallError `unavailable` when it takes longer */
export async function within<Result>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new HoldallError('unavailable', {
      reason: `it did not answer within ${milliseconds / 1_000} seconds`,
    })
    abort.abort(error)
    late.reject(error)
  }, milliseconds)
  try {
    return await Promise.race([work(abort.signal), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'its folder is not there',
  ENOTDIR: 'its folder is not a folder',
  EEXIST: 'its folder is not a folder',
  EACCES: 'the server has no permission to use it',
  EPERM: 'the server has no permission to use it',
  EROFS: 'it is mounted read-only',
  EIO: 'its disk fails',
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its host has no address',
}

/** For people: it names no paths. */
export function reasonOf(error: unknown): string {
  if (error instanceof HoldallError) return error.message
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
  return (
    REASONS[code ?? ''] ?? (code === undefined ? 'it fails; the server log has the reason' : `it fails with ${code}`)
  )
}
