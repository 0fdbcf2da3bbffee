import type { Readable } from 'node:stream'
import { type Entry, fromFdPromise } from 'yauzl'
import { formatNumber } from '../../../web/format.ts'
import { CannotConvert } from '../refusal.ts'

/** An Excel file is a ZIP of XML files; one with more of them is none. */
const MAX_ENTRIES = 20_000
const MIB = 1024 * 1024

export interface Archive {
  has(name: string): boolean
  /** The bytes of a file in it. @throws CannotConvert past `maxBytes`, which are counted as they come out */
  read(name: string, maxBytes: number): AsyncGenerator<Buffer>
}

/** @param fd stays open @throws CannotConvert when it is damaged, or no Excel file */
export async function openArchive(fd: number): Promise<Archive> {
  const entries = new Map<string, Entry>()
  const zip = await fromFdPromise(fd, { autoClose: false, lazyEntries: true }).catch((error) => {
    throw damaged(error)
  })
  if (zip.entryCount > MAX_ENTRIES) {
    throw new CannotConvert(`it is a ZIP of ${formatNumber(zip.entryCount)} files and no Excel file`)
  }
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName.toLowerCase()
      if (!entries.has(name)) entries.set(name, entry)
    }
  } catch (error) {
    throw damaged(error)
  }

  return {
    has: (name) => entries.has(name.toLowerCase()),
    async *read(name, maxBytes) {
      const entry = entries.get(name.toLowerCase())
      if (entry === undefined) throw new CannotConvert(`it is no Excel file: it has no ${name}`)
      if (entry.isEncrypted()) throw new CannotConvert('it has a password. Save it without one')
      const stream: Readable = await zip.openReadStreamPromise(entry).catch((error) => {
        throw damaged(error)
      })
      let bytes = 0
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          bytes += chunk.length
          if (bytes > maxBytes) {
            throw new CannotConvert(
              `${name} in it is larger than ${formatNumber(Math.round(maxBytes / MIB))} MiB when it is unpacked`,
            )
          }
          yield chunk
        }
      } catch (error) {
        throw error instanceof CannotConvert ? error : damaged(error)
      } finally {
        stream.destroy()
      }
    },
  }
}

function damaged(error: unknown): CannotConvert {
  const what = error instanceof Error ? error.message : String(error)
  return new CannotConvert(`it is no whole Excel file (${what})`, { cause: error })
}
