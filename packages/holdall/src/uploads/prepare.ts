import type { Source } from '../sources/sources.ts'
import type { Storage, UploadInstructions } from '../sources/storage.ts'
import { checkClaim } from '../sources/validation.ts'
import { HoldallError } from '../web/error.ts'
import type { Actor } from '../web/route.ts'
import { PARTS_ABOVE_BYTES, URL_LIFE_S } from './limits.ts'
import type { Parts } from './parts.ts'
import { planParts } from './plan.ts'
import type { UploadSession } from './session.ts'
import type { NewSession, Sessions } from './sessions.ts'
import { failure } from './steps.ts'
import type { createTokens } from './tokens.ts'

/** A file as somebody wants to send it. */
export interface Incoming {
  readonly filename: string
  /** In lower case, without parameters; `undefined` when nobody said. */
  readonly declaredType: string | undefined
  readonly declaredSize: number | undefined
}

/** What a client can do beside sending a form. */
export interface Methods {
  /** The bytes as they are, wherever it is told to. */
  readonly put: boolean
  readonly parts: boolean
}

/** A session that waits for its bytes, and how they come. */
export interface Prepared {
  readonly session: UploadSession
  /** Known to nobody else, and kept only as its hash. */
  readonly token: string
  /** Of `direct`: the request that its client sends to the storage. */
  readonly instructions?: UploadInstructions
}

/** Makes a session that waits for its bytes. @param methods without them, its client sends a form */
export type Prepare = (source: Source, actor: Actor | null, file: Incoming, methods?: Methods) => Promise<Prepared>

export interface PrepareOptions {
  readonly sessions: Sessions
  readonly tokens: ReturnType<typeof createTokens>
  readonly parts: Parts
  readonly now: () => number
}

/** Decides how the bytes of an announced file come: in parts, straight to the storage, or through here. */
export function createPrepare({ sessions, tokens, parts, now }: PrepareOptions): Prepare {
  async function prepareDirect(storage: Storage, fresh: NewSession & { declaredSize: number }): Promise<Prepared> {
    const { session, token } = await tokens.make({ ...fresh, kind: 'direct' })
    try {
      const { declaredSize: size, declaredType: contentType } = fresh
      const options = { size, expiresIn: URL_LIFE_S, ...(contentType !== undefined && { contentType }) }
      const instructions = await storage.uploadUrl?.(session.path, options)
      if (instructions === undefined) throw new Error('The storage gives no address')
      return { session, token, instructions }
    } catch (thrown) {
      const error = thrown instanceof HoldallError ? thrown : new HoldallError('storage_failed', {}, { cause: thrown })
      await sessions.abort(session.id, failure('receive', error.message, new Date(now())), ['initiated'])
      throw error
    }
  }

  return async function prepare(source, actor, file, methods = { put: false, parts: false }) {
    const storage = await source.storage()
    checkWritable(source, storage)
    const { filename, declaredType, declaredSize } = file
    checkClaim(source.rules, { filename, declaredType, size: declaredSize })
    const fresh: NewSession = { sourceId: source.id, actorId: actor?.id ?? null, ...file }
    const { multipart } = storage
    if (methods.parts && multipart !== undefined && declaredSize !== undefined && declaredSize > PARTS_ABOVE_BYTES) {
      const plan = planParts(declaredSize, multipart.limits)
      const { lease, token } = await tokens.lease({ ...fresh, kind: 'parts', plan })
      return { session: await parts.begin(lease, multipart), token }
    }
    if (methods.put && storage.uploadUrl !== undefined && declaredSize !== undefined && declaredSize > 0) {
      return await prepareDirect(storage, { ...fresh, declaredSize })
    }
    return await tokens.make({ ...fresh, kind: methods.put ? 'put' : 'post' })
  }
}

/** @throws HoldallError `source_read_only` */
export function checkWritable(source: Source, storage: { write?: unknown }): void {
  if (storage.write === undefined) throw new HoldallError('source_read_only', { source: source.slug })
}
