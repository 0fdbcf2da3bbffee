import { setImmediate as turn } from 'node:timers/promises'
import type { DescribedSuccession, Succession } from '../../files/succession.ts'
import { sourceResource } from '../../sources/sources.ts'
import type { Actor } from '../../web/route.ts'
import type { CellStanding } from '../write/protocol.ts'
import type { JournalCell } from './journal-cells.ts'
import { AT_ONCE } from './limits.ts'
import { replacedIn } from './replaced.ts'
import type { AttachRoom } from './room.ts'
import type { Run } from './run.ts'
import { inBatches } from './writes.ts'

/** So many descriptions are written before others may have the processor: each changes what the search finds. */
const WRITTEN_AT_ONCE = 200

type Replacement = Succession & { readonly position: number }

/** What the actor may do with the descriptions of the files that a run replaced. */
export interface ReplacedDescriptions {
  /** The file before has one, and the one in its place has none. */
  readonly open: readonly Replacement[]
  /** They were copied, and still say the same. */
  readonly copied: readonly Replacement[]
}

/** @param standings what has become of the cells since; where another file stands by now, nothing is offered */
export async function descriptionsIn(
  room: AttachRoom,
  actor: Actor | null,
  run: Run,
  cells: readonly JournalCell[],
  standings: readonly CellStanding[],
): Promise<ReplacedDescriptions> {
  const pairs = onlyOnes(cells)
  if (pairs.size === 0) return { open: [], copied: [] }
  const [described, marked] = await Promise.all([
    room.registry.describedAmong([...pairs.values()]),
    room.journal.described(run.id),
  ])
  const theirs = (await editable(room, actor, described)).flatMap(({ to, isCopied }) => {
    const pair = pairs.get(to)
    return pair === undefined ? [] : [{ ...pair, isCopied }]
  })
  return {
    open: theirs.filter(({ isCopied, position }) => !isCopied && standings[position] === 'held'),
    copied: theirs.filter(({ isCopied, position }) => isCopied && marked.has(position)),
  }
}

/** @returns how many files have one now that had none */
export async function copyAll(room: AttachRoom, run: Run, { open }: ReplacedDescriptions): Promise<number> {
  let count = 0
  await inBatches(
    open.length,
    async (from, to) => {
      const pairs = open.slice(from, to)
      // Known before it is done: what was only meant to be copied is not taken out, as it does not say the same.
      await room.journal.describe(
        run.id,
        pairs.map(({ position }) => position),
      )
      count += await room.registry.copyDescriptions(pairs)
    },
    WRITTEN_AT_ONCE,
  )
  return count
}

/** @returns from how many files one was taken; what somebody has written since stays */
export async function takeOutAll(room: AttachRoom, { copied }: ReplacedDescriptions): Promise<number> {
  let count = 0
  await inBatches(
    copied.length,
    async (from, to) => {
      count += await room.registry.takeOutDescriptions(copied.slice(from, to))
    },
    WRITTEN_AT_ONCE,
  )
  return count
}

/** By the new file: where one file took the place of one other, and of no other elsewhere. */
function onlyOnes(cells: readonly JournalCell[]): Map<string, Replacement> {
  const pairs = new Map<string, Replacement>()
  const several = new Set<string>()
  for (const [position, cell] of cells.entries()) {
    const replaced = replacedIn(cell)
    for (const to of replaced.length > 0 ? cell.files : []) {
      const [from] = replaced
      if (from === undefined || replaced.length > 1 || cell.files.length > 1 || pairs.has(to)) several.add(to)
      else pairs.set(to, { position, from, to })
    }
  }
  for (const to of several) pairs.delete(to)
  return pairs
}

/** Those whose files the actor may see, and may describe the new one of. */
async function editable(
  { permissions }: AttachRoom,
  actor: Actor | null,
  pairs: readonly DescribedSuccession[],
): Promise<DescribedSuccession[]> {
  const slugs = [...new Set(pairs.flatMap(({ sources }) => sources))]
  const browsable = await permissions.among(actor, 'files-browse', slugs.map(sourceResource))
  const seen = new Set(browsable.map(({ parent }) => parent))
  const visible = pairs.filter(({ sources }) => sources.every((slug) => seen.has(slug)))
  const found: DescribedSuccession[] = []
  for (let at = 0; at < visible.length; at += AT_ONCE) {
    if (at > 0) await turn()
    const some = visible.slice(at, at + AT_ONCE)
    const resources = some.map(({ to, sources }) => ({ kind: 'file', parent: sources[1], child: to }) as const)
    const allowed = new Set((await permissions.among(actor, 'files-edit', resources)).map(({ child }) => child))
    found.push(...some.filter(({ to }) => allowed.has(to)))
  }
  return found
}
