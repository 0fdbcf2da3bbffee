import { FILE_OPERATORS, isFileOperator } from '../filters.ts'
import type { FilterKind } from './filter-kinds.ts'

/** What stands between a column and a value: for everything, and where the values are times. */
const WORDS: Readonly<Record<string, string | readonly [always: string, times: string]>> = {
  exact: 'is',
  not: 'is not',
  contains: 'contains',
  notcontains: 'does not contain',
  startswith: 'starts with',
  endswith: 'ends with',
  gt: ['is more than', 'is after'],
  gte: ['is at least', 'is from'],
  lt: ['is less than', 'is before'],
  lte: ['is at most', 'is up to'],
  between: 'is between',
  date: 'is on the day',
  in: 'is one of',
  notin: 'is none of',
  isblank: 'is empty',
  notblank: 'is not empty',
  isnull: 'is null',
  notnull: 'is not null',
  like: 'matches, with % for any text,',
  notlike: 'does not match, with % for any text,',
  glob: 'matches, with * for any text,',
  arraycontains: 'is a list with',
  arraynotcontains: 'is a list without',
}
const OF_FILES: Readonly<Record<string, string>> = {
  isblank: 'has no file',
  notblank: 'has a file',
  filewrong: 'has a file that is not right',
  filemissing: 'has a file that is missing',
  fileunreadable: 'has a file that cannot be read',
  filetrashed: 'has a file in the trash',
  filegone: 'has a file that is gone for good',
  filechanged: 'has a file that has changed',
}

const EQUAL = ['exact', 'not']
const BLANK = ['isblank', 'notblank']
const IN_TEXT = ['contains', 'notcontains', 'startswith', 'endswith']
const ORDER = ['gt', 'gte', 'lt', 'lte', 'between']
const TIMES = ['lt', 'gt', 'gte', 'lte', 'between']

/** What is asked of each kind of column. Patterns, lists and null have addresses: who needs them writes one. */
const ASKED: Readonly<Record<FilterKind, readonly string[]>> = {
  text: ['contains', 'notcontains', ...EQUAL, 'startswith', 'endswith', 'in', ...BLANK],
  number: [...EQUAL, ...ORDER, 'in', ...BLANK],
  year: [...EQUAL, ...TIMES, ...BLANK],
  date: ['date', ...TIMES, 'startswith', ...BLANK],
  any: [...EQUAL, ...IN_TEXT, ...ORDER, ...BLANK],
  row: [...EQUAL, ...BLANK],
  file: ['notblank', 'isblank', ...Object.values(FILE_OPERATORS)],
  data: ['notblank', 'isblank'],
}

/** An operator in a filter of a column: "is before" for a year, "is less than" for a number. */
export function operatorWords(operator: string, kind: FilterKind, value = ' '): string {
  if (kind === 'file' && Object.hasOwn(OF_FILES, operator)) return OF_FILES[operator] as string
  const words = WORDS[operator] ?? operator
  const isTime = kind === 'year' || kind === 'date'
  const said = typeof words === 'string' ? words : words[isTime ? 1 : 0]
  // Nothing would stand behind the words: an empty text is something else than null, and than either.
  return value === '' && EQUAL.includes(operator) ? `${said} an empty text` : said
}

const NONE: ReadonlySet<string> = new Set()

export interface OperatorChoice {
  readonly value: string
  readonly label: string
}

/**
 * The operators that a form offers for a kind of column.
 *
 * @param also one more that is in use, of which an address came
 * @param fileOperators those of them that may be asked of files
 */
export function operatorChoices(
  kind: FilterKind,
  also?: string,
  fileOperators: ReadonlySet<string> = NONE,
): OperatorChoice[] {
  const asked = ASKED[kind].filter((operator) => !isFileOperator(operator) || fileOperators.has(operator))
  const all = also === undefined || asked.includes(also) ? asked : [also, ...asked]
  return all.map((value) => {
    const words = operatorWords(value, kind).replace(/,$/, '')
    return { value, label: value === 'in' || value === 'notin' ? `${words} (commas between)` : words }
  })
}
