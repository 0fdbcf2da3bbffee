import type { Actor } from '../../web/route.ts'
import { readCell } from '../file-columns/cell.ts'
import { cellFiles } from '../file-columns/visible.ts'
import { isAllWrong } from './held.ts'
import type { JudgedLine, Outline } from './outline.ts'
import { LEFT_OUT } from './parts.ts'
import type { Choices } from './plans.ts'
import type { AttachRoom, Subject } from './room.ts'
import type { Replace, Run } from './run.ts'

/** What the buttons of a plan's page send, and what each says of all rows that hold a file already. */
export const REPLACING: ReadonlyMap<string, Replace> = new Map<string, Replace>([
  ['replace not_right', 'not_right'],
  ['replace all', true],
  ['replace none', false],
])

/** The files of a plan that fit a row which holds another file, as the rows stand at this moment. */
export interface Filled {
  readonly lines: readonly JudgedLine[]
  /** Those of them whose row holds nothing that is right, as far as the actor may know. */
  readonly wrong: ReadonlySet<JudgedLine>
}

/** What somebody left out, or sent to another row, is theirs to change; so is a row to which another file goes. */
export async function filledOf(
  room: AttachRoom,
  { fileColumns }: Subject,
  run: Run,
  { lines, held }: Outline,
  actor: Actor | null,
): Promise<Filled> {
  if (fileColumns.get(run.column)?.multiple === true) return { lines: [], wrong: new Set() }
  const open = lines.filter(({ state, fits, chosen }) => state === 'filled' && (chosen === null || chosen === fits))
  const ours = new Set(open)
  const taken = new Set(lines.flatMap((line) => (ours.has(line) ? [] : (line.chosen ?? LEFT_OUT))))
  const filled = open.flatMap((line) => {
    const { ids, other } = readCell(held.get(line.fits ?? LEFT_OUT) ?? null)
    const isFree = !taken.has(line.fits ?? LEFT_OUT) && other === null && !ids.includes(line.file)
    return isFree && ids.length > 0 ? [{ line, ids }] : []
  })
  const known = await cellFiles(
    room,
    actor,
    filled.flatMap(({ ids }) => ids),
  )
  return {
    lines: filled.map(({ line }) => line),
    wrong: new Set(filled.flatMap(({ line, ids }) => (isAllWrong(ids, known) ? [line] : []))),
  }
}

/** What one choice for all of them comes to, by line: what is not replaced is to be decided as before. */
export function replaceAll({ lines, wrong }: Filled, replace: Replace): Choices {
  const takesIt = (line: JudgedLine) => (replace === 'not_right' ? wrong.has(line) : replace)
  return new Map(lines.map((line) => [line, takesIt(line) ? line.fits : null]))
}
