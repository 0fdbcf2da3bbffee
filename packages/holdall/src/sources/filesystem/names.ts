import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { isAbsent } from './io.ts'

/** Names of one folder that are held in memory at once. A longer folder is read again for each such window. */
const WINDOW_NAMES = 20_000
const READ_AHEAD_ENTRIES = 1_024

export interface Entry {
  readonly name: string
  readonly isFolder: boolean
}

/** The first names of a folder behind a given one, in order. */
export interface NameWindow {
  readonly directory: string
  readonly after: string
  readonly entries: readonly Entry[]
  /** Whether the folder ends with this window. */
  readonly last: boolean
}

/**
 * Folders may hold millions of names and come in no order, so only the smallest `WINDOW_NAMES` behind `after` are kept.
 * Links and special files are no files of the storage.
 *
 * @param after exclusive; `''` is before every name
 */
export async function readWindow(directory: string, after: string, signal?: AbortSignal): Promise<NameWindow> {
  const kept: Entry[] = []
  let dropped = false
  function shrink() {
    kept.sort((a, b) => (a.name < b.name ? -1 : 1))
    if (kept.length <= WINDOW_NAMES) return
    kept.length = WINDOW_NAMES
    dropped = true
  }
  for await (const entry of entriesOf(directory)) {
    signal?.throwIfAborted()
    if (!(entry.isFile() || entry.isDirectory()) || entry.name <= after) continue
    kept.push({ name: entry.name, isFolder: entry.isDirectory() })
    if (kept.length >= 2 * WINDOW_NAMES) shrink()
  }
  shrink()
  return { directory, after, entries: kept, last: !dropped }
}

async function* entriesOf(directory: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(directory, { bufferSize: READ_AHEAD_ENTRIES })
  } catch (error) {
    // Removed since its name was read.
    if (!isAbsent(error)) throw error
  }
}
