import { announce } from './announce.ts'
import type { Sent } from './elsewhere.ts'
import type { FileSummary } from './files.ts'
import { summaryOf } from './stored.ts'

/** Files that are asked about of those that come at once. */
const MOST_ASKED = 10

/**
 * What is already here under the name and with the size of a file that is about to be sent. Whether its bytes are the same
 * is known when they have arrived: the answer to the upload says so.
 */
export interface Alike {
  /** Asks about files that take long to send; of others the upload's own answer says it soon enough. Nobody waits for it. */
  ask(files: Iterable<File>): void
  of(file: File): FileSummary | null
}

/**
 * @param address of the server, from a path without a leading slash
 * @param longFrom bytes: larger files are asked about
 */
export function createAlike(address: (path: string) => string, longFrom: number, changed: () => void): Alike {
  const found = new WeakMap<File, FileSummary>()

  async function look(file: File): Promise<void> {
    const one = await findAlike(address, file).catch(() => undefined)
    if (one === undefined) return
    found.set(file, one)
    announce(`${file.name}: a file of this name and size is already here`)
    changed()
  }

  return {
    ask(files) {
      for (const file of [...files].filter(({ size }) => size > longFrom).slice(0, MOST_ASKED)) look(file)
    },
    of: (file) => found.get(file) ?? null,
  }
}

/** In all sources that may be browsed; who may browse none learns nothing. */
async function findAlike(
  address: (path: string) => string,
  { name, size }: Sent,
  ask = fetch,
): Promise<FileSummary | undefined> {
  const answer = await ask(address(`-/files/search.json?${new URLSearchParams({ q: name, _sort: 'newest' })}`), {
    headers: { accept: 'application/json' },
  })
  const { files = [] } = answer.ok ? ((await answer.json()) as { files?: Readonly<Record<string, unknown>>[] }) : {}
  return files.map(summaryOf).find((file) => file.filename === name && file.size === size)
}
