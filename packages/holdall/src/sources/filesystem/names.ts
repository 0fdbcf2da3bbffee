import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { isAbsent } from './io.ts'

/** Names of one folder that are held in memory at once. A longer folder is read again for each such window. */
const WINDOW_NAMES = 20_000
const READ_AHEAD_ENTRIES = 1_024
/** A few at a time: to sort a whole window of names would keep everybody else waiting. */
const SORTS_A_WINDOW = 8

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

export interface WindowOptions {
  readonly signal?: AbortSignal | undefined
  /** @default 20,000 names */
  readonly most?: number
}

/**
 * Folders may hold millions of names and come in no order, so only the smallest behind `after` are kept. Links and
 * special files are no files of the storage.
 *
 * @param after exclusive; `''` is before every name
 */
export async function readWindow(
  directory: string,
  after: string,
  { signal, most = WINDOW_NAMES }: WindowOptions = {},
): Promise<NameWindow> {
  const kept: Entry[] = []
  const unsortedAtOnce = Math.ceil(most / SORTS_A_WINDOW)
  let sorted = 0
  let dropped = false
  /** The greatest name that is kept, once there is no room for a greater one. */
  let greatest: string | undefined
  function settle() {
    kept.sort((a, b) => (a.name < b.name ? -1 : 1))
    dropped ||= kept.length > most
    if (kept.length >= most) {
      kept.length = most
      greatest = kept[most - 1]?.name
    }
    sorted = kept.length
  }
  for await (const entry of entriesOf(directory)) {
    signal?.throwIfAborted()
    if (!(entry.isFile() || entry.isDirectory()) || entry.name <= after) continue
    if (greatest !== undefined && entry.name > greatest) {
      dropped = true
      continue
    }
    kept.push({ name: entry.name, isFolder: entry.isDirectory() })
    if (kept.length - sorted >= unsortedAtOnce) settle()
  }
  settle()
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
