import { recordsOf, type SampleRecord } from './records.ts'
import { CannotConvert } from './refusal.ts'

export type Delimiter = ',' | ';' | '\t' | '|'

export interface Dialect {
  readonly delimiter: Delimiter
  readonly hasHeader: boolean
  /** Of the first record: as many columns has the table. */
  readonly first: SampleRecord
  /** How many bytes a record takes in the mean. */
  readonly recordLength: number
}

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|']
const RECORDS_COMPARED = 200

/**
 * How the values of a text are separated, and whether its first line names the columns. That is the separator by which
 * the most lines have as many values as the first, and of several the one that finds most values.
 *
 * @param preferred what its name says; it counts where it separates anything
 * @param isWhole whether the sample is the whole text
 * @throws CannotConvert for a text without lines
 */
export function dialectOf(sample: string, isWhole: boolean, preferred?: Delimiter): Dialect {
  if (isWhole && sample.trim() === '') throw new CannotConvert('it is empty')
  const candidates = DELIMITERS.map((delimiter) => {
    const records = recordsOf(sample, delimiter, isWhole)
    const compared = records.slice(0, RECORDS_COMPARED)
    const width = compared[0]?.values.length ?? 0
    const alike = compared.filter(({ values }) => values.length === width).length / Math.max(1, compared.length)
    return { delimiter, records, width, alike }
  })
  const separating = candidates.filter(({ width }) => width > 1)
  const best = separating.sort((a, b) => b.alike - a.alike || b.width - a.width)[0]
  const chosen = separating.find(({ delimiter }) => delimiter === preferred) ?? best ?? candidates[0]
  const first = chosen?.records[0]
  if (chosen === undefined || first === undefined) {
    if (!isWhole && sample.trim() !== '')
      throw new CannotConvert('its first line is too long, or opens a quote that is never closed')
    throw new CannotConvert('it is empty')
  }
  return {
    delimiter: chosen.delimiter,
    hasHeader: isHeader(chosen.records),
    first,
    recordLength: Math.max(1, Buffer.byteLength(sample) / chosen.records.length),
  }
}

const VALUE =
  /^(?:[+-]?(?:\d+[.,]?\d*|[.,]\d+|\d{1,3}(?:\.\d{3})+,\d+)(?:[eE][+-]?\d+)?%?|\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*|\d\d:\d\d.*|true|false)$/i

/**
 * Names are words: a first line in which a number, a date or a truth value stands is one of values. Years may be names,
 * where the first column has one that is a word.
 */
function isHeader([first, ...others]: readonly SampleRecord[]): boolean {
  if (first === undefined) return false
  const values = first.values.map((value) => value.trim())
  if (!values.some((value) => value !== '')) return others.length > 0
  const numbers = values.filter((value) => VALUE.test(value))
  if (numbers.length === 0) return true
  const areYears = numbers.every((value) => /^(?:19|20)\d\d$/.test(value)) && new Set(numbers).size === numbers.length
  return areYears && numbers.length > 1 && !VALUE.test(values[0] ?? '') && values[0] !== ''
}
