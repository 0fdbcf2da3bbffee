import { OPERATORS } from '../filters.ts'

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
  in: 'is one of',
  notin: 'is none of',
  date: 'is on the day',
  isblank: 'is empty',
  notblank: 'is not empty',
  isnull: 'has no value',
  notnull: 'has a value',
  like: 'matches, with % for any text',
  notlike: 'does not match, with % for any text',
  glob: 'matches, with * for any text',
  arraycontains: 'is a list with',
  arraynotcontains: 'is a list without',
}

const TIMES = /(?:^|_)(?:year|date|day|time|on|at|born|died|since|until)(?:_|$)/i

/** An operator in a filter of a column: "is before" for a year, "is less than" for a number. */
export function operatorWords(operator: string, column: string): string {
  const words = WORDS[operator] ?? operator
  return typeof words === 'string' ? words : words[TIMES.test(column) ? 1 : 0]
}

/** Every operator for a menu: addresses keep the short names. */
export const OPERATOR_CHOICES: readonly { readonly value: string; readonly label: string }[] = Object.keys(OPERATORS)
  .sort((a, b) => place(a) - place(b))
  .map((value) => {
    const words = WORDS[value] ?? value
    return { value, label: typeof words === 'string' ? words : `${words[0]}, ${words[1]}` }
  })

function place(operator: string): number {
  const at = Object.keys(WORDS).indexOf(operator)
  return at < 0 ? Object.keys(WORDS).length : at
}
