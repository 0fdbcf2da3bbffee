import { requestJson, type StoredFile } from '@holdall/client'
import { announce } from './announce.ts'
import { createLimit } from './limit.ts'
import { summaryOf } from './stored.ts'
import { chooseTwin, type Twin, twinsOfStored, twinWords } from './twins.ts'

/** Files that are asked about of those that come at once, and how many of them together. */
const MOST_ASKED = 100
const AT_ONCE = 3
/** bytes: a page hashes a file only whole, and in memory */
const HASHED_UP_TO = 64 * 1024 * 1024

export interface Alike {
  /** Asks about files that take long to send; of others the upload's own answer says it soon enough. Nobody waits for it. */
  ask(files: Iterable<File>): void
  /** @param stored what the server has made of the file, once it is there */
  of(file: File, stored?: StoredFile | null): Twin | null
  /** What is said of a twin: where it lies in another source, the name of that. */
  words(twin: Twin): string
  /** Whether it lies in the source to which files are sent. */
  isHere(twin: Twin | null): boolean
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
  const found = new WeakMap<File, readonly Twin[]>()
  const wanted = new WeakSet<File>()
  const limit = createLimit(() => AT_ONCE)
  const labels = createLabels(address, changed)

  function words(twin: Twin): string {
    return twinWords(twin, twin.source === source() ? null : labels.of(twin.source))
  }

  async function look(file: File): Promise<void> {
    const twins = await findTwins(address, file).catch(() => [])
    const one = chooseTwin(twins, source())
    if (one === null) return
    if (one.source !== source()) await labels.asked()
    found.set(file, twins)
    announce(`${file.name}: ${words(one)}`)
    changed()
  }

  return {
    ask(files) {
      for (const file of [...files].filter(({ size }) => size > longFrom).slice(0, MOST_ASKED)) {
        limit.run(() => look(file))
      }
    },
    of(file, stored = null) {
      if (wanted.has(file)) return null
      const before = found.get(file) ?? []
      return chooseTwin(stored === null ? before : twinsOfStored(stored, before, source()), source())
    },
    words,
    isHere: (twin) => twin !== null && twin.source === source(),
    keepBoth(files) {
      for (const file of files) wanted.add(file)
      changed()
    },
  }
}

/** What sources are called. They are asked for when the first name is wanted; until then a source is called by its slug. */
function createLabels(address: AlikeOptions['address'], changed: () => void) {
  const labels = new Map<string, string>()
  let asking: Promise<void> | undefined
  async function ask(): Promise<void> {
    const { sources } = await requestJson(address('-/files/sources.json')).catch(() => ({ sources: [] }))
    for (const { slug, label } of (Array.isArray(sources) ? sources : []) as Record<string, unknown>[]) {
      labels.set(String(slug), String(label ?? slug))
    }
    changed()
  }
  function asked(): Promise<void> {
    asking ??= ask()
    return asking
  }
  return {
    asked,
    of(slug: string): string {
      if (!labels.has(slug)) asked()
      return labels.get(slug) ?? slug
    },
  }
}

/** In all sources that may be browsed; who may browse none learns nothing. */
async function findTwins(address: AlikeOptions['address'], file: File, ask = fetch): Promise<readonly Twin[]> {
  const { name, size } = file
  const answer = await ask(address(`-/files/search.json?${new URLSearchParams({ q: name, _sort: 'newest' })}`), {
    headers: { accept: 'application/json' },
  })
  const { files = [] } = answer.ok ? ((await answer.json()) as { files?: Readonly<Record<string, unknown>>[] }) : {}
  const alike = files.filter((one) => one.filename === name && one.size === size && !one.missing_since)
  if (alike.length === 0) return []
  const own = alike.some(({ content_hash }) => typeof content_hash === 'string') ? await hashOf(file) : null
  return alike
    .map((one) => {
      const { id, filename, url } = summaryOf(one)
      const hash = typeof one.content_hash === 'string' ? one.content_hash : null
      const same = own !== null && hash === own
      return { id, filename, url, source: String(one.source_slug), hash, same, others: 0 }
    })
    .filter(({ hash, same }) => same || own === null || hash === null)
}

/** Null where it is too large for a page, or the page did not come safely. */
async function hashOf(file: File): Promise<string | null> {
  if (file.size > HASHED_UP_TO || globalThis.crypto?.subtle === undefined) return null
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
  return `sha256:${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
