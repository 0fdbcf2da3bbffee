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

/**
 * What an actor has begun to upload to a source, and of which something lies in the storage. What a storage does not tell
 * in time counts as well: it is looked at where people go on with it.
 */
export async function leftOpen(
  uploads: Pick<Uploads, 'open' | 'parts'>,
  source: Source,
  actor: Actor | null,
): Promise<LeftOpen> {
  if (actor === null || !source.availability.available) return { names: [], more: false }
  const question = { filename: undefined, size: undefined, before: undefined, limit: SESSIONS_PAGE }
  const { sessions, next } = await uploads.open(source, actor, question)
  if (sessions.length === 0) return { names: [], more: false }
  const late = new Promise<true>((resolve) => setTimeout(resolve, PATIENCE_MS, true).unref())
  const kept = await Promise.all(
    sessions.map((session) =>
      Promise.race([
        uploads.parts.received(session).then(
          (bytes) => bytes > 0,
          // It ended in this moment, or its storage has forgotten it.
          () => false,
        ),
        late,
      ]),
    ),
  )
  const names = new Map<string, string>()
  for (const [at, { filename, plan }] of sessions.entries()) {
    if (kept[at]) names.set(`${plan?.size}/${filename}`, filename)
  }
  return { names: [...names.values()], more: next !== null }
}
