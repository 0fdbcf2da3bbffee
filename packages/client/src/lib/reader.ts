import { fileChanged, UploadError } from './error.ts'
import type { UploadSource } from './types.ts'

/** Any range of a file, for as long as it stays the file that was picked. */
export interface Reader {
  /** What `read` fills; `undefined` where every read brings its own. */
  buffer(bytes: number): Uint8Array<ArrayBuffer> | undefined
  /** @throws {UploadError} `file_changed` */
  read(position: number, length: number, into: Uint8Array<ArrayBuffer> | undefined): Promise<Uint8Array<ArrayBuffer>>
  /** @throws {UploadError} `file_changed` */
  check(): Promise<void>
}

/** `undefined` for a source that can only be streamed from its beginning. */
export function createReader(file: UploadSource): Reader | undefined {
  if (file.read === undefined && file.slice === undefined) return undefined

  async function read(position: number, length: number, into: Uint8Array<ArrayBuffer> | undefined) {
    if (file.read === undefined || into === undefined) {
      return new Uint8Array((await file.slice?.(position, position + length).arrayBuffer()) ?? new ArrayBuffer(0))
    }
    const bytes = into.subarray(0, length)
    let filled = 0
    while (filled < length) {
      const more = await file.read(position + filled, bytes.subarray(filled))
      if (more === 0) break
      filled += more
    }
    return bytes.subarray(0, filled)
  }

  async function check(): Promise<void> {
    if (await file.changed?.()) throw fileChanged(file.name)
  }

  return {
    check,
    buffer: (bytes) => (file.read === undefined ? undefined : new Uint8Array(bytes)),
    async read(position, length, into) {
      const bytes = await read(position, length, into).catch((error: unknown) => {
        throw error instanceof UploadError ? error : fileChanged(file.name, error)
      })
      // Looked at after reading: what was read before somebody wrote is the file that was picked.
      await check()
      if (bytes.byteLength !== length) throw fileChanged(file.name)
      return bytes
    },
  }
}
