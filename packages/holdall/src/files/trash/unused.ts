import { MAX_COUNT, MAX_PAGE } from '../list.ts'
import type { FileRecord } from '../record.ts'
import type { FilesRoom } from '../room.ts'
import { isOfKind, type Kind } from '../search/kinds.ts'

/** Files that are looked up among the cells at once, since each column of each table is read for them. */
const LOOKED_UP = 1_000
/** A page ends when it has so many files, or when it has taken so long. */
const ENOUGH = 50
const ENOUGH_MS = 2_000

export interface UnusedQuestion {
  readonly sources: readonly number[]
  /** Only files of it; empty for all. */
  readonly kind: Kind
  readonly cursor: string | undefined
}

export interface UnusedList {
  /** Those that no row holds, newest first; as many as were found on the way. */
  readonly files: readonly FileRecord[]
  readonly next: string | null
  /** How many files have been looked at, on this page and before. */
  readonly looked: number
  /** Not every table could be searched. What is not known to be unused is not shown. */
  readonly truncated: boolean
}

/** How much no row holds. */
export interface UnusedTotal {
  readonly files: number
  readonly bytes: number
  /** Not all files were looked at: there may be more. */
  readonly truncated: boolean
}

/**
 * How much there is of all. Only who sees the first page is told: on the others it would be counted again each time.
 * Null where it was not counted.
 */
export async function totalOf(
  room: Pick<FilesRoom, 'registry' | 'findUsed'>,
  { files, next, truncated }: UnusedList,
  { cursor, ...asked }: UnusedQuestion,
): Promise<UnusedTotal | null> {
  if (cursor !== undefined || truncated) return null
  const here = amountOf(files)
  if (next === null) return { ...here, truncated: false }
  const total = await countUnused(room, asked)
  // What was looked at for it may be other files than those that led to this page.
  return total !== null && total.files < here.files ? { ...here, truncated: true } : total
}

/**
 * How much of all files of some sources, and of a kind, no row of any file column holds, of `MAX_COUNT` files that are
 * looked at, each column being read once for them. Null where not every table could be searched in time.
 */
async function countUnused(
  { registry, findUsed }: Pick<FilesRoom, 'registry' | 'findUsed'>,
  { sources, kind }: Pick<UnusedQuestion, 'sources' | 'kind'>,
): Promise<UnusedTotal | null> {
  const some = await registry.some(sources, kind, MAX_COUNT + 1)
  const looked = some.slice(0, MAX_COUNT)
  const { used, truncated } = looked.length === 0 ? NONE_USED : await findUsed(looked.map(({ id }) => id))
  if (truncated) return null
  return { ...amountOf(looked.filter(({ id }) => !used.has(id))), truncated: some.length > MAX_COUNT }
}

function amountOf(files: readonly Pick<FileRecord, 'size'>[]): Pick<UnusedTotal, 'files' | 'bytes'> {
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + (size ?? 0), 0) }
}

const NONE_USED = { used: new Set<string>(), truncated: false }

/**
 * The files of some sources that no row of any file column holds. A page may have few files, or none, and still not be
 * the last.
 *
 * @throws HoldallError `invalid_cursor`
 */
export async function listUnused(
  { registry, findUsed }: Pick<FilesRoom, 'registry' | 'findUsed'>,
  { sources, kind, cursor }: UnusedQuestion,
): Promise<UnusedList> {
  const began = performance.now()
  const unused: FileRecord[] = []
  let looked = 0
  let next = cursor ?? null
  do {
    const candidates: FileRecord[] = []
    do {
      const page = await registry.list({
        sources,
        sort: 'newest',
        limit: MAX_PAGE,
        ...(next !== null && { cursor: next }),
      })
      candidates.push(...page.files.filter(({ contentType }) => kind === '' || isOfKind(contentType, kind)))
      looked = page.seen + page.files.length
      next = page.next
    } while (next !== null && candidates.length < LOOKED_UP && performance.now() - began < ENOUGH_MS)
    if (candidates.length === 0) continue
    const { used, truncated } = await findUsed(candidates.map(({ id }) => id))
    if (truncated) return { files: unused, next: null, looked, truncated }
    unused.push(...candidates.filter(({ id }) => !used.has(id)))
  } while (next !== null && unused.length < ENOUGH && performance.now() - began < ENOUGH_MS)
  return { files: unused, next, looked, truncated: false }
}
