import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileChanged } from './error.ts'
import type { UploadSource } from './types.ts'

const PIECE = 256 * 1024

/** A file that is read while it is sent. Close it when it has been uploaded. */
export interface FileOnDisk extends UploadSource, AsyncDisposable {
  read(position: number, into: Uint8Array): Promise<number>
  changed(): Promise<boolean>
  close(): Promise<void>
}

/** @throws what the file system says, such as ENOENT; TypeError for what is not a file */
export async function openFile(path: string): Promise<FileOnDisk> {
  const handle = await open(path)
  const facts = await handle.stat({ bigint: true })
  if (!facts.isFile()) {
    await handle.close()
    throw new TypeError(`${path} is not a file`)
  }
  const name = basename(path)
  const size = Number(facts.size)

  async function read(position: number, into: Uint8Array): Promise<number> {
    return (await handle.read(into, 0, into.length, position)).bytesRead
  }

  async function changed(): Promise<boolean> {
    const now = await handle.stat({ bigint: true })
    return now.size !== facts.size || now.mtimeNs !== facts.mtimeNs
  }

  return {
    name,
    size,
    read,
    changed,
    close: () => handle.close(),
    [Symbol.asyncDispose]: () => handle.close(),
    stream() {
      let position = 0
      return new ReadableStream({
        async pull(controller) {
          const bytes = new Uint8Array(Math.min(PIECE, size - position))
          const length = bytes.length === 0 ? 0 : await read(position, bytes)
          position += length
          if ((length === 0 && position < size) || (await changed())) throw fileChanged(name)
          if (length > 0) controller.enqueue(bytes.subarray(0, length))
          if (position >= size) controller.close()
        },
      })
    },
  }
}
