import { HoldallError } from '../../web/error.ts'
import { DEFAULT_LIST_LIMIT, type ListedPage, type ListOptions, MAX_LIST_LIMIT, type StoredFile } from '../storage.ts'
import type { Catalog, RemoteFile } from './catalog.ts'

/** A page is short rather than long under way, when each of its files has to be asked. */
const MAX_ASKED = 100
const ASKED_AT_ONCE = 8

/**
 * Files by path. A cursor is the last path that was looked at, so that a page begins where the one before ended, whatever
 * has changed since. A file that is not there is left out; one whose server does not say ends the listing, because what a
 * listing leaves out is lost.
 */
export async function listCatalog(
  catalog: Catalog,
  statOf: (file: RemoteFile, signal?: AbortSignal) => Promise<StoredFile | undefined>,
  { prefix = '', cursor, limit = DEFAULT_LIST_LIMIT, signal }: ListOptions = {},
): Promise<ListedPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIST_LIMIT) {
    throw new HoldallError('bad_request', { reason: `limit must be 1 to ${MAX_LIST_LIMIT}` })
  }
  const after = cursor === undefined ? undefined : pathOf(cursor)
  const files = await catalog.all(cursor === undefined, signal)
  const page: RemoteFile[] = []
  let asked = 0
  let more = false
  for (let at = firstAt(files, prefix, after); at < files.length; at += 1) {
    const file = files[at] as RemoteFile
    if (!file.path.startsWith(prefix)) break
    if (page.length === limit || asked === MAX_ASKED) {
      more = true
      break
    }
    if (file.told.size === undefined) asked += 1
    page.push(file)
  }
  const found = await several(page, (file) => statOf(file, signal))
  return {
    files: found.filter((file) => file !== undefined),
    next: more ? cursorOf((page.at(-1) as RemoteFile).path) : null,
  }
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

async function several<In, Out>(values: readonly In[], work: (value: In) => Promise<Out>): Promise<Out[]> {
  const results: Out[] = []
  let next = 0
  async function worker(): Promise<void> {
    while (next < values.length) {
      const at = next
      next += 1
      try {
        results[at] = await work(values[at] as In)
      } catch (error) {
        next = values.length
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, worker))
  return results
}

function cursorOf(path: string): string {
  return Buffer.from(path).toString('base64url')
}

function pathOf(cursor: string): string {
  const path = Buffer.from(cursor, 'base64url').toString()
  if (path === '' || cursorOf(path) !== cursor) throw new HoldallError('invalid_cursor')
  return path
}
