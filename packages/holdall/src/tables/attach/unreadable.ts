import type { Actor } from '../../web/route.ts'
import { recordsOf } from './decide-all.ts'
import type { JudgedLine, Outline } from './outline.ts'
import { LEFT_OUT, type Part } from './parts.ts'
import type { Choices } from './plans.ts'
import type { AttachRoom } from './room.ts'

/** What the buttons of a plan's page send of all files that cannot be read: whether they are left out. */
export const UNREADABLE: ReadonlyMap<string, boolean> = new Map([
  ['unreadable out', true],
  ['unreadable back', false],
])

/** The lines of a plan whose files cannot be read, as far as the actor may see them. */
export interface Unreadable {
  readonly files: ReadonlySet<string>
  readonly lines: readonly JudgedLine[]
  /** Those of them that go to a row, or that somebody could still send to one that fits. */
  readonly open: readonly JudgedLine[]
  readonly left: readonly JudgedLine[]
  /** Of how many files nobody knows yet. */
  readonly reading: number
}

const OPEN: ReadonlySet<Part> = new Set(['rows', 'decide', 'missing', 'copy'])

export async function unreadableIn(
  room: Pick<AttachRoom, 'registry'>,
  actor: Actor | null,
  outline: Pick<Outline, 'lines'>,
): Promise<Unreadable> {
  const { unreadable, reading } = await room.registry.readability(outline.lines.map(({ file }) => file))
  const files = new Set((await recordsOf(room, actor, unreadable)).keys())
  const lines = outline.lines.filter(({ file }) => files.has(file))
  return {
    files,
    lines,
    open: lines.filter(({ part }) => OPEN.has(part)),
    left: lines.filter(({ part }) => part === 'left'),
    reading,
  }
}

/** What leaving all of them out comes to, by line. */
export function leaveOut({ open }: Pick<Unreadable, 'open'>): Choices {
  // A row that was typed is taken out of its field, which says no more than that.
  return new Map(open.map((line) => [line, line.state === 'no_row' ? null : LEFT_OUT]))
}

/**
 * What putting all of them back comes to, by line: a file goes to the row that its name fits, unless another one has taken that
 * meanwhile; what was chosen before is not known any more, and is to be decided.
 */
export function putBack(
  { left }: Pick<Unreadable, 'left'>,
  { lines }: Pick<Outline, 'lines'>,
  multiple: boolean,
): Choices {
  const taken = new Set(multiple ? [] : lines.map(({ chosen }) => chosen))
  return new Map(left.map((line) => [line, line.state === 'matched' && !taken.has(line.fits) ? line.fits : null]))
}
