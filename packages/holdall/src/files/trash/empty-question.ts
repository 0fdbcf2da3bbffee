import type { RouteContext } from '../../web/route.ts'
import { MAX_COUNT } from '../list.ts'
import type { FilesRoom } from '../room.ts'
import type { Amounts, Share } from './emptying.ts'
import { isReadOnly } from './kept.ts'
import type { Scope } from './list.ts'
import { deletableBy } from './rights.ts'

/** So much, and what of it rows hold. */
export interface Part {
  readonly files: number
  readonly bytes: number
  /** Files that some row holds, whoever may see it. */
  readonly used: number
}

/** What is said before the trash is emptied. */
export interface EmptyQuestion {
  /** What would go by itself when its time is over. */
  readonly gone: Part
  /** What is only hidden here, and goes when that is asked for as well. */
  readonly hidden: Part
  /** What both are of, by source. */
  readonly shares: readonly Share[]
  /** Files whose bytes cannot be deleted, and such as cannot be now. */
  readonly kept: number
  readonly unreachable: number
  /** Of so many, what was deleted last, it is known whether rows hold them. */
  readonly lookedUp: number
  /** Not every table could be searched. */
  readonly truncated: boolean
  /** What this was said of, to be sent back with the answer. */
  readonly state: string
}

/** Of the files that the actor may delete, those that can be deleted now. */
export async function emptiable(room: FilesRoom, c: RouteContext): Promise<{ all: Scope; now: Scope }> {
  const all = await deletableBy(room, c.var.actor)
  const can = (id: number) => room.sources.byId(id)?.capabilities.can_delete === true
  const own = all.own === null ? null : { ...all.own, sources: all.own.sources.filter(can) }
  return { all, now: { sources: all.sources.filter(can), own } }
}

/** What emptying the trash would do, now or for who was told `upTo`. */
export async function askToEmpty(
  room: FilesRoom,
  c: RouteContext,
  { q, upTo }: { readonly q: string; readonly upTo?: number | undefined },
): Promise<EmptyQuestion> {
  const { all, now } = await emptiable(room, c)
  const { emptying } = room.trash
  const amounts = await emptying.amounts({ scope: all, q, upTo })
  const deletable = new Set([...now.sources, ...(now.own?.sources ?? [])])
  const shares = amounts.shares.filter(({ sourceId }) => deletable.has(sourceId))
  const left = amounts.shares.filter(({ sourceId }) => !deletable.has(sourceId))
  const ids = await emptying.newest({ scope: now, q, upTo: amounts.upTo })
  const asked = [...ids.gone, ...ids.hidden]
  const { used, truncated } = asked.length === 0 ? NONE_USED : await room.findUsed(asked)
  const part = (hidden: boolean): Part => ({
    ...sumOf(shares.filter((share) => share.hidden === hidden)),
    used: (hidden ? ids.hidden : ids.gone).filter((id) => used.has(id)).length,
  })
  const [gone, hidden] = [part(false), part(true)]
  return {
    gone,
    hidden,
    shares,
    kept: sumOf(left.filter(({ sourceId }) => isReadOnly(room.sources, sourceId))).files,
    unreachable: sumOf(left.filter(({ sourceId }) => !isReadOnly(room.sources, sourceId))).files,
    lookedUp: asked.length < MAX_COUNT ? gone.files + hidden.files : asked.length,
    truncated,
    state: stateOf(amounts, gone, hidden),
  }
}

const NONE_USED = { used: new Set<string>(), truncated: false }

function sumOf(shares: readonly Share[]): { files: number; bytes: number } {
  return {
    files: shares.reduce((sum, { files }) => sum + files, 0),
    bytes: shares.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

/** What somebody was told: nothing that came to the trash later goes, and no more of either than was said. */
export interface Told {
  readonly upTo: number
  readonly gone: number
  readonly hidden: number
}

function stateOf({ upTo }: Amounts, gone: Part, hidden: Part): string {
  return `${upTo}.${gone.files}.${hidden.files}`
}

/** @returns undefined for what no question has said */
export function readTold(state: string): Told | undefined {
  if (!/^\d{1,15}(\.\d{1,15}){2}$/.test(state)) return undefined
  const [upTo = 0, gone = 0, hidden = 0] = state.split('.').map(Number)
  return { upTo, gone, hidden }
}

/** Whether more would go than was said, because the actor may delete in more places than then. */
export async function isMoreThanTold(
  room: FilesRoom,
  scope: Scope,
  q: string,
  { upTo, ...told }: Told,
): Promise<boolean> {
  const { shares } = await room.trash.emptying.amounts({ scope, q, upTo })
  const [gone, hidden] = [false, true].map((which) => sumOf(shares.filter((share) => share.hidden === which)).files)
  return (gone ?? 0) > told.gone || (hidden ?? 0) > told.hidden
}
