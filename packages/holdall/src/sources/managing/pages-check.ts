import { within } from '../connection.ts'
import type { Trouble } from '../examination.ts'
import type { Multipart } from '../multipart.ts'
import { askedHeaders, pagesTrouble, type Target } from '../preflight.ts'
import type { Storage } from '../storage.ts'

/** For all of it, where somebody waits for the page. */
const LIMIT_MS = 3_000
/** Where nobody waits: over a bad line, or far away, the answer is as good later. */
export const UNHURRIED_MS = 20_000
/** As for an upload; nothing is sent there. */
const URL_LIFE_S = 60
const PATH = 'holdall-probe'
const PROBE_BYTES = 1_000
/** MD5 of nothing: only the header that carries it is asked about. */
const SOME_CHECKSUM = '1B2M2Y8AsgTpgAmY7PhCfg=='

/** Why pages cannot send files to a storage itself. */
export interface PagesTrouble {
  /** Where the pages come from. */
  readonly origin: string
  /** Whether that is known; else it was not found out. */
  readonly isKnown: boolean
  /** One sentence. */
  readonly says: string
  /** As the doctor prints it. */
  readonly fix?: string
}

/**
 * Asks a storage to which clients send files themselves what a browser asks it first. Nothing is sent there. Never throws, and takes
 * no longer than the limit.
 *
 * @param limit milliseconds
 * @returns `undefined` where pages may send there, or never do
 */
export async function lookForPages(
  storage: Storage,
  origin: string,
  fetchFrom: typeof fetch,
  limit = LIMIT_MS,
): Promise<PagesTrouble | undefined> {
  try {
    return await within(limit, async (signal) => {
      const targets = await targetsOf(storage)
      const found = await pagesTrouble({ fetch: fetchFrom, signal }, origin, targets, (error) => {
        throw error
      })
      if (found === undefined) return undefined
      const trouble = await withLaterHeaders(found.trouble, storage)
      const remedy = await storage.doctor?.remedy(trouble).catch(() => undefined)
      return { origin, isKnown: true, says: found.says, ...remedy }
    })
  } catch {
    return { origin, isKnown: false, says: `Whether pages at ${origin} may send files there was not found out.` }
  }
}

/**
 * Why what was sent of unfinished uploads stays in a storage, as one sentence. Never throws, and takes no longer than
 * LIMIT_MS; what may not be known is no trouble.
 */
export async function lookForLeftovers({ doctor }: Storage): Promise<string | undefined> {
  try {
    const found = await within(LIMIT_MS, async (signal) => await doctor?.leftovers?.({ signal }))
    return found?.status === 'warning' ? found.says : undefined
  } catch {
    return undefined
  }
}

async function targetsOf({ uploadUrl, multipart }: Storage): Promise<Target[]> {
  const options = { size: PROBE_BYTES, expiresIn: URL_LIFE_S, contentType: 'application/octet-stream' }
  const whole = await uploadUrl?.(PATH, options)
  const part = multipart && (await partOf(multipart, multipart.checksum === 'md5'))
  return [whole, part].flatMap((target) => (target === undefined ? [] : [{ ...target, isReadable: true }]))
}

/** Whether a service checks parts is found out by writing to it: until then, the rule to be made lets the checksum pass too. */
async function withLaterHeaders(trouble: Trouble, { multipart }: Storage): Promise<Trouble> {
  if (trouble.step !== 'cors' || multipart === undefined || multipart.checksum !== undefined) return trouble
  const part = await partOf(multipart, true)
  const later = part === undefined ? [] : askedHeaders(part)
  return { ...trouble, headers: [...new Set([...trouble.headers, ...later])].sort() }
}

async function partOf(multipart: Multipart, isChecked: boolean): Promise<Omit<Target, 'isReadable'> | undefined> {
  const upload = { path: PATH, size: PROBE_BYTES, partSize: PROBE_BYTES, token: 'probe', id: 'probe' }
  const part = { number: 1, size: PROBE_BYTES, ...(isChecked && { checksum: SOME_CHECKSUM }) }
  return await multipart.partTarget?.(upload, part, { expiresIn: URL_LIFE_S })
}
