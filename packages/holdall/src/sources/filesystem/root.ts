import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { HoldallError } from '../../web/error.ts'
import { isAbsent } from './io.ts'

/** Where writes grow until they are whole. A reserved name: no path of the storage begins with it. */
export const TEMPORARY_FOLDER = '.holdall-tmp'

/** The folder that a storage may use, and the only way from its paths to those of the operating system. */
export interface Root {
  /** The folder itself, links resolved. */
  readonly directory: string
  /** Opens the regular file at `path` for reading; `undefined` when there is none inside the root. */
  open(path: string): Promise<FileHandle | undefined>
  /** The folder of `path`, links resolved, and the name in it; `undefined` when there is no such folder inside the root. */
  locate(path: string): Promise<Place | undefined>
  /** The same for writing: says `storage_path_invalid` for a path that this storage cannot hold. */
  target(path: string): Place
  /** Whether what is really at this place lies inside the root. */
  holds(realPath: string): boolean
  /** Throws unless the root itself is there; without it, every file would look deleted. */
  assertThere(): Promise<void>
}

export interface Place {
  readonly directory: string
  readonly full: string
}

/**
 * @param configured relative to the working directory
 * @param options.make whether it is made when it is not there yet; without, that is an error
 */
export async function openRoot(configured: string, { make }: { readonly make: boolean }): Promise<Root> {
  if (make) await mkdir(configured, { recursive: true })
  const directory = await realpath(resolve(configured))

  function holds(realPath: string): boolean {
    const inside = relative(directory, realPath)
    return inside !== '' && !inside.startsWith(`..${sep}`) && inside !== '..' && !isAbsolute(inside)
  }

  function place(path: string): Place {
    const segments = path.split('/')
    return { directory: join(directory, ...segments.slice(0, -1)), full: join(directory, ...segments) }
  }

  return {
    directory,
    holds,
    async open(path) {
      if (objection(path) !== undefined) return undefined
      const { full } = place(path)
      let handle: FileHandle
      try {
        // Without O_NONBLOCK, opening a FIFO would wait for its writer for ever.
        handle = await open(full, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
      try {
        if (await isFileInside(handle, full)) return handle
      } catch (error) {
        await handle.close()
        if (isAbsent(error)) return undefined
        throw error
      }
      await handle.close()
      return undefined
    },
    async locate(path) {
      if (objection(path) !== undefined) return undefined
      const { directory: folder, full } = place(path)
      try {
        const real = await realpath(folder)
        if (real !== directory && !holds(real)) return undefined
        return { directory: real, full: join(real, full.slice(folder.length + 1)) }
      } catch (error) {
        if (isAbsent(error)) return undefined
        throw error
      }
    },
    target(path) {
      const reason = objection(path)
      if (reason !== undefined) throw new HoldallError('storage_path_invalid', { reason })
      return place(path)
    },
    async assertThere() {
      const found = await stat(directory)
      if (!found.isDirectory()) throw new Error(`${directory} is not a directory`)
    },
  }

  // The handle is what will be read, so it is the handle that must lie inside: links may change between two calls.
  async function isFileInside(handle: FileHandle, full: string): Promise<boolean> {
    const opened = await handle.stat({ bigint: true })
    if (!opened.isFile()) return false
    const real = await realpath(full)
    if (!holds(real)) return false
    const there = await lstat(real, { bigint: true })
    return there.ino === opened.ino && there.dev === opened.dev
  }
}

/** Why a path cannot be one of this storage. */
function objection(path: string): string | undefined {
  if (path.includes('\0')) return 'it has a NUL character'
  if (!path.isWellFormed()) return 'it is not valid Unicode'
  const segments = path.split('/')
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..')) {
    return 'its parts must not be empty, "." or ".."'
  }
  if (segments[0] === TEMPORARY_FOLDER) return `${TEMPORARY_FOLDER} is kept for unfinished writes`
  if (sep === '\\' && path.includes('\\')) return 'it has a backslash'
  return undefined
}
