import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Source, Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { FileRecord } from '../record.ts'
import type { FindUsed } from '../references.ts'
import { type FileRow, toRecord } from '../rows.ts'
import { versionOf } from '../sync/listed.ts'
import { lookAt } from '../sync/missing.ts'
import { isReading } from '../sync/reading.ts'
import { alikeOf, isTold, oneAndOneAlike } from './alike.ts'
import {
  cameInstead,
  countSame,
  type Group,
  lostAndFound,
  type MissingPosition,
  newestRuns,
  pastRuns,
  sameBytes,
} from './find.ts'
import { type FormerPlace, formerPlaces } from './former.ts'
import { LEFT_OPEN, LOOK_MS, MAX_CANDIDATES, PAUSE_MS, SETTLED_AT_ONCE, UNDO_MS } from './limits.ts'
import { endOf, pairsOf } from './pairs.ts'
import { byRenamedFolders } from './renamed.ts'
import { giveBack, takePlace } from './take.ts'

export interface MovesOptions {
  readonly database: InternalDatabase
  readonly sources: Pick<Sources, 'byId'>
  readonly findUsed: FindUsed
  readonly log: Log
  /** Told each write before it is made; a test ends the process there. */
  readonly before?: BeforeIo | undefined
  readonly now?: () => number
}

/** Files that somebody has renamed or moved where they lie: they are known by their bytes, or what the storage says of them, and stay the files they were. */
export interface Moves {
  /** Looks soon for what has moved in a source: a file was read, or is missing. */
  soon(sourceId: number): void
  /** Looks now. @returns how many have moved */
  settle(sourceId: number): Promise<number>
  /**
   * What a missing file may be now, the newest first; empty for one that is there. Of an empty file, whose bytes say nothing,
   * those that are called the same. Of one that was never read, those of which the storage says what it said of this one, and
   * those that are called the same before others.
   */
  candidates(file: FileRecord): Promise<FileRecord[]>
  /**
   * Somebody says that a missing file is this one.
   *
   * @throws HoldallError `move_refused`, `source_inactive`, `source_unavailable`
   */
  take(file: FileRecord, found: FileRecord, by: string): Promise<void>
  /** Where a file lay before, the newest first. */
  former(fileId: string): Promise<FormerPlace[]>
  /** Looks at what other processes have left, and keeps looking. */
  start(): void
  close(): Promise<void>
}

export function createMoves(options: MovesOptions): Moves {
  const { database, sources, findUsed, log, before = () => {}, now = Date.now } = options
  const stopping = new AbortController()
  const waiting = new Map<number, NodeJS.Timeout>()
  /** The looks at each source are one after the other. */
  const last = new Map<number, Promise<unknown>>()
  /** The newest run of each source after which it was looked. */
  const lookedAfter = new Map<number, number>()
  /** What the paths alone had left open in each source, so that after one run its folders are not asked twice about the same. */
  const leftOpen = new Map<number, string>()
  /** The same of missing files that were never read: reading others says nothing of them. */
  const leftUnread = new Map<number, string>()
  let timer: NodeJS.Timeout | undefined
  let watching: Promise<void> | undefined

  function settle(sourceId: number): Promise<number> {
    const looking = (last.get(sourceId) ?? Promise.resolve()).then(() => settleNow(sourceId))
    last.set(
      sourceId,
      looking.catch(() => undefined),
    )
    return looking
  }

  async function settleNow(sourceId: number): Promise<number> {
    const source = sources.byId(sourceId)
    if (source === undefined || stopping.signal.aborted) return 0
    const runs = await pastRuns(database.read, sourceId)
    // Once it has ended it is looked again.
    if (runs[0]?.status === 'running') return 0
    let moved = 0
    const open = new Map<string, string>()
    const empty = new Set<string>()
    const sizes = new Set<number>()
    let unreadFiles = 0
    let lastUnread = ''
    for (let after: MissingPosition | undefined = { missing_since: '', seq: 0 }; after !== undefined; await turn()) {
      const { hashes, empty: without, unread, next } = await lostAndFound(database, sourceId, after)
      for (const hash of without) empty.add(hash)
      for (const file of unread.filter(isTold)) {
        sizes.add(file.size as number)
        unreadFiles += 1
        lastUnread = file.missing_since
      }
      moved += await settleSome(source, sameBytes(database, sourceId, hashes), runs, byPath)
      if (stopping.signal.aborted) return moved
      after = next
    }
    const unreadNow = `${runs[0]?.id} ${unreadFiles} ${lastUnread}`
    if (sizes.size > 0 && leftUnread.get(sourceId) !== unreadNow) {
      const alike = oneAndOneAlike(database, sourceId, [...sizes])
      moved += await settleSome(source, alike, runs, ({ missing, untouched }) => pairsOf(missing, untouched))
      if (stopping.signal.aborted) return moved
      leftUnread.set(sourceId, unreadNow)
    }
    // Once all is read, and what moves by itself has moved, that says which folder became which; half of it may say another thing.
    if (open.size + empty.size === 0 || (await isReading(database, sourceId))) return told(moved)
    const hashes = [...open.keys()]
    const batches: string[][] = []
    for (let at = 0; at < hashes.length; at += LEFT_OPEN) batches.push(hashes.slice(at, at + LEFT_OPEN))
    // All empty files have the same bytes: only what else lay in their folders tells them apart, doubles too, so they are last.
    for (const hash of empty) {
      const counts = await countSame(database, sourceId, hash)
      if (counts === undefined) continue
      open.set(hash, `${counts.missing} ${counts.untouched}`)
      batches.push([hash])
    }
    if (open.size === 0) return told(moved)
    const said = createHash('sha256')
      .update(JSON.stringify([runs[0]?.id, ...open]))
      .digest('base64')
    if (moved === 0 && leftOpen.get(sourceId) === said) return 0
    for (const batch of batches) {
      moved += await settleSome(source, sameBytes(database, sourceId, batch), runs, (group) =>
        byRenamedFolders(database, sourceId, group),
      )
      if (stopping.signal.aborted) return moved
      await turn()
    }
    leftOpen.set(sourceId, said)
    return told(moved)

    function told(count: number): number {
      if (count > 0) log.info('files have moved', { source: source?.slug, moved: count })
      return count
    }

    function byPath({ missing, untouched }: Group): [FileRow, FileRow][] {
      const pairs = pairsOf(missing, untouched)
      const hash = missing[0]?.content_hash
      if (hash && pairs.length < Math.min(missing.length, untouched.length)) {
        open.set(hash, `${missing.length} ${untouched.length}`)
      }
      return pairs
    }
  }

  async function settleSome(
    source: Source,
    groupsOf: AsyncIterable<Group[]>,
    runs: Awaited<ReturnType<typeof pastRuns>>,
    pairsIn: (group: Group) => [FileRow, FileRow][] | Promise<[FileRow, FileRow][]>,
  ): Promise<number> {
    let moved = 0
    for await (const groups of groupsOf) {
      for (const [missing, found] of await asTheyLie(source, await movesAmong(groups, runs, pairsIn))) {
        if (stopping.signal.aborted) return moved
        before('database: move a file')
        // Lost with the power, it is found again.
        const done = await database.write((trx) => takePlace(trx, { missing, found }, new Date(now()), null), {
          lasting: false,
        })
        if (done) moved += 1
      }
    }
    return moved
  }

  async function movesAmong(
    same: readonly Group[],
    runs: Awaited<ReturnType<typeof pastRuns>>,
    pairsIn: (group: Group) => [FileRow, FileRow][] | Promise<[FileRow, FileRow][]>,
  ): Promise<[FileRow, FileRow][]> {
    const groups = same
      .map(({ missing, untouched }) => {
        // What came instead of any of them came instead of the one that went first.
        const [since = null] = missing.map(({ missing_since }) => missing_since).sort()
        return { missing, untouched: untouched.filter((found) => cameInstead({ missing_since: since }, found, runs)) }
      })
      .filter(({ missing, untouched }) => missing.length > 0 && untouched.length > 0)
    const unused = await unusedAmong(groups.flatMap(({ untouched }) => untouched))
    const pairs: [FileRow, FileRow][] = []
    for (const { missing, untouched } of groups) {
      pairs.push(...(await pairsIn({ missing, untouched: untouched.filter(({ id }) => unused.has(id)) })))
    }
    return pairs.filter(([missing, found]) => cameInstead(missing, found, runs))
  }

  /** Those that no row of any table holds, as far as that can be said. */
  async function unusedAmong(files: readonly { readonly id: string }[]): Promise<ReadonlySet<string>> {
    if (files.length === 0) return new Set()
    const ids = files.map(({ id }) => id)
    const { used, truncated } = await findUsed(ids)
    return truncated ? new Set() : new Set(ids.filter((id) => !used.has(id)))
  }

  /** Those whose old place is still empty, and whose new one holds what was read there. */
  async function asTheyLie(source: Source, pairs: [FileRow, FileRow][]): Promise<[FileRow, FileRow][]> {
    if (pairs.length === 0) return []
    const looking = { storage: await source.storage(), signal: stopping.signal, log }
    const { absent } = await lookAt(
      pairs.map(([missing]) => missing),
      looking,
    )
    const gone = new Set(absent)
    const { there } = await lookAt(
      pairs.flatMap(([missing, found]) => (gone.has(missing) ? [found] : [])),
      looking,
    )
    const same = new Set(there.flatMap(([found, stored]) => (versionOf(stored) === found.version ? [found] : [])))
    return pairs.filter(([, found]) => same.has(found))
  }

  async function newestUnused(found: readonly FileRow[]): Promise<FileRecord[]> {
    const shown = found.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1)).slice(0, MAX_CANDIDATES)
    const unused = await unusedAmong(shown)
    return shown.filter(({ id }) => unused.has(id)).map(toRecord)
  }

  async function unreadCandidates(file: FileRecord): Promise<FileRecord[]> {
    const alike = await alikeOf(database, file)
    const isCalledSo = ({ path }: FileRow) => endOf(path, 1) === endOf(file.path, 1)
    const called = await newestUnused(alike.filter(isCalledSo))
    const others = await newestUnused(alike.filter((one) => !isCalledSo(one)))
    return [...called, ...others].slice(0, MAX_CANDIDATES)
  }

  /** For a while after a move a row may still get the id that went with it. Then nothing has moved. */
  async function settleUndos(): Promise<void> {
    const open = await database.read
      .selectFrom('datasette_files_moves')
      .select(['id', 'replaced_id'])
      .where('undo', 'is not', null)
      .where('moved_at', '<=', new Date(now() - UNDO_MS).toISOString())
      .orderBy('moved_at')
      .limit(SETTLED_AT_ONCE)
      .execute()
    if (open.length === 0) return
    const { used, truncated } = await findUsed(open.map(({ replaced_id }) => replaced_id))
    const used_ids = open.filter(({ replaced_id }) => used.has(replaced_id))
    for (const { id, replaced_id } of used_ids) {
      before('database: give a place back')
      const back = await database.write((trx) => giveBack(trx, id))
      log.warn(back ? 'a move was undone, a row had got the file that went' : 'a move could not be undone', {
        file: replaced_id,
      })
    }
    // What could not be searched is searched again.
    if (truncated) return
    const settled = open.map(({ id }) => id)
    await database.write((trx) =>
      trx.updateTable('datasette_files_moves').set({ undo: null }).where('id', 'in', settled).execute(),
    )
  }

  async function watch(): Promise<void> {
    for (const { source_id, id, status } of await newestRuns(database.read)) {
      if (status === 'running' || lookedAfter.get(source_id) === id || !sources.byId(source_id)?.active) continue
      lookedAfter.set(source_id, id)
      await settle(source_id)
    }
    await settleUndos()
  }

  function look(): void {
    if (stopping.signal.aborted) return
    watching ??= watch()
      .catch(complain)
      .finally(() => {
        watching = undefined
      })
  }

  function complain(error: unknown): void {
    if (!stopping.signal.aborted) log.warn('it could not be looked for files that moved', { error })
  }

  return {
    settle,
    soon(sourceId) {
      if (stopping.signal.aborted || waiting.has(sourceId)) return
      const wait = setTimeout(() => {
        waiting.delete(sourceId)
        settle(sourceId).catch(complain)
      }, PAUSE_MS)
      waiting.set(sourceId, wait.unref())
    },
    async candidates(file) {
      if (file.missingSince === null) return []
      if (file.contentHash === null) return await unreadCandidates(file)
      const groups = (await Array.fromAsync(sameBytes(database, file.sourceId, [file.contentHash]))).flat()
      const same = groups.flatMap(({ missing, untouched }) =>
        missing.some(({ id }) => id === file.id) ? untouched : [],
      )
      const found = file.size === 0 ? same.filter(({ path }) => endOf(path, 1) === endOf(file.path, 1)) : same
      return await newestUnused(found)
    },
    async take(file, found, by) {
      const refuse = (reason: string) => {
        throw new HoldallError('move_refused', { filename: found.filename, reason })
      }
      if (file.missingSince === null) return refuse(`${file.filename} is not missing`)
      if (!(await unusedAmong([found])).has(found.id))
        return refuse('rows use it, or not every table could be searched')
      const source = sources.byId(file.sourceId)
      if (source === undefined) return refuse('their source is gone')
      const stored = await (await source.storage()).stat(found.path, { signal: stopping.signal })
      if (stored === undefined || versionOf(stored) !== found.version) return refuse('its bytes are others by now')
      before('database: move a file')
      const done = await database.write((trx) => takePlace(trx, { missing: file, found }, new Date(now()), by))
      leftOpen.delete(file.sourceId)
      if (!done) return refuse('it has other bytes, lies in another source, or somebody has described or used it')
    },
    former: (fileId) => formerPlaces(database, fileId),
    start() {
      timer = setInterval(look, LOOK_MS).unref()
      look()
    },
    async close() {
      stopping.abort()
      clearInterval(timer)
      for (const wait of waiting.values()) clearTimeout(wait)
      await watching
      await Promise.all(last.values())
    },
  }
}
