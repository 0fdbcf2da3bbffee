import { formatCount, formatNumber } from '../../web/format.ts'
import type { LineState } from './plan.ts'

/**
 * What becomes of a file, as things stand: it goes to a row; somebody has to decide; no row fits it; its row holds
 * text that is no file; its storage is without it; somebody left it out; its row holds it already, or the same bytes; the column does not
 * take it. Each file is in one of them.
 */
export const PARTS = ['rows', 'decide', 'none', 'text', 'missing', 'left', 'copy', 'there', 'refused'] as const
export type Part = (typeof PARTS)[number]

/** Chosen in place of a row: somebody decided that the file is left out. No key is an empty text. */
export const LEFT_OUT = ''

/** As much of a line as says what becomes of its file. */
export interface OutlineLine {
  readonly position: number
  readonly file: string
  readonly state: LineState
  readonly chosen: string | null
  /** The key of the one row that its name fits; null where there is none, or more. */
  readonly fits: string | null
}

/** The part of a line, as far as the plan alone tells. */
export function partOf({ state, chosen }: { readonly state: LineState; readonly chosen: string | null }): Part {
  if (chosen === LEFT_OUT) return 'left'
  if (chosen !== null) return 'rows'
  switch (state) {
    case 'same':
      return 'there'
    case 'no_row':
      return 'none'
    case 'refused':
    case 'missing':
    case 'copy':
    case 'text':
      return state
    default:
      return 'decide'
  }
}

/**
 * Of a column that takes one file: those that have their row by their names alone where somebody has given it to one other file.
 * They are to be decided, and the row is the other's.
 */
export function givingWay<Line extends Pick<OutlineLine, 'state' | 'chosen' | 'fits'>>(
  lines: readonly Line[],
): ReadonlySet<Line> {
  const byName = new Map<string, Line[]>()
  const byHand = new Map<string, number>()
  for (const line of lines) {
    if (partOf(line) !== 'rows') continue
    const row = line.chosen as string
    // A row that holds a file already is as well the one that the name leads to.
    const isByName = line.fits === row && (line.state === 'matched' || line.state === 'filled')
    if (isByName) byName.set(row, [...(byName.get(row) ?? []), line])
    else byHand.set(row, (byHand.get(row) ?? 0) + 1)
  }
  return new Set([...byHand].flatMap(([row, files]) => (files === 1 ? (byName.get(row) ?? []) : [])))
}

/** How many files a plan has of each part: every number of its page is one of these. */
export interface Figures {
  readonly files: number
  readonly parts: Readonly<Record<Part, number>>
  /** Of those that go to a row: how many take the place of what it holds. */
  readonly replacing: number
}

/** `1,760 go to a row · 180 to decide` */
export function headWords({ parts, replacing }: Figures): string {
  const places = replacing === 1 ? '1 replaces what is there' : `${formatNumber(replacing)} replace what is there`
  const others = PARTS.filter((part) => part !== 'rows' && parts[part] > 0).map((part) => partWords(part, parts[part]))
  return [`${partWords('rows', parts.rows)}${replacing > 0 ? ` (${places})` : ''}`, ...others].join(' · ')
}

/** `3 files are not attached: 2 to decide, 1 without a row.` */
export function leftWords({ parts }: Figures): string {
  const left = PARTS.filter((part) => part !== 'rows' && part !== 'there' && parts[part] > 0)
  const count = left.reduce((sum, part) => sum + parts[part], 0)
  if (count === 0) return parts.there > 0 ? 'Every other file is there already.' : 'Every file goes to a row.'
  const verb = count === 1 ? 'is' : 'are'
  return `${formatCount(count, 'file')} ${verb} not attached: ${left.map((part) => partWords(part, parts[part])).join(', ')}.`
}

/** `Attach 3 files, replacing 1` */
export function attachWords({ parts, replacing }: Figures): string {
  return `Attach ${formatCount(parts.rows, 'file')}${replacing > 0 ? `, replacing ${formatNumber(replacing)}` : ''}`
}

function partWords(part: Part, count: number): string {
  return `${formatNumber(count)} ${count === 1 && part === 'rows' ? 'goes to a row' : WORDS[part]}`
}

const WORDS: Readonly<Record<Part, string>> = {
  rows: 'go to a row',
  decide: 'to decide',
  none: 'without a row',
  text: 'whose row holds text that is no file',
  missing: 'missing',
  left: 'left out',
  copy: 'whose row has the same bytes',
  there: 'there already',
  refused: 'not taken',
}
