import type { FileBrief } from '../../files/record.ts'
import { late } from '../../web/late.ts'
import { readCell } from '../file-columns/cell.ts'
import { problemWith } from '../file-columns/check.ts'
import type { CellFiles } from '../file-columns/items.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { isAllWrong } from './held.ts'
import type { FoundRows } from './match.ts'
import { baseName, stemOf, WHOLE, withoutEnding } from './names.ts'
import type { Replace } from './run.ts'

/**
 * What a plan says of one file: it goes to its row; it fits several rows; another file fits the same row; its row holds
 * a file already, or this very one; its row has, or gets, another with the same bytes; its row holds text that is no file, which is never replaced; its storage is without
 * the file; no row fits it; the column does not take it.
 */
export const STATES = [
  'matched',
  'several',
  'double',
  'filled',
  'same',
  'copy',
  'text',
  'missing',
  'no_row',
  'refused',
] as const
export type LineState = (typeof STATES)[number]

export interface RowChoice {
  /** The last part of the row's address. */
  readonly key: string
  readonly label: string | null
}

export interface Line {
  readonly file: string
  readonly state: LineState
  /** The rows that fit, the best of them; `rowCount` of them in all. */
  readonly rows: readonly RowChoice[]
  readonly rowCount: number
  /** The row that the file goes to; `LEFT_OUT` where somebody decided so; null leaves it out until somebody decides. */
  readonly chosen: string | null
  /** Why it is refused, or not added, in words; of one that shares its row, the name of another that fits it. */
  readonly note: string | null
}

/** Files in the order in which people count: `2.jpg` before `10.jpg`, and `2.jpg` before `2_back.jpg`. */
export function inOrder(files: readonly FileBrief[]): FileBrief[] {
  const { compare } = collator()
  // With its ending, a name would be compared by the dot after it.
  const named = files.map((file) => ({ file, name: withoutEnding(file.filename) }))
  const ordered = named.sort(
    (a, b) => compare(a.name, b.name) || compare(a.file.filename, b.file.filename) || (a.file.id < b.file.id ? -1 : 1),
  )
  return ordered.map(({ file }) => file)
}

const collator = late(() => new Intl.Collator('en', { numeric: true }))

export interface PlanOptions {
  /** The files of the plan, in its order; undefined for those that the actor may not browse. */
  readonly files: readonly { readonly id: string; readonly file: FileBrief | undefined }[]
  readonly found: FoundRows
  readonly rule: FileColumn
  readonly replace: Replace
  /** What rows hold, as far as the actor may know of it: a row that holds nothing but files that are gone for good is free. */
  readonly held: CellFiles
}

interface Draft extends Line {
  readonly rank: number
  readonly cell: string | null
}

/** What is to become of each file, as far as the names tell. What they leave open is left out until somebody decides. */
export function planLines({ files, found, rule, replace, held }: PlanOptions): Line[] {
  const drafts = files.map(({ id, file }, at): Draft => {
    const problem = problemWith(id, file, rule)
    const rows = found.get(at)
    const base = { file: id, rows: [], rowCount: 0, chosen: null, note: null, rank: rows?.rank ?? 0, cell: null }
    if (problem !== undefined) return { ...base, state: 'refused', note: problem }
    if (rows === undefined) return { ...base, state: 'no_row' }
    const choices = rows.rows.map(([key, label]) => ({ key, label }))
    const [first] = rows.rows
    if (rows.count > 1 || first === undefined) {
      return { ...base, state: 'several', rows: choices, rowCount: rows.count }
    }
    const [key, , cell] = first
    const fits = { ...base, rows: choices, rowCount: 1, cell }
    if (readCell(cell).other !== null) return { ...fits, state: 'text' }
    // What its storage is without takes no row from a file that is there.
    return file?.missingSince ? { ...fits, state: 'missing' } : { ...fits, state: 'matched', chosen: key }
  })
  const settled = rule.multiple
    ? drafts
    : settleDoubles(drafts, new Map(files.map(({ id, file }) => [id, file?.filename ?? null])))
  const judged = settled.map(({ rank, cell, ...line }): Judged => {
    const { ids } = readCell(cell)
    return { ...judge(line, ids), ids, rank }
  })
  const byId = new Map(files.map(({ id, file }) => [id, file]))
  return rule.multiple ? withoutCopies(judged, byId, held) : judged.map(({ ids: _, rank: __, ...line }) => line)

  function judge(line: Line, ids: readonly string[]): Line {
    if (line.state !== 'matched' && line.state !== 'missing') return line
    if (ids.includes(line.file)) return { ...line, state: 'same', chosen: null }
    if (line.state === 'missing') return line
    const isTaken = !rule.multiple && ids.some((id) => held.deleted.get(id)?.state !== 'gone')
    if (!isTaken) return line
    const takesIt = replace === 'not_right' ? isAllWrong(ids, held) : replace
    return { ...line, state: 'filled', chosen: takesIt ? line.chosen : null }
  }
}

/** A line with how well the name fits, and what its row holds. */
interface Judged extends Line {
  readonly rank: number
  readonly ids: readonly string[]
}

/**
 * Where a row takes several files, none of them is added whose bytes it has already, or gets from another: from the one whose
 * name fits best, or the first of those.
 */
function withoutCopies(
  lines: readonly Judged[],
  files: ReadonlyMap<string, FileBrief | undefined>,
  held: CellFiles,
): Line[] {
  const hashOf = ({ file, state }: Line) => (state === 'matched' ? (files.get(file)?.contentHash ?? null) : null)
  const placeOf = (line: Line) => `${line.chosen} ${hashOf(line)}`
  const best = new Map<string, Judged>()
  for (const line of lines) {
    const before = best.get(placeOf(line))
    if (hashOf(line) !== null && (before === undefined || before.rank < line.rank)) best.set(placeOf(line), line)
  }
  return lines.map((judged): Line => {
    const { ids, rank: _, ...line } = judged
    const hash = hashOf(line)
    if (hash === null) return line
    const twin = ids.map((id) => held.files.get(id)).find((file) => file?.contentHash === hash && isRight(file))
    const first = best.get(placeOf(line))
    const name = first && files.get(first.file)?.filename
    if (twin) return asCopy(line, `The row has ${twin.filename} already, with the same bytes.`)
    return first === judged ? line : asCopy(line, `${name} fits the row too, and has the same bytes.`)
  })
}

function asCopy(line: Line, why: string): Line {
  return { ...line, state: 'copy', chosen: null, note: `${why} ${ALL_THE_SAME}` }
}

const ALL_THE_SAME = 'Choose the row to add it all the same.'

/** What is missing or damaged is worth having again. */
function isRight({ missingSince, unreadable }: FileBrief): boolean {
  return missingSince === null && unreadable === null
}

/** Where a row takes one file and several fit: the one whose whole name is the value has it, if there is one such. */
function settleDoubles(drafts: readonly Draft[], names: ReadonlyMap<string, string | null>): Draft[] {
  const byRow = new Map<string, Draft[]>()
  for (const draft of drafts) {
    if (draft.chosen === null) continue
    const others = byRow.get(draft.chosen)
    if (others) others.push(draft)
    else byRow.set(draft.chosen, [draft])
  }
  /** With the file that each stands against. */
  const losers = new Map<Draft, Draft | undefined>()
  for (const same of byRow.values()) {
    if (same.length === 1) continue
    const whole = same.filter(({ rank }) => rank === WHOLE)
    const winner = whole.length === 1 ? whole[0] : undefined
    for (const draft of same) {
      if (draft !== winner) losers.set(draft, winner ?? same.find((other) => other !== draft))
    }
  }
  return drafts.map((draft) => {
    if (!losers.has(draft)) return draft
    return { ...draft, state: 'double', chosen: null, note: names.get(losers.get(draft)?.file ?? '') ?? null }
  })
}

/** Lines in their order, with those that fit one row beside the first of them, however their names are written. */
export function besideEachOther(lines: readonly Line[]): Line[] {
  const rows = new Map<string, Line[]>()
  for (const line of lines) {
    const place = line.rowCount === 1 ? `row ${line.rows[0]?.key}` : `file ${line.file}`
    const others = rows.get(place)
    if (others) others.push(line)
    else rows.set(place, [line])
  }
  return [...rows.values()].flat()
}

/** How many lines there are of each state. */
export function countStates(lines: Iterable<{ readonly state: LineState }>): Record<LineState, number> {
  const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<LineState, number>
  for (const { state } of lines) counts[state] += 1
  return counts
}

/** A pattern for names like one of these, to begin with. */
export function examplePattern(filename: string | undefined): string {
  if (filename === undefined) return 'IMG {value} *.jpg'
  const name = baseName(filename)
  return `{value}${name.slice(stemOf(filename).length)}`
}
