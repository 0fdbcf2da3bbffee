import { formatNumber } from '../../../web/format.ts'
import { CannotConvert, type Sheet } from '../refusal.ts'

/** Sheets that a message names. */
const MOST_NAMED = 8
/** Sheets that can be chosen from a list, and how long their names may be there; any can be asked for by its name. */
const MOST_OFFERED = 50
const MAX_NAME_LENGTH = 255

/**
 * The sheets to try, in this order: the one that is asked for, hidden or not, else those that are shown.
 *
 * @throws CannotConvert when there is none of that name
 */
export function chosenSheets<Found extends Sheet>(
  sheets: readonly Found[],
  asked: string | undefined,
): readonly Found[] {
  if (asked === undefined) return sheets.filter(({ hidden }) => !hidden)
  // Excel takes names for the same that differ in their case alone.
  const key = keyOf(asked)
  const found = sheets.find(({ name }) => name === asked) ?? sheets.find(({ name }) => keyOf(name) === key)
  if (found === undefined) throw new CannotConvert(`it has no sheet “${asked}”${namesOf(sheets)}`)
  return [found]
}

function keyOf(name: string): string {
  return name.trim().toLowerCase()
}

/** ". Its sheets are “Visits”, “Totals” and “Notes” (hidden)"; nothing where there is but one. */
export function namesOf(sheets: readonly Sheet[]): string {
  if (sheets.length === 0) return ''
  return sheets.length === 1 ? `. Its only sheet is ${listed(sheets)}` : `. Its sheets are ${listed(sheets)}`
}

/** "The sheet “Visits” was read; “Totals” was not." */
export function othersLine(sheets: readonly Sheet[], read: string): string | undefined {
  const others = sheets.filter(({ name }) => name !== read)
  if (others.length === 0) return undefined
  return `The sheet “${read}” was read; ${listed(others)} ${others.length === 1 ? 'was' : 'were'} not.`
}

function listed(sheets: readonly Sheet[]): string {
  const names = sheets
    .slice(0, MOST_NAMED)
    .map(({ name, hidden }) => `“${name.slice(0, MAX_NAME_LENGTH)}”${hidden ? ' (hidden)' : ''}`)
  const more = sheets.length - MOST_NAMED
  if (more > 0) return `${names.join(', ')} and ${formatNumber(more)} more`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** Those that people can choose from. */
export function offered(sheets: readonly Sheet[]): Sheet[] {
  return sheets
    .filter(({ name }) => name !== '' && name.length <= MAX_NAME_LENGTH)
    .slice(0, MOST_OFFERED)
    .map(({ name, hidden }) => ({ name, hidden }))
}
