import { type Called, call, type Json, strange, uploadPath } from './call.ts'
import { UploadError } from './error.ts'
import type { SessionState } from './follow.ts'
import { type Patience, persist } from './retry.ts'
import type { ServerTarget, UnfinishedUpload, UploadSource, UploadTarget } from './types.ts'

/** Part numbers in one request for addresses. */
export const MOST_NUMBERS = 100
/** Pages of sessions that are read; nobody has more uploads open, and a server that never ends must not be followed. */
const MOST_PAGES = 200
/** Milliseconds that what the server makes is waited for by one who has left: only what is known can be given up. */
const LAST_ANSWER = 10_000

export type Checksum = 'crc32c' | 'md5'

/** An upload in parts, as it was fixed when it was begun. */
export interface PartsPlan {
  readonly sessionUrl: string
  /** bytes of every part but the last */
  readonly partSize: number
  readonly partCount: number
  /** What the storage checks when a part arrives. */
  readonly checksum: Checksum | null
}

/** One body for all. */
export interface PutPlan {
  readonly sessionUrl: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly token: string
}

export interface HeldPart {
  readonly number: number
  readonly size: number
  readonly etag: string
  readonly checksum: string | null
}

export interface PartAddress {
  readonly number: number
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** seconds */
  readonly expiresIn: number
}

/** What a server knows of uploads. Every call is made again while it fails for a passing reason. */
export interface Sessions {
  prepare(file: UploadSource, methods: readonly string[]): Promise<PartsPlan | PutPlan>
  /** Uploads in parts of a file of this name and size that the caller began, newest first. */
  open(filename?: string, size?: number): Promise<UnfinishedUpload[]>
  parts(sessionUrl: string): Promise<HeldPart[]>
  sign(sessionUrl: string, parts: readonly { number: number; checksum?: string }[]): Promise<PartAddress[]>
  complete(sessionUrl: string): Promise<Called>
  completeByToken(token: string): Promise<Called>
  state(sessionUrl: string): Promise<SessionState>
  discard(sessionUrl: string): Promise<void>
}

/** Requests for JSON, made again while they fail for a passing reason. */
export interface Asking {
  ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: Json): Promise<Called>
  /** The same for what the server makes: a request that is on its way when its caller leaves is answered all the same. */
  make(path: string, body: Json): Promise<Called>
  /** What a list has under `name`, on all of its pages. */
  pages(path: string, query: Record<string, string>, name: string): Promise<Json[]>
}

/** @param timeout milliseconds until one request counts as lost */
export function createAsking(target: ServerTarget, patience: Patience, timeout?: number): Asking {
  function ask(method: 'GET' | 'POST' | 'DELETE', path: string, body?: Json): Promise<Called> {
    return persist(() => call(target, method, path, body, patience.signal, timeout), patience)
  }

  return {
    ask,
    make: (path, body) =>
      persist(async () => {
        const answer = outlasting(patience.signal, LAST_ANSWER)
        try {
          return await call(target, 'POST', path, body, answer.signal, timeout)
        } finally {
          answer.release()
        }
      }, patience),
    async pages(path, query, name) {
      const found: Json[] = []
      let next: unknown = null
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const search = new URLSearchParams({ ...query, ...(typeof next === 'string' && { _next: next }) })
        const { body } = await ask('GET', search.size === 0 ? path : `${path}?${search}`)
        found.push(...list(body[name]))
        next = body.next
        if (typeof next !== 'string') break
      }
      return found
    },
  }
}

/** What is asked of an upload in parts, whatever it becomes. */
export function partCalls({ ask, pages }: Asking): Pick<Sessions, 'parts' | 'sign' | 'state' | 'discard'> {
  return {
    async parts(sessionUrl) {
      return (await pages(`${sessionUrl}/parts`, {}, 'parts')).map((part) => ({
        number: whole(part.part_number),
        size: whole(part.size),
        etag: typeof part.etag === 'string' ? part.etag : '',
        checksum: typeof part.checksum === 'string' ? part.checksum : null,
      }))
    },

    async sign(sessionUrl, parts) {
      const checksums = parts.flatMap(({ number, checksum }) => (checksum === undefined ? [] : [[number, checksum]]))
      const { body } = await ask('POST', `${sessionUrl}/parts`, {
        part_numbers: parts.map(({ number }) => number),
        ...(checksums.length > 0 && { checksums: Object.fromEntries(checksums) }),
      })
      return list(body.part_urls).map((part) => ({
        number: whole(part.part_number),
        url: text(part.url),
        headers: texts(part.headers),
        expiresIn: whole(part.expires_in),
      }))
    },

    state: async (sessionUrl) => (await ask('GET', sessionUrl)).body,

    async discard(sessionUrl) {
      try {
        await ask('DELETE', sessionUrl)
      } catch (error) {
        if (!(error instanceof UploadError) || error.status !== 404) throw error
      }
    },
  }
}

/** @param timeout milliseconds until one request counts as lost */
export function createSessions(target: UploadTarget, patience: Patience, timeout?: number): Sessions {
  const asking = createAsking(target, patience, timeout)
  const { ask, make, pages } = asking
  return {
    ...partCalls(asking),

    async prepare(file, methods) {
      const { body } = await make(`${uploadPath(target)}/-/prepare`, {
        filename: file.name,
        ...(file.type && { content_type: file.type }),
        size: file.size,
        accept_methods: methods,
      })
      return body.upload_method === 'MULTIPART' ? partsPlan(body, file.size) : putPlan(body)
    },

    async open(filename, size) {
      const query = { ...(filename !== undefined && { filename }), ...(size !== undefined && { size: String(size) }) }
      try {
        const sessions = await pages(`${uploadPath(target)}/-/sessions`, query, 'sessions')
        return sessions.filter(isUnfinished)
      } catch (error) {
        // A server from before parts has no such list.
        if (error instanceof UploadError && error.status === 404) return []
        throw error
      }
    },

    complete: (sessionUrl) => ask('POST', `${sessionUrl}/complete`, {}),
    completeByToken: (token) => ask('POST', `${uploadPath(target)}/-/complete`, { upload_token: token }),
  }
}

/** The plan of a session or of a `prepare`. @throws {UploadError} `bad_answer` when it does not fit the file */
export function partsPlan(body: Json, size: number): PartsPlan {
  const partSize = whole(body.part_size)
  const partCount = whole(body.part_count)
  if (partSize === 0 || Math.ceil(size / partSize) !== partCount)
    throw strange('The server’s plan does not fit the file.')
  const { checksum } = body
  return {
    sessionUrl: text(body.session_url),
    partSize,
    partCount,
    checksum: checksum === 'crc32c' || checksum === 'md5' ? checksum : null,
  }
}

function putPlan(body: Json): PutPlan {
  if (body.upload_method !== 'PUT')
    throw strange(`The server wants ${String(body.upload_method)}, which was not offered.`)
  return {
    sessionUrl: text(body.session_url),
    url: text(body.upload_url),
    headers: texts(body.upload_headers),
    token: text(body.upload_token),
  }
}

/** A signal that aborts so many milliseconds after another; `release` once nothing listens to it any more. */
function outlasting(signal: AbortSignal, milliseconds: number): { readonly signal: AbortSignal; release(): void } {
  const late = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  function wait(): void {
    timer = setTimeout(() => late.abort(signal.reason), milliseconds)
  }
  signal.addEventListener('abort', wait, { once: true })
  return {
    signal: late.signal,
    release() {
      clearTimeout(timer)
      signal.removeEventListener('abort', wait)
    },
  }
}

function isUnfinished(session: Json): session is Json & UnfinishedUpload {
  return typeof session.session_url === 'string' && Number.isInteger(session.part_size)
}

function list(value: unknown): Json[] {
  if (!Array.isArray(value)) throw strange('The server answers something else than a list.')
  return value.filter((one) => typeof one === 'object' && one !== null)
}

function whole(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw strange('The server answers something else than a number.')
  return value as number
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw strange('The server answers something else than a text.')
  return value
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([, one]) => typeof one === 'string'))
}
