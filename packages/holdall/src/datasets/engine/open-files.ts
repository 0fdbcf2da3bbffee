import { type BigIntStats, closeSync, constants, fstatSync, openSync } from 'node:fs'
import type { PinnedFile } from './jobs.ts'

/** A file is not what the server said that it is, or may not be read. */
export class FileFailure extends Error {
  readonly failing: 'file-changed' | 'file-unreadable'

  constructor(failing: 'file-changed' | 'file-unreadable', cause?: unknown) {
    super(failing, { cause })
    this.failing = failing
  }
}

export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(':')
}

/**
 * The files of a process's jobs. On Linux DuckDB is given the open file instead of its path: it is then the file that was
 * looked at whatever happens to its name, no path stands in a message, and the folders above it may stay closed to the
 * user that queries run as.
 */
export interface OpenFiles {
  /** A path for DuckDB. @throws FileFailure */
  pathOf(file: PinnedFile): string
  /** For writing, to which DuckDB then has a right as well. */
  writablePathOf(path: string): string
  /** That everybody may read them is all that is asked of files once rights were given up. @throws FileFailure */
  assertReadable(): void
  closeAll(): void
}

const HAS_OPEN_PATHS = process.platform === 'linux'

export function createOpenFiles(): OpenFiles {
  const open = new Map<string, number>()
  const writable: number[] = []

  return {
    pathOf({ path, identity }) {
      const known = open.get(identity)
      const fd = known ?? opened(path, identity)
      open.set(identity, fd)
      return HAS_OPEN_PATHS ? `/proc/self/fd/${fd}` : path
    },
    writablePathOf(path) {
      if (!HAS_OPEN_PATHS) return path
      const fd = openSync(path, constants.O_RDWR)
      writable.push(fd)
      return `/proc/self/fd/${fd}`
    },
    assertReadable() {
      if (!HAS_OPEN_PATHS) return
      for (const fd of open.values()) {
        try {
          closeSync(openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY))
        } catch (error) {
          throw new FileFailure('file-unreadable', error)
        }
      }
    },
    closeAll() {
      for (const fd of [...open.values(), ...writable.splice(0)]) closeSync(fd)
      open.clear()
    },
  }
}

function opened(path: string, identity: string): number {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY)
  } catch (error) {
    throw new FileFailure('file-changed', error)
  }
  if (identityOf(fstatSync(fd, { bigint: true })) === identity) return fd
  closeSync(fd)
  throw new FileFailure('file-changed')
}
