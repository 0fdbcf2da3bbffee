import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { HoldallError } from '../../web/error.ts'
import { DEFAULT_LIST_LIMIT, type ListedPage, type ListOptions, MAX_LIST_LIMIT, type StoredFile } from '../storage.ts'
import { isAbsent, isForbidden } from './io.ts'
import { type Entry, type NameWindow, readWindow } from './names.ts'
import { type Root, TEMPORARY_FOLDER } from './root.ts'

/** A window of names serves the pages that follow it for so long; a listing that pauses longer reads the folder again. */
const WINDOW_LIFE_MS = 60_000
/** Windows kept for listings under way, the least recently used is dropped. */
const MAX_WINDOWS = 16

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
    const entry = usable ? known : { window: await readWindow(directory, after, signal), at: now() }
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
    const after = cursor === undefined ? [] : partsOf(root, cursor)
    await walk([], after)
    const last = files.at(-1)
    return {
      files,
      next: files.length < limit || last === undefined ? null : cursorOf(last.path),
      ...(unreadable.size > 0 && { unreadable: [...unreadable] }),
    }

    /** A folder such as `lost+found` is somebody else's; without the root itself there would be no files at all. */
    async function walkReadable(folder: readonly string[], behind: readonly string[]): Promise<void> {
      try {
        await walk(folder, behind)
      } catch (error) {
        if (!isForbidden(error)) throw error
        unreadable.add(folder.join('/'))
      }
    }

    /** @param behind what is left of the cursor in this folder; empty: all of the folder is wanted */
    async function walk(folder: readonly string[], behind: readonly string[]): Promise<void> {
      const directory = join(root.directory, ...folder)
      const [first, ...rest] = behind
      // The folder that the cursor points into may still hold more.
      if (
        first !== undefined &&
        rest.length > 0 &&
        mayHold([...folder, first]) &&
        (await isFolder(join(directory, first)))
      ) {
        await walkReadable([...folder, first], rest)
      }
      let from = first ?? ''
      while (files.length < limit) {
        const window = await windowAfter(directory, from, signal)
        for (const entry of entriesAfter(window, from)) {
          from = entry.name
          await visit(folder, entry)
          if (files.length >= limit) return
        }
        if (window.last) return
      }
    }

    async function visit(folder: readonly string[], entry: Entry): Promise<void> {
      const path = [...folder, entry.name]
      if (path.length === 1 && entry.name === TEMPORARY_FOLDER) return
      if (entry.isFolder) {
        if (mayHold(path)) await walkReadable(path, [])
        return
      }
      const joined = path.join('/')
      if (!joined.startsWith(prefix)) return
      const file = await fileAt(joined)
      if (file !== undefined) files.push(file)
    }

    function mayHold(folder: readonly string[]): boolean {
      const joined = `${folder.join('/')}/`
      return joined.startsWith(prefix) || prefix.startsWith(joined)
    }
  }

  async function fileAt(path: string): Promise<StoredFile | undefined> {
    try {
      const found = await lstat(join(root.directory, path))
      return found.isFile() ? { path, size: found.size, lastModified: found.mtime } : undefined
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
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
