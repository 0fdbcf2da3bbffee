import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Origin, sendFile, startOrigin } from './test-origin.ts'

/** As the metadata API gives it; the tests read and change these alone. */
export interface ArchiveRecord {
  dir: string
  is_dark?: boolean
  files: { name: string; size?: string; mtime?: string; md5?: string; private?: string }[]
}

export interface Archive extends Origin {
  readonly record: ArchiveRecord
  /** Where the files lie; downloads are sent there. */
  readonly node: Origin
  readonly bodies: Map<string, Buffer>
  /** Puts a file into the item as the archive would: bytes and what the record says of them. */
  put(name: string, body: Uint8Array): void
  delete(name: string): void
}

/** The answer that the Internet Archive gave of its item `nasa`. */
export function recordedItem(): ArchiveRecord {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'nasa.json'), 'utf8'))
}

export function emptyItem(item: string): ArchiveRecord {
  return { dir: `/1/items/${item}`, files: [{ name: `${item}_files.xml`, md5: '0'.repeat(32), private: 'true' }] }
}

/** An archive on this machine with one item, on two servers: one that knows and one that has. */
export async function startArchive(item: string, record: ArchiveRecord): Promise<Archive> {
  const bodies = new Map<string, Buffer>()
  let said: string | undefined
  const node = await startOrigin((request, response) => {
    const path = decodeURIComponent(new URL(request.url as string, 'http://x').pathname)
    const isHere = path.startsWith(`${record.dir}/`)
    sendFile(request, response, isHere ? bodies.get(path.slice(record.dir.length + 1)) : undefined)
  })
  const origin = await startOrigin((request, response) => {
    const { pathname } = new URL(request.url as string, 'http://x')
    if (pathname === `/metadata/${item}`) {
      said ??= JSON.stringify(record)
      response.writeHead(200, { 'content-type': 'application/json' }).end(said)
    } else if (pathname.startsWith('/metadata/')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    } else if (pathname.startsWith(`/download/${item}/`)) {
      const location = `${node.url}${record.dir}${pathname.slice(`/download/${item}`.length)}`
      response.writeHead(302, { location }).end()
    } else {
      response.writeHead(404).end()
    }
  })
  return {
    ...origin,
    record,
    node,
    bodies,
    put(name, body) {
      const md5 = createHash('md5').update(body).digest('hex')
      const known = record.files.find((file) => file.name === name)
      const file = { name, size: String(body.byteLength), mtime: '1445412480', md5 }
      if (known === undefined) record.files.push(file)
      else Object.assign(known, file)
      bodies.set(name, Buffer.from(body))
      said = undefined
    },
    delete(name) {
      record.files = record.files.filter((file) => file.name !== name)
      bodies.delete(name)
      said = undefined
    },
    async close() {
      await node.close()
      await origin.close()
    },
  }
}
