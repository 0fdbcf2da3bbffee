import type { Source } from '../sources/sources.ts'
import type { Actor } from '../web/route.ts'
import type { Uploads } from './engine.ts'
import { SESSIONS_PAGE } from './limits.ts'

/** A page does not wait longer for storages to say what they have of an upload. */
const PATIENCE_MS = 500

/** What somebody began to upload to a source and can go on with. */
export interface LeftOpen {
  /** Newest first; those of one name and size are one. */
  readonly names: readonly string[]
  /** There may be more than these. */
  readonly more: boolean
}

/** The same of several sources. */
export interface LeftOpenAmong {
  /** By the ids of sources that have some, in the order in which they were given. */
  readonly bySource: ReadonlyMap<number, readonly string[]>
  /** There may be more than these. */
  readonly more: boolean
}

/**
 * What an actor has begun to upload to a source and can go on with or give up, also where nothing of it has arrived. What a
 * storage does not tell in time counts as well: it is looked at where people go on with it.
 */
export async function leftOpen(
  uploads: Pick<Uploads, 'open' | 'parts'>,
  source: Source,
  actor: Actor | null,
): Promise<LeftOpen> {
  const { bySource, more } = await leftOpenAmong(uploads, [source], actor)
  return { names: bySource.get(source.id) ?? [], more }
}

export async function leftOpenAmong(
  uploads: Pick<Uploads, 'open' | 'parts'>,
  sources: readonly Source[],
  actor: Actor | null,
): Promise<LeftOpenAmong> {
  const reachable = sources.filter(({ availability }) => availability.available)
  if (actor === null || reachable.length === 0) return NOTHING_OPEN
  const question = { filename: undefined, size: undefined, before: undefined, limit: SESSIONS_PAGE }
  const { sessions, next } = await uploads.open(reachable, actor, question)
  if (sessions.length === 0) return NOTHING_OPEN
  const late = new Promise<true>((resolve) => setTimeout(resolve, PATIENCE_MS, true).unref())
  const there = await Promise.all(
    sessions.map((session) =>
      Promise.race([
        uploads.parts.received(session).then(
          () => true,
          // It ended in this moment, or its storage has forgotten it.
          () => false,
        ),
        late,
      ]),
    ),
  )
  const begun = sessions.filter((_, at) => there[at])
  const bySource = new Map<number, readonly string[]>()
  for (const { id } of reachable) {
    const own = begun.filter(({ sourceId }) => sourceId === id)
    const names = new Map(own.map(({ filename, plan }) => [`${plan?.size}/${filename}`, filename]))
    if (names.size > 0) bySource.set(id, [...names.values()])
  }
  return { bySource, more: next !== null }
}

const NOTHING_OPEN: LeftOpenAmong = { bySource: new Map(), more: false }
