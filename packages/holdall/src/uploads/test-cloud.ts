import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { collect, hashOf } from '../sources/contract/bodies.ts'
import type { Multipart, MultipartUpload, StoredPart } from '../sources/multipart.ts'
import type { Storage, StorageType } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'

interface CloudObject {
  readonly body: Buffer
  readonly token?: string
}
interface CloudUpload {
  readonly path: string
  readonly token: string
  readonly startedAt: Date
  readonly parts: Map<number, Buffer>
}

/** What a storage may be asked, in the words of its interface. */
export type CloudCall =
  | 'create'
  | 'listParts'
  | 'complete'
  | 'find'
  | 'abort'
  | 'stat'
  | 'read'
  | 'delete'
  | 'uploadUrl'

/**
 * A storage that clients send to themselves, as a bucket is: with addresses of its own for parts and whole files, and
 * with every way of failing that such a service has. Kept in memory, on a real port.
 */
export interface Cloud {
  readonly type: StorageType
  readonly objects: Map<string, CloudObject>
  readonly uploads: Map<string, CloudUpload>
  readonly calls: CloudCall[]
  /** Called before and after each call, with the path that it is of; what it throws is what the call throws. */
  fault: { before?(call: CloudCall, path: string): unknown; after?(call: CloudCall, path: string): unknown }
  /** What it answers to the question whether pages may send there; `null`: nothing at all. */
  pages: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | null
  /** Milliseconds until it does. */
  pagesAfter: number
  close(): Promise<void>
}

const PAGE = 2

export async function startCloud(limits = { minPartSize: 1, maxPartSize: 2 ** 33, maxParts: 10_000 }): Promise<Cloud> {
  const objects = new Map<string, CloudObject>()
  const uploads = new Map<string, CloudUpload>()
  const calls: CloudCall[] = []
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', url)
    if (request.method === 'OPTIONS') {
      await sleep(cloud.pagesAfter)
      if (cloud.pages !== null) response.writeHead(cloud.pages.status, cloud.pages.headers).end()
      return
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (body.length !== Number(searchParams.get('size'))) return void response.writeHead(403).end()
    const upload = searchParams.get('upload')
    if (upload === null) objects.set(decodeURIComponent(pathname.slice(1)), { body })
    // As a bucket does: what was on its way while an upload was aborted or completed may still arrive.
    else (uploads.get(upload) ?? revive(upload)).parts.set(Number(searchParams.get('part')), body)
    response.writeHead(200, { ETag: `"${md5(body)}"` }).end()
  }

  const ended = new Map<string, CloudUpload>()
  function revive(id: string): CloudUpload {
    const upload = ended.get(id)
    if (upload === undefined) throw new Error('No such upload')
    uploads.set(id, upload)
    return upload
  }
  function end(id: string, upload: CloudUpload): void {
    ended.set(id, { ...upload, parts: new Map() })
    uploads.delete(id)
  }

  async function asked<Result>(call: CloudCall, path: string, work: () => Result | Promise<Result>): Promise<Result> {
    calls.push(call)
    await cloud.fault.before?.(call, path)
    const result = await work()
    await cloud.fault.after?.(call, path)
    return result
  }

  function uploadOf({ id }: MultipartUpload): CloudUpload {
    const upload = uploads.get(id)
    if (upload === undefined) throw new HoldallError('multipart_gone')
    return upload
  }

  const multipart: Multipart = {
    limits,
    create: ({ path, token }) =>
      asked('create', path, () => {
        const id = randomUUID()
        uploads.set(id, { path, token, startedAt: new Date(), parts: new Map() })
        return id
      }),
    async partTarget({ id }, { number, size }, { expiresIn }) {
      return { url: `${url}/part?upload=${id}&part=${number}&size=${size}`, headers: {}, expiresIn }
    },
    listParts: (upload, { after = 0 } = {}) =>
      asked('listParts', upload.path, () => {
        const numbers = [...uploadOf(upload).parts.keys()].filter((number) => number > after).sort((a, b) => a - b)
        const parts = numbers.slice(0, PAGE).map((number) => partOf(uploadOf(upload), number))
        return { parts, next: numbers.length > PAGE ? (parts.at(-1)?.number ?? null) : null }
      }),
    complete: (upload, parts) =>
      asked('complete', upload.path, () => {
        const found = uploadOf(upload)
        const body = Buffer.concat(parts.map(({ number }) => found.parts.get(number) as Buffer))
        objects.set(found.path, { body, token: found.token })
        end(upload.id, found)
      }),
    find: ({ path, token, size }) =>
      asked('find', path, () => {
        const object = objects.get(path)
        return object?.token === token && object.body.length === size ? { path, size } : undefined
      }),
    abort: ({ id, path }) =>
      asked('abort', path, () => {
        const upload = uploads.get(id)
        if (upload !== undefined) end(id, upload)
      }),
    listUploads: async ({ cursor } = {}) => {
      const all = [...uploads].map(([id, { path, startedAt }]) => ({ id, path, startedAt }))
      const at = Number(cursor ?? 0)
      return { uploads: all.slice(at, at + PAGE), next: at + PAGE < all.length ? String(at + PAGE) : null }
    },
  }

  const storage: Storage = {
    multipart,
    origins: [url],
    stat: (path) =>
      asked('stat', path, () => {
        const object = objects.get(path)
        return object && { path, size: object.body.length }
      }),
    read: (path, { range } = {}) =>
      asked('read', path, () => {
        const object = objects.get(path)
        if (object === undefined) throw new HoldallError('file_missing')
        const { offset, length } = { offset: 0, length: undefined, ...range }
        const bytes = object.body.subarray(offset, length === undefined ? undefined : offset + length)
        return new Blob([new Uint8Array(bytes)]).stream()
      }),
    async write(path, body) {
      const whole = await collect(body)
      objects.set(path, { body: whole })
      return { path, size: whole.length, contentHash: hashOf(whole) }
    },
    delete: (path) => asked('delete', path, () => void objects.delete(path)),
    uploadUrl: (path, { size, contentType }) =>
      asked('uploadUrl', path, () => ({
        url: `${url}/${encodeURIComponent(path)}?size=${size}`,
        method: 'PUT',
        headers: { 'Content-Type': contentType ?? 'application/octet-stream' },
      })),
  }

  const cloud: Cloud = {
    pages: { status: 403, headers: {} },
    pagesAfter: 0,
    type: { type: 'cloud', config: z.strictObject({}), create: async () => storage },
    objects,
    uploads,
    calls,
    fault: {},
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return cloud
}

function partOf({ parts }: CloudUpload, number: number): StoredPart {
  const body = parts.get(number) as Buffer
  return { number, size: body.length, etag: md5(body) }
}

function md5(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex')
}
