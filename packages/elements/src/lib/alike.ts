import { announce } from './announce.ts'
import type { FileSummary } from './files.ts'
import { createLimit } from './limit.ts'
import { summaryOf } from './stored.ts'

/** Files that are asked about of those that come at once, and how many of them together. */
const MOST_ASKED = 100
const AT_ONCE = 3
/** bytes: a page hashes a file only whole, and in memory */
const HASHED_UP_TO = 64 * 1024 * 1024

/** What is already here under the name and with the size of a file that is about to be sent. */
export interface Twin {
  readonly file: FileSummary
  /** It has the same bytes. Where that is not known before, the answer to the upload says it. */
  readonly same: boolean
  /** In the source to which it is sent. */
  readonly inSource: boolean
}

export interface Alike {
  /** Asks about files that take long to send; of others the upload's own answer says it soon enough. Nobody waits for it. */
  ask(files: Iterable<File>): void
  of(file: File): Twin | null
  /** Both are wanted: nothing more is said of them. */
  keepBoth(files: Iterable<File>): void
}

export interface AlikeOptions {
  /** Of the server, from a path without a leading slash. */
  readonly address: (path: string) => string
  /** The slug of the source to which files are sent. */
  readonly source: () => string | null
  /** bytes: larger files are asked about */
  readonly longFrom: number
  readonly changed: () => void
}

export function createAlike({ address, source, longFrom, changed }: AlikeOptions): Alike {
  const found = new WeakMap<File, Twin>()
  const limit = createLimit(() => AT_ONCE)

  async function look(file: File): Promise<void> {
    const one = await findTwin(address, file, source()).catch(() => undefined)
    if (one === undefined) return
    found.set(file, one)
    announce(`${file.name}: ${twinWords(one)}`)
    changed()
  }

  return {
    ask(files) {
      for (const file of [...files].filter(({ size }) => size > longFrom).slice(0, MOST_ASKED)) {
        limit.run(() => look(file))
      }
    },
    of: (file) => found.get(file) ?? null,
    keepBoth(files) {
      for (const file of files) found.delete(file)
      changed()
    },
  }
}

/** "a file of this name and size is already here" */
export function twinWords({ same }: Pick<Twin, 'same'>): string {
  return same ? 'the same file is already here' : 'a file of this name and size is already here'
}

/** In all sources that may be browsed, this one first; who may browse none learns nothing. */
async function findTwin(
  address: (path: string) => string,
  file: File,
  source: string | null,
  ask = fetch,
): Promise<Twin | undefined> {
  const { name, size } = file
  const answer = await ask(address(`-/files/search.json?${new URLSearchParams({ q: name, _sort: 'newest' })}`), {
    headers: { accept: 'application/json' },
  })
  const { files = [] } = answer.ok ? ((await answer.json()) as { files?: Readonly<Record<string, unknown>>[] }) : {}
  const alike = files.filter((one) => one.filename === name && one.size === size && !one.missing_since)
  if (alike.length === 0) return undefined
  const hash = alike.some(({ content_hash }) => typeof content_hash === 'string') ? await hashOf(file) : null
  const twins = alike
    .filter(({ content_hash }) => hash === null || typeof content_hash !== 'string' || content_hash === hash)
    .map((one) => ({
      file: summaryOf(one),
      same: hash !== null && one.content_hash === hash,
      inSource: one.source_slug === source,
    }))
  return twins.find(({ inSource }) => inSource) ?? twins[0]
}

/** Null where it is too large for a page, or the page did not come safely. */
async function hashOf(file: File): Promise<string | null> {
  if (file.size > HASHED_UP_TO || globalThis.crypto?.subtle === undefined) return null
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
