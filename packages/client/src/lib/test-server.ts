import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32c } from './crc32c.ts'

/** What a test makes of a request: `true` when it has answered it, or done away with it, itself. */
type Fault = (request: Asked) => boolean | undefined | Promise<boolean | undefined>

export interface Asked {
  /** Such as `prepare`, `part`, `sign`, `parts`, `complete`, `sessions`, `state`, `discard`. */
  readonly what: string
  readonly part: number
  /** How many requests of this kind there were before, for parts those of this part. */
  readonly before: number
  readonly request: IncomingMessage
  readonly response: ServerResponse
  answer(status: number, body?: unknown, headers?: Record<string, string>): void
}

interface StoredPart {
  bytes: Buffer
  etag: string
}

interface Session {
  id: string
  filename: string
  size: number
  partSize: number
  status: string
  parts: Map<number, StoredPart>
  file?: Buffer
}

export interface ScriptedServer {
  readonly baseUrl: string
  readonly sessions: Session[]
  /** Each request, in the order in which its head arrived: `part 3`, `sign`, … */
  readonly log: string[]
  /** Bytes of part bodies that arrived, whole or not. */
  received: number
  /** The most parts that were on their way at one moment. */
  most: number
  fault: Fault
  plan: { partSize: number; checksum: 'crc32c' | 'md5' | null; expiresIn: number; etags: boolean; method: string }
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** Forgets sessions, log and faults. */
  reset(): void
  close(): Promise<void>
}

/** The protocol of uploads in parts with nothing behind it, so that each of its answers can be made to go wrong. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  let counts = new Map<string, number>()
  let flying = 0
  let parts = 0
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(599).end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const scripted: ScriptedServer = {
    baseUrl: `${origin}/at`,
    sessions: [],
    log: [],
    received: 0,
    most: 0,
    fault: () => undefined,
    plan: initialPlan(),
    async idle() {
      while (flying > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    reset() {
      scripted.sessions.length = 0
      scripted.log.length = 0
      scripted.received = 0
      scripted.most = 0
      scripted.fault = () => undefined
      scripted.plan = initialPlan()
      counts = new Map()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', origin)
    const part = Number(/^\/storage\/[^/]+\/(\d+)/.exec(url.pathname)?.[1] ?? 0)
    const what = kindOf(request.method ?? '', url.pathname)
    const name = part > 0 ? `${what} ${part}` : what
    const before = counts.get(name) ?? 0
    counts.set(name, before + 1)
    scripted.log.push(name)
    function answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): void {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(JSON.stringify(body))
    }
    const asked = { what, part, before, request, response, answer }
    flying += 1
    parts += part > 0 ? 1 : 0
    scripted.most = Math.max(scripted.most, parts)
    try {
      if (await scripted.fault(asked)) return
      await respond(asked, url)
    } finally {
      flying -= 1
      parts -= part > 0 ? 1 : 0
    }
  }

  async function respond({ what, part, request, answer }: Asked, url: URL): Promise<void> {
    const { plan, sessions } = scripted
    const id = /sessions\/([^/?]+)/.exec(url.pathname)?.[1] ?? /^\/storage\/([^/]+)/.exec(url.pathname)?.[1]
    const session = sessions.find((one) => one.id === id)
    const body = await receive(request, what === 'part')
    const json = what === 'part' || body.length === 0 ? {} : JSON.parse(body.toString())
    if (what === 'prepare') {
      const made: Session = {
        id: `u${sessions.length + 1}`,
        filename: json.filename,
        size: json.size,
        partSize: plan.partSize,
        status: 'initiated',
        parts: new Map(),
      }
      sessions.push(made)
      return answer(200, { ok: true, upload_method: plan.method, ...describe(made) })
    }
    if (what === 'sessions') {
      const { filename, size } = Object.fromEntries(url.searchParams)
      const open = sessions.filter(
        (one) =>
          one.status === 'initiated' &&
          (filename === undefined || one.filename === filename) &&
          (size === undefined || one.size === Number(size)),
      )
      return answer(200, { ok: true, sessions: open.reverse().map(describe), next: null })
    }
    if (session === undefined) return answer(404, refusal('upload_not_found', 'Upload session not found.'))
    if (what === 'state') return answer(200, { ok: true, status: session.status, ...fileOf(session) })
    if (what === 'discard') {
      if (session.status === 'completed') return answer(409, refusal('upload_not_open', 'It is completed.'))
      session.status = 'aborted'
      session.parts.clear()
      return answer(200, { ok: true })
    }
    if (session.status === 'completed' && what === 'complete') return answer(200, { ok: true, ...fileOf(session) })
    if (session.status !== 'initiated') return answer(409, refusal('upload_not_open', `It is ${session.status}.`))
    if (what === 'sign') {
      const urls = json.part_numbers.map((number: number) => ({
        part_number: number,
        url: `${origin}/storage/${session.id}/${number}?checksum=${encodeURIComponent(json.checksums?.[number] ?? '')}`,
        headers: { 'x-part': String(number) },
        expires_in: plan.expiresIn,
      }))
      return answer(200, { ok: true, part_urls: urls })
    }
    if (what === 'part') {
      const expected = Math.min(session.partSize, session.size - (part - 1) * session.partSize)
      if (body.length !== expected) return answer(400, refusal('size_mismatch', `${body.length} bytes`))
      if (plan.checksum !== null && url.searchParams.get('checksum') !== checksum(plan.checksum, body)) {
        return answer(400, refusal('checksum_mismatch', 'Other bytes than announced.'))
      }
      const etag = createHash('md5').update(body).digest('hex')
      session.parts.set(part, { bytes: body, etag })
      return answer(200, {}, plan.etags ? { etag: `"${etag}"` } : {})
    }
    if (what === 'parts') {
      const after = Number(url.searchParams.get('_next') ?? 0)
      const all = [...session.parts].sort(([a], [b]) => a - b).filter(([number]) => number > after)
      const page = all.slice(0, 3)
      return answer(200, {
        ok: true,
        parts: page.map(([part_number, { bytes, etag }]) => ({ part_number, size: bytes.length, etag })),
        next: page.length < all.length ? String(page.at(-1)?.[0]) : null,
      })
    }
    const count = Math.ceil(session.size / session.partSize)
    if (session.parts.size < count) return answer(409, refusal('upload_parts_missing', 'Parts are missing.'))
    session.status = 'completed'
    session.file = Buffer.concat(
      Array.from({ length: count }, (_, index) => session.parts.get(index + 1)?.bytes as Buffer),
    )
    return answer(201, { ok: true, ...fileOf(session) })
  }

  function describe(session: Session): object {
    return {
      upload_id: session.id,
      session_url: `/at/-/files/upload/s/-/sessions/${session.id}`,
      upload_url: `/at/-/files/upload/s/-/upload`,
      upload_headers: {},
      upload_token: `t-${session.id}`,
      filename: session.filename,
      total_size: session.size,
      part_size: session.partSize,
      part_count: Math.ceil(session.size / session.partSize),
      checksum: scripted.plan.checksum,
    }
  }

  async function receive(request: IncomingMessage, counted: boolean): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (counted) scripted.received += chunk.length
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }

  return scripted
}

function initialPlan(): ScriptedServer['plan'] {
  return { partSize: 4 * 1024 * 1024, checksum: null, expiresIn: 600, etags: true, method: 'MULTIPART' }
}

function kindOf(method: string, path: string): string {
  if (path.startsWith('/storage/')) return 'part'
  const last = path.split('/').at(-1) ?? ''
  if (last === 'parts') return method === 'POST' ? 'sign' : 'parts'
  if (method === 'POST' && /\/upload\/[^/]+$/.test(path)) return 'upload'
  if (last === 'complete' || last === 'prepare' || last === 'sessions') return last
  return method === 'DELETE' ? 'discard' : 'state'
}

function refusal(code: string, error: string): object {
  return { ok: false, error, errors: [error], code }
}

function fileOf({ id, filename, size, file }: Session): object {
  return file ? { file: { id: `df-${id}`, filename, size, content_type: null, url: `/-/files/df-${id}` } } : {}
}

function checksum(kind: 'crc32c' | 'md5', bytes: Buffer): string {
  if (kind === 'md5') return createHash('md5').update(bytes).digest('base64')
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32c(bytes))
  return value.toString('base64')
}
