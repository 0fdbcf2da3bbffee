import { lstat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { HoldallError } from '../../web/error.ts'
import { DEFAULT_LIST_LIMIT, type ListedPage, type ListOptions, MAX_LIST_LIMIT, type StoredFile } from '../storage.ts'
import { isAbsent, isForbidden } from './io.ts'
import { createLooks } from './looks.ts'
import { type Entry, type NameWindow, readWindow } from './names.ts'
import { type Root, TEMPORARY_FOLDER } from './root.ts'

/** A window of names serves the pages that follow it for so long; a listing that pauses longer reads the folder again. */
const WINDOW_LIFE_MS = 60_000
/** Windows kept for listings under way, the least recently used is dropped. */
const MAX_WINDOWS = 16

/** Names of one folder that follow each other in the order of the listing. */
interface Run {
  /** The beginning of their paths. */
  readonly folder: string
  readonly directory: string
  readonly names: readonly string[]
}

export type List = (options?: ListOptions) => Promise<ListedPage>

/**
 * Walks the tree depth first, each folder by name: the order of paths compared part by part. A cursor is the last path
 * that was given out, so that a page begins where the one before ended, whatever has changed since.
 */
export function createList(root: Root, now: () => number): List {
  const windows = new Map<string, { window: NameWindow; at: number }>()

  // A folder that is entered at its beginning is always read anew; a window only carries on what this or another
  // listing began a moment ago.
  async function windowAfter(directory: string, after: string, signal?: AbortSignal): Promise<NameWindow> {
    const known = windows.get(directory)
    windows.delete(directory)
    const usable =
      known !== undefined && after !== '' && now() - known.at < WINDOW_LIFE_MS && covers(known.window, after)
    const entry = usable ? known : { window: await readWindow(directory, after, { signal }), at: now() }
    windows.set(directory, entry)
    if (windows.size > MAX_WINDOWS) windows.delete(windows.keys().next().value as string)
    return entry.window
  }

  return async function list({ prefix = '', cursor, limit = DEFAULT_LIST_LIMIT, signal } = {}) {
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
      throw new HoldallError('bad_request', { reason: `limit must be 1 to ${MAX_LIST_LIMIT}` })
    }
    const files: StoredFile[] = []
    const unreadable = new Set<string>()
    await root.assertThere()
    const looks = createLooks()
    let paths: string[] = []
    /** Files that the page still has room for. */
    let room = limit
    for await (const run of walk('', cursor === undefined ? [] : partsOf(root, cursor))) {
      for (const name of run.names) paths.push(`${run.folder}${name}`)
      looks.ask(run.names.map((name) => `${run.directory}${sep}${name}`))
      room -= run.names.length
      if (room === 0) await take()
      if (room === 0) break
    }
    await take()
    const last = files.at(-1)
    return {
      files,
      next: files.length < limit || last === undefined ? null : cursorOf(last.path),
      ...(unreadable.size > 0 && { unreadable: [...unreadable] }),
    }

    /** Not everything that has a name is a file when it is looked at. */
    async function take(): Promise<void> {
      const asked = paths
      paths = []
      for (const [at, found] of (await looks.answers()).entries()) {
        const path = asked[at] as string
        if (found instanceof Error) passOver(path.slice(0, Math.max(path.lastIndexOf('/'), 0)), found)
        else if (found !== undefined) files.push({ path, size: found.size, lastModified: found.modified })
      }
      room = limit - files.length
    }

    /** A folder such as `lost+found` is somebody else's; without the root itself there would be no files at all. */
    function passOver(folder: string, error: unknown): void {
      if (isAbsent(error)) return
      if (folder === '' || !isForbidden(error)) throw error
      unreadable.add(folder)
    }

    async function* walkReadable(folder: string, behind: readonly string[]): AsyncGenerator<Run> {
      try {
        yield* walk(folder, behind)
      } catch (error) {
        passOver(folder, error)
      }
    }

    /**
     * What may be files, in order; never more of them than the page has room for.
     *
     * @param path of the folder, `''` for the root
     * @param behind what is left of the cursor in this folder; empty: all of the folder is wanted
     */
    async function* walk(path: string, behind: readonly string[]): AsyncGenerator<Run> {
      const directory = join(root.directory, path)
      const folder = path === '' ? '' : `${path}/`
      const [first, ...rest] = behind
      // The folder that the cursor points into may still hold more.
      if (
        first !== undefined &&
        rest.length > 0 &&
        mayHold(`${folder}${first}/`) &&
        (await isFolder(join(directory, first)))
      ) {
        yield* walkReadable(`${folder}${first}`, rest)
      }
      for (let from = first ?? '', last = false; !last; ) {
        const window = await windowAfter(directory, from, signal)
        last = window.last
        let names: string[] = []
        for (const entry of entriesAfter(window, from)) {
          from = entry.name
          if (folder === '' && from === TEMPORARY_FOLDER) continue
          if (!entry.isFolder && `${folder}${from}`.startsWith(prefix)) names.push(from)
          const enters = entry.isFolder && mayHold(`${folder}${from}/`)
          if (names.length > 0 && (enters || names.length === room)) {
            yield { folder, directory, names }
            names = []
          }
          if (enters) yield* walkReadable(`${folder}${from}`, [])
        }
        if (names.length > 0) yield { folder, directory, names }
      }
    }

    /** @param folder ends with a slash */
    function mayHold(folder: string): boolean {
      return folder.startsWith(prefix) || prefix.startsWith(folder)
    }
  }
}

function covers(window: NameWindow, after: string): boolean {
  return window.after <= after && (window.last || after < (window.entries.at(-1)?.name ?? ''))
}

function* entriesAfter({ entries }: NameWindow, after: string): Generator<Entry> {
  let low = 0
  for (let high = entries.length; low < high; ) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as Entry).name <= after) low = middle + 1
    else high = middle
  }
  for (let at = low; at < entries.length; at += 1) yield entries[at] as Entry
}

function cursorOf(path: string): string {
  return Buffer.from(path).toString('base64url')
}

function partsOf(root: Root, cursor: string): string[] {
  const path = Buffer.from(cursor, 'base64url').toString()
  try {
    if (cursorOf(path) !== cursor) throw new Error('not what cursorOf makes')
    root.target(path)
  } catch (error) {
    throw new HoldallError('invalid_cursor', {}, { cause: error })
  }
  return path.split('/')
}

/** A cursor comes from outside: what it calls a folder may be a link that leads anywhere. */
async function isFolder(directory: string): Promise<boolean> {
  try {
    return (await lstat(directory)).isDirectory()
  } catch (error) {
    if (isAbsent(error)) return false
    throw error
  }
}
