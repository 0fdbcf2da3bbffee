/** What a number stands for, by its format. */
export type NumberKind = 'number' | 'date' | 'datetime' | 'time'

const DAY_MS = 86_400_000
/** Of the formats that have no text in the file. */
const BUILT_IN: readonly (readonly [from: number, to: number, kind: NumberKind])[] = [
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'datetime'],
  [27, 31, 'date'],
  [32, 35, 'time'],
  [36, 36, 'date'],
  [45, 45, 'time'],
  [47, 47, 'time'],
  [50, 54, 'date'],
  [55, 56, 'time'],
  [57, 58, 'date'],
]

/** @param text of formats that the file has itself, such as `yyyy-mm-dd;@` */
export function numberKind(id: number, text: string | undefined): NumberKind {
  if (text === undefined) return BUILT_IN.find(([from, to]) => id >= from && id <= to)?.[2] ?? 'number'
  const [first = ''] = text
    .replace(/"[^"]*"|\\.|_.|\*./g, '')
    .toLowerCase()
    .split(';')
  // What has gone by, in hours beyond 24, is a number.
  if (/\[(?:h+|m+|s+)\]/.test(first)) return 'number'
  const plain = first.replace(/\[[^\]]*\]/g, '').replace(/general|am\/pm|a\/p/g, '')
  const hasTime = /[hs]/.test(plain)
  const hasDate = /[yd]/.test(plain) || (!hasTime && /m/.test(plain))
  if (hasDate) return hasTime ? 'datetime' : 'date'
  return hasTime ? 'time' : 'number'
}

/**
 * The text of a day or time, as ISO 8601 writes it; `undefined` for a number that is none. A day that its format shows
 * without a time and that has one keeps it.
 */
export function dateText(serial: number, kind: Exclude<NumberKind, 'number'>, is1904: boolean): string | undefined {
  if (!Number.isFinite(serial) || serial < 0 || serial >= 2_958_466) return undefined
  if (kind === 'time' && serial < 1)
    return new Date(Math.round(serial * DAY_MS)).toISOString().slice(11, 23).replace('.000', '')
  // 1900 is a leap year there, which it was not: days before that one count from a day later.
  const shift = is1904 ? 24_107 : serial < 60 ? 25_568 : 25_569
  const iso = new Date(Math.round((serial - shift) * DAY_MS)).toISOString()
  const [day = '', time = ''] = iso.slice(0, 23).split('T')
  return kind === 'date' && time === '00:00:00.000' ? day : `${day} ${time.replace('.000', '')}`
}
