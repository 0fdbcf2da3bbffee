import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Brings what was written to a file onto the disk. */
export interface Flush {
  /** Resolves when everything that was written before the call is on the disk. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * Flushes off the event loop, and once for everybody who asks while a flush is under way: a hundred commits at once cost
 * two waits for the disk instead of a hundred.
 *
 * @param path a file that is there by the first flush and stays the same file until it is closed
 */
export function createFlush(path: string): Flush {
  let opening: Promise<FileHandle> | undefined
  let running: Promise<void> | undefined
  /** Begins when the running one has ended; what is written until then is part of it. */
  let next: Promise<void> | undefined

  async function once(): Promise<void> {
    opening ??= openDurably(path).catch((error) => {
      opening = undefined
      throw error
    })
    await (await opening).datasync()
  }

  function begin(): Promise<void> {
    running = once().finally(() => {
      running = undefined
    })
    return running
  }

  function ask(): Promise<void> {
    if (running === undefined) return begin()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return begin()
      })
    return next
  }

  return {
    flush: ask,
    async close() {
      await (next ?? running)?.catch(() => undefined)
      await (await opening?.catch(() => undefined))?.close()
    },
  }
}

/** A new file is only as durable as its name in the folder. */
async function openDurably(path: string): Promise<FileHandle> {
  // Windows flushes only what may be written to, and keeps its own journal of names.
  const file = await open(path, 'r+')
  if (process.platform !== 'win32') {
    const folder = await open(dirname(path), 'r')
    await folder.sync().finally(() => folder.close())
  }
  return file
}
