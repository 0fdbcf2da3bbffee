import type { Actor } from '../../web/route.ts'
import { readCell } from '../file-columns/cell.ts'
import type { SqliteValue } from '../value.ts'
import type { JournalCell } from './journal-cells.ts'
import type { Line } from './plan.ts'
import { makePlan } from './planning.ts'
import { type AttachRoom, columnIn, type Subject } from './room.ts'
import { labelsOf } from './row-labels.ts'
import { rowName } from './row-name.ts'
import type { Run } from './run.ts'

export interface PlannedAgain {
  /** Of the new plan. */
  readonly id: string
  /** Files whose row is gone, or holds something else by now: they are to be decided once more. */
  readonly changed: number
}

/**
 * The plan of a run that was undone, once more: matched by the same rule, and with every row that was chosen. What stands
 * in the way since is not written over: it is to be decided.
 *
 * @throws HoldallError `no_file_column`, and what reading throws
 */
export async function planAgain(
  room: AttachRoom,
  subject: Subject,
  run: Run,
  actor: Actor | null,
  signal: AbortSignal,
): Promise<PlannedAgain> {
  const { database, table } = subject
  const { column, rule } = columnIn(subject, run.column)
  const [cells, left] = await Promise.all([room.journal.cells(run.id), room.plans.allLines(run.id)])
  const wrote = new Map<string, JournalCell[]>()
  for (const cell of cells) for (const file of cell.files) wrote.set(file, [...(wrote.get(file) ?? []), cell])
  const before = new Map(left.map((line) => [line.file, line.chosen]))
  // A rule whose column is gone is no rule any more.
  const match = run.match !== null && table.columnsByName.has(run.match.column) ? run.match : undefined
  const plan = await makePlan(room, subject, {
    actor,
    column,
    rule,
    files: [...wrote.keys(), ...before.keys()],
    match,
    replace: run.match?.replace ?? false,
    list: run.match?.list,
    allRows: run.match?.allRows,
    signal,
  })
  const keys = cells.map(({ key }) => key)
  const held = await room.carryOut.held(run, keys)
  const moved = cells.filter((cell) => isMoved(cell, held.get(cell.key), rule.multiple))
  const labels = await labelsOf(
    subject,
    moved.map(({ key }) => key),
    run.match,
  )
  const lines = plan.lines.flatMap((line): Line[] => {
    const here = wrote.get(line.file)
    if (line.state === 'refused') return [line]
    // What its storage is without for now has not lost its row by that.
    if (here === undefined) return [line.state === 'missing' ? line : asBefore(line, before.get(line.file) ?? null)]
    return here.map((cell) => {
      const holds = held.get(cell.key)
      const row = { key: cell.key, label: labels.get(cell.key) ?? null }
      const { ids, other } = readCell(holds ?? null)
      if (other !== null) return { ...line, state: 'text', rows: [row], rowCount: 1, chosen: null, note: null }
      if (ids.includes(line.file)) return { ...line, state: 'same', rows: [row], chosen: null }
      if (!moved.includes(cell)) return { ...line, ...(line.state === 'same' && ROW_OF_ITS_OWN), chosen: cell.key }
      const name = rowName(cell.key, row.label)
      if (holds === undefined) {
        const note = line.state === 'double' ? line.note : `It went to ${name}, a row that is gone since.`
        return { ...line, chosen: null, note }
      }
      return {
        ...line,
        state: 'filled',
        rows: [row],
        rowCount: 1,
        chosen: null,
        note: rule.multiple
          ? `It went to ${name}, which has got another file since. Choose the row to add this one.`
          : `It went to ${name}, which holds something else since. Choose the row to replace that.`,
      }
    })
  })
  const place = { database: database.name, table: table.name, column }
  return { id: await room.plans.add(place, actor?.id ?? null, plan.match, lines), changed: moved.length }
}

/** Its name fits another row, which holds it: the row that it goes to is typed. */
const ROW_OF_ITS_OWN = { state: 'no_row', rows: [], rowCount: 0 } as const

/**
 * Whether somebody has chosen something else for a cell since, beside which what it took is put only when that is said
 * once more. What it held before may be there again.
 */
function isMoved({ before, files }: JournalCell, held: SqliteValue | undefined, multiple: boolean): boolean {
  if (held === undefined) return true
  if (held === before) return false
  const { ids, other } = readCell(held)
  if (other !== null) return true
  const known = multiple ? [...readCell(before).ids, ...files] : []
  return ids.some((id) => !known.includes(id))
}

/** What was left out is not attached now because its row became free meanwhile. */
function asBefore(line: Line, chosen: string | null): Line {
  if (line.state === 'same' || line.chosen === null) return { ...line, chosen }
  return { ...line, chosen, note: 'It was left out before.' }
}
