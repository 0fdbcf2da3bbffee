import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FileStore } from '@tus/file-store'
import { Server as TusServer } from '@tus/server'
import multer from 'multer'

const [name, folder] = process.argv.slice(2) as [string, string]

// The limit: hashes and writes, and does nothing else.
async function bare(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(incoming, hashing, createWriteStream(join(folder, randomUUID()), { flush: true }))
  outgoing.end(hash.digest('hex'))
}

function listenerOf(): RequestListener {
  if (name === 'tus') {
    const server = new TusServer({ path: '/files', datastore: new FileStore({ directory: folder }) })
    return (incoming, outgoing) => void server.handle(incoming, outgoing)
  }
  if (name === 'multer') {
    const single = multer({ dest: folder }).single('file')
    return (incoming, outgoing) =>
      single(incoming as never, outgoing as never, (error: unknown) => {
        outgoing.statusCode = error ? 500 : 200
        outgoing.end(String(error ?? 'stored'))
      })
  }
  return (incoming, outgoing) => void bare(incoming, outgoing)
}

const server = createServer({ requestTimeout: 0 }, listenerOf())
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
