import { randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { THIS_PROCESS } from '../../sources/process.ts'
import { readRange } from '../../sources/read-range.ts'
import { HoldallError } from '../../web/error.ts'
import type { RemoteObject } from './local-object.ts'

const PIECE_BYTES = 8 * 1024 * 1024
const PIECES_AT_ONCE = 4
/** Nobody writes a copy, its owner neither. */
const MODE = 0o444

/** Ends what a copy is called before it is whole; what comes first says whose it is. */
export const TEMPORARY = '.part'

/** Makes `name` in `folder` a copy of the object. It is there whole or not at all. */
export async function download(object: RemoteObject, folder: string, name: string, signal: AbortSignal): Promise<void> {
  const temporary = join(folder, `${THIS_PROCESS}.${randomUUID()}${TEMPORARY}`)
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  try {
    await using handle = await open(temporary, 'wx', 0o600)
    await handle.truncate(object.size)
    let next = 0
    async function copyPieces(): Promise<void> {
      while (next < object.size) {
        const offset = next
        const length = Math.min(PIECE_BYTES, object.size - offset)
        next += length
        const piece = await readRange(object.storage, object.path, { offset, length }, either, object.etag ?? undefined)
        await handle.write(piece, 0, length, offset)
      }
    }
    await Promise.all(
      Array.from({ length: PIECES_AT_ONCE }, () =>
        copyPieces().catch((error: unknown) => {
          failed.abort(error)
          throw error
        }),
      ),
    )
    if (object.etag === null) await assertStill(object, either)
    either.throwIfAborted()
    await handle.chmod(MODE)
    // A time without a fraction can be set again exactly, when the time of use is.
    const now = Math.floor(Date.now() / 1000)
    await handle.utimes(now, now)
    // Otherwise a copy might be found after a power failure that has its name and not its bytes.
    await handle.sync()
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw (error as NodeJS.ErrnoException).code === 'ENOSPC'
      ? new HoldallError(
          'unavailable',
          { reason: 'This computer has no room for a copy of the file' },
          { cause: error },
        )
      : error
  }
}

/** Without an ETag the pieces may be of different states; that is seen when the length has changed. */
async function assertStill({ storage, path, size }: RemoteObject, signal: AbortSignal): Promise<void> {
  if ((await storage.stat(path, { signal }))?.size !== size) throw new HoldallError('file_missing')
}
