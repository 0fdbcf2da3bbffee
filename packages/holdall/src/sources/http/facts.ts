import type { StoredFile } from '../storage.ts'
import { ask, type Fetch, unavailable } from './ask.ts'

export type Facts = Omit<StoredFile, 'path'>

/** A server that has the file somewhere else, or that has nothing there: only these say that it is gone. */
const GONE = new Set([404, 410])

/**
 * What a server says of the file at an address; `undefined` when nothing is there. Servers that refuse HEAD, or say no
 * size in answer to it, are asked for the first byte.
 *
 * @throws HoldallError `address_refused`, and `unavailable` for every answer that leaves it open
 */
export async function factsOf(fetch: Fetch, url: string, signal?: AbortSignal): Promise<Facts | undefined> {
  const head = await ask(fetch, url, { method: 'HEAD' }, signal)
  const size = lengthOf(head.headers.get('content-length'))
  // Some say 0 because they did not look.
  if (head.ok && !isCoded(head) && size) return { size, ...toldBy(head) }
  if (head.status >= 500 && head.status !== 501) throw unavailable(url, `answered ${head.status}`)

  const answer = await ask(fetch, url, { headers: { range: 'bytes=0-0' } }, signal)
  await answer.body?.cancel()
  if (GONE.has(answer.status)) return undefined
  const whole = wholeSize(answer)
  if (isCoded(answer)) throw unavailable(url, 'sends the file only in a coded form, whatever it is asked for')
  if (!answer.ok && answer.status !== 416) throw unavailable(url, `answered ${answer.status}`)
  if (whole === undefined) throw unavailable(url, 'does not say how large the file is')
  return { size: whole, ...toldBy(answer) }
}

/** Whether what arrives is not the file itself but, say, gzip of it: neither its length nor its ranges are the file's. */
export function isCoded(answer: Response): boolean {
  const coding = answer.headers.get('content-encoding')?.trim().toLowerCase() ?? ''
  return coding !== '' && coding !== 'identity'
}

export function isGone(answer: Response): boolean {
  return GONE.has(answer.status)
}

/** Bytes that a header announces. */
export function lengthOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}$/.test(header) ? Number(header) : undefined
}

export interface ContentRange {
  /** First and last byte; `undefined` in a refusal. */
  readonly first: number | undefined
  readonly last: number | undefined
  /** Of the whole file; `undefined` where the server does not say. */
  readonly whole: number | undefined
}

export function contentRangeOf(answer: Response): ContentRange | undefined {
  const header = answer.headers.get('content-range') ?? ''
  const [, first, last, , whole] = /^bytes (?:(\d{1,15})-(\d{1,15})|(\*))\/(\d{1,15}|\*)$/i.exec(header.trim()) ?? []
  if (whole === undefined) return undefined
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits))
  return { first: number(first), last: number(last), whole: whole === '*' ? undefined : Number(whole) }
}

function wholeSize(answer: Response): number | undefined {
  if (answer.status === 206 || answer.status === 416) return contentRangeOf(answer)?.whole
  return lengthOf(answer.headers.get('content-length'))
}

function toldBy({ headers }: Response): Omit<Facts, 'size'> {
  const etag = headers.get('etag')
  const modified = new Date(headers.get('last-modified') ?? '')
  const contentType = headers.get('content-type')
  return {
    ...(etag && { etag }),
    ...(!Number.isNaN(modified.getTime()) && { lastModified: modified }),
    ...(contentType && { contentType }),
  }
}
