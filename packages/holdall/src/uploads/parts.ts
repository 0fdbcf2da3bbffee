import type { Multipart, PartChecksum, PartPlan, PartsPage, PartTarget, StoredPart } from '../sources/multipart.ts'
import type { Sources } from '../sources/sources.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import type { Arrivals } from './arrivals.ts'
import type { Clearing } from './clearing.ts'
import { partsOf } from './combine.ts'
import { PARTS_PAGE, URL_LIFE_S } from './limits.ts'
import { sizeOfPart } from './plan.ts'
import { type Lease, newMultipartOf, type UploadSession } from './session.ts'
import type { Sessions } from './sessions.ts'
import { COMBINE, failure } from './steps.ts'

/** The parts of an upload, from when it is begun in the storage until its client says that all are there. */
export interface Parts {
  /** Begins a new session's upload in the storage. When that fails nothing is left, and nobody is told of it. */
  begin(lease: Lease, multipart: Multipart): Promise<UploadSession>
  /** A page of what the storage holds. @throws HoldallError `upload_without_parts`, `upload_not_open`, `multipart_gone` */
  list(session: UploadSession, after?: number, limit?: number): Promise<PartsPage>
  /** Bytes of all parts that the storage holds. */
  received(session: UploadSession): Promise<number>
  /** The same, and when the last one arrived; `null` where there is none, or the storage does not know. */
  arrived(session: UploadSession): Promise<{ readonly bytes: number; readonly lastAt: Date | null }>
  /** What the storage can check of each part; `null`: nothing. */
  checksum(session: UploadSession): Promise<PartChecksum | null>
  /**
   * Where parts are sent; the session gets all of its time again.
   *
   * @param here where a part is sent that comes through this server
   * @throws HoldallError `bad_request` for a number that the plan does not have, or a checksum that nobody would check
   */
  targets(session: UploadSession, asked: AskedParts, here: PartHere): Promise<AddressedPart[]>
  /** Takes a part that comes through this server. @throws HoldallError `upload_not_found`, `upload_not_open`, `size_mismatch` */
  take(uploadId: string, part: PartPlan, body: AsyncIterable<Uint8Array>): Promise<StoredPart>
}

export interface AskedParts {
  readonly numbers: readonly number[]
  /** In base64, by the part's number. */
  readonly checksums: Readonly<Record<string, string>>
  /** Seconds. @default URL_LIFE_S */
  readonly expiresIn?: number
}

export type PartHere = (part: PartPlan, expiresIn: number) => PartTarget
export type AddressedPart = PartTarget & { readonly number: number }

export interface PartsOptions {
  readonly sessions: Sessions
  readonly sources: Sources
  readonly clearing: Clearing
  readonly arrivals: Arrivals
  readonly log: Log
  readonly now: () => number
}

const MAX_STORAGE_ID = 2_048
/** Bytes of a checksum of each kind. */
const CHECKSUM_BYTES: Readonly<Record<PartChecksum, number>> = { crc32c: 4, md5: 16 }

export function createParts({ sessions, sources, clearing, arrivals, log, now }: PartsOptions): Parts {
  async function multipartOf({ sourceId }: UploadSession): Promise<Multipart> {
    const storage = await sources.byId(sourceId)?.storage()
    if (storage?.multipart === undefined) throw new HoldallError('storage_failed')
    return storage.multipart
  }

  /** The storage has forgotten an upload: nobody can go on with it. */
  async function forget(session: UploadSession, error: HoldallError): Promise<void> {
    const lease = await sessions.claim(session.id, [session.status])
    if (lease === undefined) return
    const expired = failure('receive', error.message, new Date(now()))
    await sessions.change(lease, 'gone', { status: 'expired', failure: expired, retryable: false, release: true })
    log.warn('upload forgotten by its storage', { upload: session.id })
  }

  async function asking<Result>(session: UploadSession, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work()
    } catch (thrown) {
      if (!(thrown instanceof HoldallError)) throw new HoldallError('storage_failed', {}, { cause: thrown })
      if (thrown.code === 'multipart_gone') await forget(session, thrown)
      throw thrown
    }
  }

  async function list(session: UploadSession, after?: number, limit = PARTS_PAGE): Promise<PartsPage> {
    checkOpen(session)
    const multipart = await multipartOf(session)
    const options = { limit, ...(after !== undefined && { after }) }
    return await asking(session, () => multipart.listParts(partsOf(session).upload, options))
  }

  async function arrived(session: UploadSession) {
    let bytes = 0
    let lastAt: Date | null = null
    for (let after: number | null | undefined; after !== null; ) {
      const page: PartsPage = await list(session, after)
      for (const { size } of page.parts) bytes += size
      if (page.lastAt !== undefined && (lastAt === null || page.lastAt > lastAt)) lastAt = page.lastAt
      after = page.next
    }
    return { bytes, lastAt }
  }

  return {
    list,
    arrived,
    received: async (session) => (await arrived(session)).bytes,

    async begin(lease, multipart) {
      const { session, signal } = lease
      const begun = newMultipartOf(session)
      if (begun === undefined) throw new Error('The session has no plan')
      let storageUpload: string | undefined
      try {
        storageUpload = await multipart.create(begun, { signal })
        if (storageUpload === '' || storageUpload.length > MAX_STORAGE_ID) throw new Error('No name for an upload')
        return (await sessions.change(lease, 'upload begun', { storageUpload, release: true })).session
      } catch (thrown) {
        const error =
          thrown instanceof HoldallError ? thrown : new HoldallError('storage_failed', {}, { cause: thrown })
        if (storageUpload !== undefined) await multipart.abort({ ...begun, id: storageUpload }).catch(() => {})
        // It may have begun without our hearing of it.
        const aborted = await sessions.abort(session.id, failure('receive', error.message, new Date(now())), [
          'initiated',
        ])
        if (aborted !== undefined) await clearing.clear(aborted)
        throw error
      }
    },

    async checksum(session) {
      return (await multipartOf(session)).checksum ?? null
    },

    async targets(session, { numbers, checksums, expiresIn = URL_LIFE_S }, here) {
      checkOpen(session)
      const { plan, upload } = partsOf(session)
      const multipart = await multipartOf(session)
      const parts = [...new Set(numbers)].map((number) => {
        if (number > plan.partCount) throw notThere(number, plan.partCount)
        const checksum = checksums[number]
        return { number, size: sizeOfPart(plan, number), ...(checksum !== undefined && { checksum }) }
      })
      for (const checksum of Object.values(checksums)) checkChecksum(checksum, multipart.checksum)
      if ((await sessions.renew(session)) === undefined) throw notOpen(await sessions.get(session.id))
      return await asking(session, () =>
        Promise.all(
          parts.map(async (part) => ({
            number: part.number,
            ...((await multipart.partTarget?.(upload, part, { expiresIn })) ?? here(part, expiresIn)),
          })),
        ),
      )
    },

    async take(uploadId, part, body) {
      return await arrivals.during(uploadId, async (signal) => {
        const session = await sessions.get(uploadId)
        if (session === undefined) throw new HoldallError('upload_not_found')
        checkOpen(session)
        const { plan, upload } = partsOf(session)
        const multipart = await multipartOf(session)
        const { writePart } = multipart
        if (writePart === undefined) throw new HoldallError('upload_other_way')
        if (part.number > plan.partCount || part.size !== sizeOfPart(plan, part.number)) {
          throw new HoldallError('part_url_invalid')
        }
        try {
          return await asking(session, () => writePart.call(multipart, upload, part, body, { signal }))
        } catch (error) {
          if (signal.aborted) throw notOpen(await sessions.get(uploadId))
          throw error
        } finally {
          // Another process may have ended it meanwhile: then this part came too late to be removed with the others.
          const current = await sessions.get(uploadId)
          if (current === undefined || ['aborted', 'expired'].includes(current.status)) await multipart.abort(upload)
        }
      })
    },
  }
}

function checkOpen(session: UploadSession): void {
  if (session.kind !== 'parts') throw new HoldallError('upload_without_parts')
  if (!takesParts(session) || session.storageUpload === undefined) throw notOpen(session)
}

/** Also once it was said to be complete, and was not. */
export function takesParts({ status, retryable, failure }: UploadSession): boolean {
  return status === 'initiated' || (status === 'failed' && retryable && failure?.step === COMBINE)
}

function notOpen(session: UploadSession | undefined): HoldallError {
  return new HoldallError('upload_not_open', { status: session?.status ?? 'gone' })
}

function notThere(number: number, count: number): HoldallError {
  const message = `part_numbers has ${number}, but this upload has ${count === 1 ? '1 part' : `${count} parts`}.`
  return new HoldallError('bad_request', {}, { errors: [message], fields: { part_numbers: message } })
}

function checkChecksum(checksum: string, kind: PartChecksum | undefined): void {
  const message =
    kind === undefined
      ? 'This source checks no checksums: leave checksums out.'
      : Buffer.from(checksum, 'base64').toString('base64') !== checksum ||
          Buffer.byteLength(checksum, 'base64') !== CHECKSUM_BYTES[kind]
        ? `Each of checksums must be the ${kind} of the part: ${CHECKSUM_BYTES[kind]} bytes in base64.`
        : undefined
  if (message === undefined) return
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { checksums: message } })
}
