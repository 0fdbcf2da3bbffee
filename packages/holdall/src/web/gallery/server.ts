import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { siteIcon, stylesheet } from '../assets.ts'
import { elementsBundle } from '../elements-bundle.ts'
import { BASE, FILES, GALLERY, galleryPage } from './pages.ts'

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; form-action 'self'"

/** A request that came to an endpoint. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Buffer
  readonly headers: IncomingMessage['headers']
}

export interface Gallery {
  readonly url: string
  /** What came to the endpoints, oldest first. */
  readonly received: Received[]
  /** Called before an endpoint answers; true means that it answered itself. */
  intercept: ((request: Received, response: ServerResponse) => boolean | Promise<boolean>) | null
  close(): Promise<void>
}

/** The pages of the gallery, by the last part of their address. */
export const GALLERY_PAGES: readonly string[] = Object.keys(GALLERY)

/**
 * Every part of the pages in its states, and the endpoints that the components call, over real HTTP: uploads, the list
 * that the picker shows, and the write API. It keeps what it was sent. Whoever draws new parts or components looks at
 * them beside these, in a browser.
 */
export async function startGallery(): Promise<Gallery> {
  const received: Received[] = []
  let stored = 0
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<ServerResponse> {
    const url = new URL(request.url ?? '/', 'http://gallery')
    const path = url.pathname.startsWith(`${BASE}/`) ? url.pathname.slice(BASE.length) : null
    if (path === null) return send(response, 404, 'text/plain', 'outside of base_url')
    if (path === '/-/assets/holdall.css') return send(response, 200, 'text/css', stylesheet().body)
    if (path === '/-/assets/icon.svg') return send(response, 200, 'image/svg+xml', siteIcon().body)
    if (path === '/-/assets/elements.js')
      return send(response, 200, 'text/javascript', (await elementsBundle('page')).body)
    if (path.startsWith('/img/')) return send(response, 200, 'image/svg+xml', picture(path))
    const page = request.method === 'GET' ? await galleryPage(path.slice(1)) : null
    if (page !== null) return send(response, 200, 'text/html; charset=utf-8', page)
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const call = {
      method: request.method ?? '',
      path,
      query: url.searchParams,
      body: Buffer.concat(chunks),
      headers: request.headers,
    }
    received.push(call)
    return (await gallery.intercept?.(call, response)) ? response : answer(call, response)
  }

  function answer(call: Received, response: ServerResponse): ServerResponse {
    const { path, query } = call
    if (path.startsWith('/-/files/upload/') && call.method === 'GET') {
      return answerJson(response, 200, { ok: true, sessions: [], next: null })
    }
    if (path.startsWith('/-/files/upload/')) {
      stored += 1
      const id = `df-new-${stored}`
      const filename = query.get('filename')
      const record = {
        id,
        filename,
        content_type: call.headers['content-type'],
        size: call.body.length,
        width: 8,
        height: 8,
        thumbnail_url: `${BASE}/img/${id}.svg`,
        url: `${BASE}/-/files/${id}`,
      }
      return answerJson(response, 201, { ok: true, file_id: id, ...record, file: record })
    }
    if (path.startsWith('/public/uploads/') && call.method === 'GET') {
      return answerJson(response, 200, { ok: true, uploads: [], next: null })
    }
    if (path === '/-/files/search.json') {
      const found = Object.values(FILES).filter((file) => file.filename.includes(query.get('q') ?? ''))
      const from = Number(query.get('cursor') ?? 0)
      const until = from + 4
      const files = found.slice(from, until).map((file) => ({
        id: file.id,
        filename: file.filename,
        content_type: file.contentType,
        size: file.size,
        width: file.width,
        height: file.height,
        thumbnail_url: file.thumbnail,
        url: file.href,
        changed_at: file.changedAt ?? null,
        missing_since: file.missingSince ?? null,
        created_at: '2025-03-14T10:42:00.000Z',
      }))
      return answerJson(response, 200, { ok: true, files, next: until < found.length ? String(until) : null })
    }
    if (path === '/-/files/batch.json' && query.has('uses')) {
      const [id = ''] = query.getAll('id')
      return answerJson(response, 200, { ok: true, files: {}, uses: { [id]: { rows: 2, label: 'Jug' } } })
    }
    if (path.endsWith('/-/update')) return answerJson(response, 200, { ok: true, rows: [] })
    if (path === '/-/theme') return answerJson(response, 200, { ok: true })
    if (call.method === 'POST') return answerJson(response, 200, { ok: true })
    return answerJson(response, 404, {
      ok: false,
      error: 'Nothing is at this address.',
      errors: [],
      status: 404,
      code: 'not_found',
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const gallery: Gallery = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${BASE}`,
    received,
    intercept: null,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return gallery
}

/** Answers as an endpoint does. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): ServerResponse {
  return response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): ServerResponse {
  return response
    .writeHead(status, { 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-store' })
    .end(body)
}

/** A drawing for a name: its colour and shape follow from the letters, so that each file looks like itself. */
function picture(path: string): string {
  const seed = [...path].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="800" viewBox="0 0 1200 800"><rect width="1200" height="800" fill="hsl(${seed} 22% 78%)"/><rect y="560" width="1200" height="240" fill="hsl(${seed} 18% 66%)"/><ellipse cx="600" cy="${380 + (seed % 60)}" rx="${180 + (seed % 90)}" ry="240" fill="hsl(${(seed + 40) % 360} 35% 45%)"/></svg>`
}
