import { randomUUID } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { THIS_PROCESS } from '../../sources/process.ts'
import { removeLeftBehind } from './left-behind.ts'
import { isSuperuser } from './rights.ts'

const CHUNK_BYTES = 256 * 1024
/** Whom the superuser's processes become has to write the file; the folder above it is closed to everybody else. */
const MODE = isSuperuser() ? 0o666 : 0o600

/** The folder in which exports are written before they are sent. What processes have left in it that are no more, goes. */
export interface ExportFolder {
  create(): Promise<ExportFile>
}

/** An empty file, until `remove`. */
export interface ExportFile {
  readonly path: string
  read(): Promise<ExportContents>
  remove(): Promise<void>
}

export interface ExportContents {
  /** The file is removed when it has ended, was cancelled or has failed. */
  readonly stream: ReadableStream<Uint8Array>
  /** Bytes. */
  readonly size: number
  /** Removes the file, read or not. */
  close(): Promise<void>
}

export function openExportFolder(folder: string): ExportFolder {
  const swept = removeLeftBehind(folder)
  swept.catch(() => {})
  return {
    async create() {
      await swept
      const path = join(folder, `${THIS_PROCESS}.${randomUUID()}`)
      const handle = await open(path, 'wx', MODE)
      try {
        // What the process's own mask takes away is asked for.
        await handle.chmod(MODE)
      } finally {
        await handle.close()
      }
      const remove = () => rm(path, { force: true })
      return { path, read: () => contentsOf(path, remove), remove }
    },
  }
}

async function contentsOf(path: string, remove: () => Promise<void>): Promise<ExportContents> {
  const handle = await open(path, 'r')
  const { size } = await handle.stat()
  let over: Promise<void> | undefined
  function end(): Promise<void> {
    over ??= handle.close().finally(remove)
    return over
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          if (over !== undefined) throw new Error('The export was closed')
          const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
          const { bytesRead } = await handle.read(chunk, 0, chunk.length)
          if (bytesRead > 0) controller.enqueue(chunk.subarray(0, bytesRead))
          else {
            await end()
            controller.close()
          }
        } catch (error) {
          await end().catch(() => {})
          throw error
        }
      },
      cancel: end,
    },
    // Nothing is read before somebody asks for it.
    { highWaterMark: 0 },
  )
  return { stream, size, close: end }
}
