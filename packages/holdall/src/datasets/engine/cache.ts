import { open } from 'node:fs/promises'
import { HoldallError } from '../../web/error.ts'
import { openCopies } from './copies.ts'
import { type LocalObject, openPath, type RemoteObject } from './local-object.ts'
import { isSuperuser } from './rights.ts'

export type { LocalObject, RemoteObject } from './local-object.ts'

/** Of all copies together, in bytes, when the settings say nothing. */
const DEFAULT_CACHE_BYTES = 20 * 1024 ** 3

/**
 * Objects as files of this computer: those that lie here are used as they are, of others a copy is kept, whole or not at
 * all, and the one that was not used for longest goes first.
 */
export interface ObjectCache {
  /**
   * @throws HoldallError `file_missing` when the object is not there any more in this state, `query_limit` when it is larger
   * than all copies may be together; what the storage throws; what the signal was aborted with
   */
  open(object: RemoteObject, signal?: AbortSignal): Promise<LocalObject>
  close(): Promise<void>
}

export interface CacheOptions {
  /** Of the cache alone; servers beside this one may use it as well. */
  readonly folder: string
  /** Bytes that copies may take together. */
  readonly maxBytes?: number
}

export function openObjectCache({ folder, maxBytes = DEFAULT_CACHE_BYTES }: CacheOptions): ObjectCache {
  const copies = openCopies(folder, maxBytes)
  return {
    async open(object, signal) {
      signal?.throwIfAborted()
      const here = await localOf(object)
      return here ?? (await copies.open(object, signal))
    },
    close: () => copies.close(),
  }
}

const READABLE_BY_ALL = 0o004
const WRITABLE_BY_OWNER = 0o200
const READ_ONLY = 0o444

/** `undefined` where a copy is needed. */
async function localOf({ storage, path, size, isOurs }: RemoteObject): Promise<LocalObject | undefined> {
  if (storage.openLocal === undefined) return undefined
  const local = await storage.openLocal(path)
  if (local === undefined) throw new HoldallError('file_missing')
  let isUsed = false
  try {
    // What is read is the file that is open, whatever its name leads to by then.
    await using handle = await open(openPath(local.fd) ?? local.path, 'r')
    const { size: actual, mode, uid } = await handle.stat()
    if (actual !== size) throw new HoldallError('file_missing')
    if (isSuperuser() && (mode & READABLE_BY_ALL) === 0) return undefined
    // Queries then run as the same user as the server, who must not be able to write what they read.
    if (isOurs && uid === process.getuid?.() && (mode & WRITABLE_BY_OWNER) !== 0) await handle.chmod(READ_ONLY)
    isUsed = true
    return { path: openPath(local.fd) ?? local.path, close: () => local.close() }
  } finally {
    if (!isUsed) await local.close()
  }
}
