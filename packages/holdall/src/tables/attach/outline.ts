import { readCell } from '../file-columns/cell.ts'
import type { SqliteValue } from '../value.ts'
import { type Figures, givingWay, type OutlineLine, PARTS, type Part, partOf } from './parts.ts'
import type { AttachRoom, Subject } from './room.ts'
import type { Run } from './run.ts'
import { inBatches } from './writes.ts'

export interface JudgedLine extends OutlineLine {
  readonly part: Part
  /** Its row holds something else, whose place it takes. */
  readonly replaces: boolean
  /** Why it does not go to the row that was chosen: the row is not there, takes one file and not several, was given to another, or holds text. */
  readonly obstacle: 'gone' | 'shared' | 'given' | 'text' | null
}

/** A whole plan, in its order, as the rows stand at this moment. */
export interface Outline extends Figures {
  readonly lines: readonly JudgedLine[]
  /** What the rows hold that files go to, or whose file could be replaced, by their keys; rows that are gone are absent. */
  readonly held: ReadonlyMap<string, SqliteValue>
}

/** @throws HoldallError what reading throws */
export async function outlineOf(
  room: Pick<AttachRoom, 'plans' | 'carryOut'>,
  { fileColumns }: Pick<Subject, 'fileColumns'>,
  run: Run,
): Promise<Outline> {
  const lines = await room.plans.outline(run.id)
  const isSingle = fileColumns.get(run.column)?.multiple !== true
  const away = isSingle ? givingWay(lines) : new Set()
  const chosen = lines.flatMap((line) => (partOf(line) === 'rows' && !away.has(line) ? [line.chosen as string] : []))
  const files = new Map<string, number>()
  for (const key of chosen) files.set(key, (files.get(key) ?? 0) + 1)
  const filled = lines.flatMap(({ state, fits }) => (state === 'filled' && fits !== null ? [fits] : []))
  const held = await room.carryOut.held(run, [...chosen, ...filled])
  function judge(line: OutlineLine): JudgedLine {
    const part = partOf(line)
    const as = (changed: Partial<JudgedLine>) => ({
      ...line,
      part,
      replaces: false,
      obstacle: null,
      ...changed,
    })
    if (part !== 'rows') return as({})
    if (away.has(line)) return as({ part: 'decide', obstacle: 'given' })
    const key = line.chosen as string
    const cell = held.get(key)
    if (cell === undefined) return as({ part: 'decide', obstacle: 'gone' })
    const { ids, other } = readCell(cell)
    if (ids.includes(line.file)) return as({ part: 'there' })
    if (other !== null) return as({ part: 'decide', obstacle: 'text' })
    if (isSingle && (files.get(key) ?? 0) > 1) return as({ part: 'decide', obstacle: 'shared' })
    return as({ replaces: isSingle && ids.length > 0 })
  }
  const judged: JudgedLine[] = []
  await inBatches(lines.length, async (from, to) => {
    judged.push(...lines.slice(from, to).map(judge))
  })
  const parts = Object.fromEntries(PARTS.map((part) => [part, 0])) as Record<Part, number>
  for (const { part } of judged) parts[part] += 1
  return {
    lines: judged,
    held,
    files: lines.length,
    parts,
    replacing: judged.filter(({ replaces }) => replaces).length,
  }
}
