import { type FileHandle, open } from 'node:fs/promises'
import { groupFlush } from './flush.ts'
import type { UploadFolder } from './folder.ts'

/** The files of an upload, opened once for all who write to it at the same time. */
export interface OpenUpload {
  readonly data: FileHandle
  readonly receipts: FileHandle
  /** Brings to disk what was written before the call; rejects for ever once bytes may have been lost. */
  flushData(): Promise<void>
  flushReceipts(): Promise<void>
}

interface Shared {
  readonly opening: Promise<OpenUpload>
  users: number
}

export function createOpenUploads() {
  const shared = new Map<string, Shared>()

  /** Opens both files or neither. Throws what the file system says. */
  async function openFiles({ directory, data, receipts }: UploadFolder): Promise<OpenUpload> {
    const dataHandle = await open(data, 'r+')
    let receiptsHandle: FileHandle
    try {
      receiptsHandle = await open(receipts, 'r+')
    } catch (error) {
      await dataHandle.close()
      throw error
    }
    // Handles that have lost bytes serve nobody who comes later.
    function forgetting(flush: () => Promise<void>): () => Promise<void> {
      return groupFlush(async () => {
        try {
          await flush()
        } catch (error) {
          shared.delete(directory)
          throw error
        }
      })
    }
    return {
      data: dataHandle,
      receipts: receiptsHandle,
      flushData: forgetting(() => dataHandle.datasync()),
      flushReceipts: forgetting(() => receiptsHandle.datasync()),
    }
  }

  return {
    async use<Result>(folder: UploadFolder, work: (files: OpenUpload) => Promise<Result>): Promise<Result> {
      const entry = shared.get(folder.directory) ?? { opening: openFiles(folder), users: 0 }
      shared.set(folder.directory, entry)
      entry.users += 1
      try {
        return await work(await entry.opening)
      } finally {
        entry.users -= 1
        if (entry.users === 0) {
          if (shared.get(folder.directory) === entry) shared.delete(folder.directory)
          await entry.opening.then(closeFiles, () => {})
        }
      }
    },
  }
}

async function closeFiles({ data, receipts }: OpenUpload): Promise<void> {
  await data.close()
  await receipts.close()
}
