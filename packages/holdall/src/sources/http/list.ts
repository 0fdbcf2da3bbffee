import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { DEFAULT_LIST_LIMIT, type ListedPage, type ListOptions, MAX_LIST_LIMIT, type StoredFile } from '../storage.ts'
import type { Catalog, RemoteFile } from './catalog.ts'

/** A page is short rather than long under way, when each of its files has to be asked for. */
const MAX_ASKED = 100
const ASKED_AT_ONCE = 8
/** So many without one answer among them: then it is not the files. */
const MANY_FAILED = 20

export interface Listing {
  readonly catalog: Catalog
  readonly statOf: (file: RemoteFile, signal?: AbortSignal) => Promise<StoredFile | undefined>
  readonly log: Log
}

/**
 * Files by path. A cursor is the last path that was looked at, so that a page begins where the one before ended, whatever
 * has changed since. A file whose server does not say is left out and logged, so that one server that is away does not hide
 * the files of the others; `stat` still throws for it, which tells it from one that is gone.
 *
 * @throws HoldallError what the first file met, when nothing is heard of any
 */
export async function listPage(
  { catalog, statOf, log }: Listing,
  { prefix = '', cursor, limit = DEFAULT_LIST_LIMIT, signal }: ListOptions = {},
): Promise<ListedPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
    throw new HoldallError('bad_request', { reason: `limit must be 1 to ${MAX_LIST_LIMIT}` })
  }
  const after = cursor === undefined ? undefined : pathOf(cursor)
  const { page, more } = pageOf(await catalog.all(cursor === undefined, signal), prefix, after, limit)
  const found: (StoredFile | undefined)[] = []
  const failed: unknown[] = []
  await severalAtOnce(page.entries(), async ([at, file]) => {
    signal?.throwIfAborted()
    try {
      found[at] = await statOf(file, signal)
    } catch (error) {
      failed.push(error)
      if (!signal?.aborted) log.warn('a file could not be asked for', { path: file.path, error })
    }
  })
  signal?.throwIfAborted()
  const isAway = failed.length > 0 && failed.length === page.length
  if (isAway && (cursor === undefined || failed.length >= MANY_FAILED)) throw failed[0]
  return {
    files: found.filter((file) => file !== undefined),
    next: more ? cursorOf((page.at(-1) as RemoteFile).path) : null,
  }
}

function pageOf(files: readonly RemoteFile[], prefix: string, after: string | undefined, limit: number) {
  const page: RemoteFile[] = []
  let asked = 0
  for (let at = firstAt(files, prefix, after); at < files.length; at += 1) {
    const file = files[at] as RemoteFile
    if (!file.path.startsWith(prefix)) break
    if (page.length === limit || asked === MAX_ASKED) return { page, more: true }
    if (file.told.size === undefined) asked += 1
    page.push(file)
  }
  return { page, more: false }
}

/** Paths that begin alike stand together, so that a prefix is a stretch of them. */
function firstAt(files: readonly RemoteFile[], prefix: string, after: string | undefined): number {
  let low = 0
  for (let high = files.length; low < high; ) {
    const middle = (low + high) >>> 1
    const { path } = files[middle] as RemoteFile
    if (path < prefix || (after !== undefined && path <= after)) low = middle + 1
    else high = middle
  }
  return low
}

async function severalAtOnce<Item>(items: Iterator<Item> & Iterable<Item>, work: (item: Item) => Promise<void>) {
  async function worker(): Promise<void> {
    for (const item of items) await work(item)
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker))
}

function cursorOf(path: string): string {
  return Buffer.from(path).toString('base64url')
}

function pathOf(cursor: string): string {
  const path = Buffer.from(cursor, 'base64url').toString()
  if (path === '' || cursorOf(path) !== cursor) throw new HoldallError('invalid_cursor')
  return path
}
