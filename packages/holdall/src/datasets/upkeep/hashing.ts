import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { hashOf } from '../../files/background/hash.ts'
import type { Source, Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { versionOf } from '../uploads/object.ts'

const LOOK_EVERY_MS = 5_000
/** An object that cannot be read now is tried again after this time. */
const RETRY_MS = 600_000

interface Unhashed {
  readonly source_id: number
  readonly path: string
  readonly size_bytes: number
  readonly etag: string | null
}

/** Reads each object that datasets keep of their own once, and records its hash: what it was when it came is known then. */
export interface ObjectHashing {
  start(): void
  /** Stops; resolves when nothing is read any more. */
  close(): Promise<void>
}

export interface ObjectHashingOptions {
  readonly database: InternalDatabase
  readonly sources: Pick<Sources, 'list' | 'byId'>
  /** Whether somebody's query runs now, which comes first. */
  readonly isAsked: () => boolean
  readonly log: Log
  readonly now?: () => number
  /** Milliseconds between two looks whether there is something to read. */
  readonly lookEvery?: number
}

export function createObjectHashing(options: ObjectHashingOptions): ObjectHashing {
  const { database, sources, isAsked, log, now = Date.now, lookEvery = LOOK_EVERY_MS } = options
  const stopping = new AbortController()
  const { signal } = stopping
  /** When what could not be read is tried again, by source and path. */
  const later = new Map<string, number>()
  let running: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const object = isAsked() ? undefined : await next().catch(complain)
      if (object === undefined) await sleep(lookEvery, undefined, { signal, ref: false }).catch(() => {})
      else await attempt(object)
    }
  }

  function complain(error: unknown): undefined {
    if (!signal.aborted) log.warn('objects of datasets not looked for, trying later', { error })
  }

  /** The one that has waited longest, of the sources that want such files to be read whole. */
  async function next(): Promise<Unhashed | undefined> {
    for (const [key, at] of later) if (at <= now()) later.delete(key)
    const readable = sources.list().filter(({ active, hashUpTo }) => active && hashUpTo >= 0)
    const limits = readable.map(({ id, hashUpTo }) => [id, Math.min(hashUpTo, Number.MAX_SAFE_INTEGER)])
    const { rows } = await sql<Unhashed>`SELECT f.source_id, f.path, f.size_bytes, f.etag
      FROM dataset_files AS f CROSS JOIN json_each(${JSON.stringify(limits)}) AS s ON s.value->>0 = f.source_id
      WHERE f.content_hash IS NULL AND f.file_id IS NULL AND f.size_bytes <= s.value->>1
        AND f.source_id || ' ' || f.path NOT IN (SELECT value FROM json_each(${JSON.stringify([...later.keys()])}))
      ORDER BY f.added_at LIMIT 1`.execute(database.read)
    return rows[0]
  }

  async function attempt(object: Unhashed): Promise<void> {
    const source = sources.byId(object.source_id)
    try {
      if (source !== undefined) await record(object, await read(source, object))
    } catch (error) {
      if (signal.aborted) return
      later.set(`${object.source_id} ${object.path}`, now() + RETRY_MS)
      log.warn('object of a dataset not hashed, trying later', { source: source?.slug, path: object.path, error })
    }
  }

  async function read(source: Source, { path, size_bytes: size, etag }: Unhashed): Promise<string | undefined> {
    const storage = await source.storage()
    const stored = await storage.stat(path, { signal })
    if (stored === undefined) throw new HoldallError('file_missing')
    // What verify would call damaged must not become what it compares with.
    const isOther = stored.size !== size || (etag !== null && stored.etag !== undefined && stored.etag !== etag)
    if (isOther) throw new HoldallError('file_changed')
    const hash = await hashOf(source, storage, stored, signal)
    const then = await storage.stat(path, { signal })
    if (then === undefined || versionOf(then) !== versionOf(stored)) throw new HoldallError('file_changed')
    return hash
  }

  async function record({ source_id, path, size_bytes }: Unhashed, hash: string | undefined): Promise<void> {
    if (hash === undefined) return
    await database.write((trx) =>
      sql`UPDATE dataset_files SET content_hash = ${hash} WHERE source_id = ${source_id} AND path = ${path}
        AND size_bytes = ${size_bytes} AND content_hash IS NULL AND file_id IS NULL`.execute(trx),
    )
  }

  return {
    start() {
      running = run()
    },
    async close() {
      stopping.abort(new HoldallError('unavailable', { reason: 'The server is stopping' }))
      await running
    },
  }
}
