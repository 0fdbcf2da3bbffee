import type { FileHandle } from 'node:fs/promises'
import type { Storage } from '../../sources/storage.ts'

/** A stored object in one state; what is read is of that one. */
export interface RemoteObject {
  readonly storage: Storage
  /** What no other storage is called: the id of the source. */
  readonly sourceId: string
  readonly path: string
  /** Bytes. */
  readonly size: number
  readonly etag: string | null
  /** Holdall wrote it, under a name of its own: nobody else expects to write there. */
  readonly isOurs?: boolean
}

/** A path for the query engine that leads to the object until it is closed. */
export interface LocalObject {
  readonly path: string
  close(): Promise<void>
}

/** A path that leads to a file that this process has open. */
export function openPath(fd: number): string | undefined {
  return process.platform === 'linux' ? `/proc/${process.pid}/fd/${fd}` : undefined
}

export function localObjectOf(handle: FileHandle, path: string, done: () => void): LocalObject {
  let closed: Promise<void> | undefined
  return {
    path: openPath(handle.fd) ?? path,
    close() {
      closed ??= handle.close().finally(done)
      return closed
    },
  }
}
