import { setImmediate as turn } from 'node:timers/promises'
import { MAX_BATCH } from '../../files/registry.ts'
import type { Actor } from '../../web/route.ts'
import type { List } from './conditions.ts'
import { listFor } from './list.ts'
import { findRows } from './match.ts'
import { candidatesFor, WHOLE } from './names.ts'
import type { JudgedLine, Outline } from './outline.ts'
import { LEFT_OUT } from './parts.ts'
import type { Choices } from './plans.ts'
import type { AttachRoom, Subject } from './room.ts'
import type { Run } from './run.ts'

/** One choice for all files that share a row and are still to be decided. */
export const WAYS = ['exact', 'same', 'out'] as const
export type Way = (typeof WAYS)[number]

/** The doubles of a plan that nobody has decided on. */
export function undecidedDoubles({ lines }: Outline): JudgedLine[] {
  return lines.filter(({ part, state, chosen }) => part === 'decide' && state === 'double' && chosen === null)
}

/**
 * What a choice for all comes to, by line. What it does not decide stays open: where no name fits letter for letter, or
 * more than one does, and where bytes differ or their hash is not known.
 */
export async function decideAll(
  room: AttachRoom,
  subject: Subject,
  run: Run,
  outline: Outline,
  way: Way,
  actor: Actor | null,
  signal: AbortSignal,
): Promise<Choices> {
  const open = undecidedDoubles(outline)
  if (way === 'out') return new Map(open.map((line) => [line, LEFT_OUT]))
  const takers = new Map(outline.lines.flatMap((line) => (line.part === 'rows' ? [[line.chosen as string, line]] : [])))
  const files = await recordsOf(
    room,
    actor,
    [...open, ...takers.values()].map(({ file }) => file),
  )
  const exact =
    way === 'exact'
      ? await exactRows(subject, run, open, files, await listFor(room, subject, actor, run.match ?? {}), signal)
      : new Map<string, string>()
  const hashOf = (line: JudgedLine) => files.get(line.file)?.contentHash ?? null
  const choices = new Map<JudgedLine, string>()
  for (const [row, same] of byRow(open)) {
    const taker = takers.get(row)
    let winner: JudgedLine | undefined
    if (way === 'same') {
      const hash = hashOf(taker ?? (same[0] as JudgedLine))
      const alike = hash === null ? [] : same.filter((line) => hashOf(line) === hash)
      if (taker) for (const line of alike) choices.set(line, LEFT_OUT)
      else if (alike.length === same.length) winner = same[0]
    } else if (taker) {
      for (const line of same) choices.set(line, LEFT_OUT)
    } else {
      const fitting = same.filter(({ file }) => exact.get(file) === row)
      if (fitting.length === 1) winner = fitting[0]
    }
    if (winner) for (const line of same) choices.set(line, line === winner ? row : LEFT_OUT)
  }
  return choices
}

/** Lines by the row that their names fit. */
export function byRow<Line extends Pick<JudgedLine, 'fits'>>(lines: readonly Line[]): Map<string, Line[]> {
  const rows = new Map<string, Line[]>()
  for (const line of lines) {
    if (line.fits === null) continue
    const others = rows.get(line.fits)
    if (others) others.push(line)
    else rows.set(line.fits, [line])
  }
  return rows
}

/** The row of each file whose name has the value letter for letter. */
async function exactRows(
  { database, table }: Subject,
  { match, column }: Run,
  lines: readonly JudgedLine[],
  files: Awaited<ReturnType<typeof recordsOf>>,
  list: List | undefined,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  if (match === null || !table.columnsByName.has(match.column)) return new Map()
  const names = lines.map(({ file }) => files.get(file)?.filename ?? '')
  const candidates = await candidatesFor(names, { ...match, exact: true })
  const question = { column: match.column, candidates, exact: true, cells: column, label: null, list, signal }
  // What a pattern reads is all of a value; else the whole name is.
  const found = (await findRows(database, table.name, question)).best(match.how === 'pattern' ? 0 : WHOLE)
  return new Map(
    lines.flatMap(({ file }, at) => {
      const rows = found.get(at)
      const [only] = rows?.rows ?? []
      return rows?.count === 1 && only ? [[file, only[0]] as const] : []
    }),
  )
}

/** Files with their paths and hashes, as far as the actor may browse them; any number of them. */
export async function recordsOf(
  { registry }: Pick<AttachRoom, 'registry'>,
  actor: Actor | null,
  ids: readonly string[],
) {
  const found: Awaited<ReturnType<typeof registry.visible>> = new Map()
  for (let at = 0; at < ids.length; at += MAX_BATCH) {
    if (at > 0) await turn()
    for (const [id, file] of await registry.visible(actor, ids.slice(at, at + MAX_BATCH))) found.set(id, file)
  }
  return found
}
