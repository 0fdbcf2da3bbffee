import type { z } from 'zod'
import { formatCount } from '../web/format.ts'

const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
}

/** What a body is refused with where its shape has no words of its own: the field, and what it must be. */
export function wordsFor(issue: z.core.$ZodRawIssue): string {
  const field = fieldName(issue.path ?? [])
  if (field === '' && issue.code === 'invalid_type') return 'The body must be a JSON object'
  return field === '' ? ruleOf(issue) : `${field}: ${ruleOf(issue)}`
}

/** `ids[0]`, `rows[2].name` */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '')
}

function ruleOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected as string] ?? 'of another type'}`
    case 'invalid_value':
      return `must be ${oneOf(issue.values as readonly unknown[])}`
    case 'too_small':
      return bound('at least', issue.origin as string, issue.minimum as number, issue.inclusive !== false)
    case 'too_big':
      return bound('at most', issue.origin as string, issue.maximum as number, issue.inclusive !== false)
    case 'unrecognized_keys':
      return `must not have ${(issue.keys as readonly string[]).join(', ')}`
    default:
      return 'is not valid'
  }
}

function oneOf(values: readonly unknown[]): string {
  const shown = values.map((value) => JSON.stringify(value))
  return shown.length === 1 ? String(shown[0]) : `one of ${shown.join(', ')}`
}

function bound(how: 'at least' | 'at most', origin: string, limit: number, inclusive: boolean): string {
  if (origin === 'string') return `must have ${how} ${formatCount(limit, 'character')}`
  if (origin === 'array' || origin === 'set') return `must have ${how} ${formatCount(limit, 'entry', 'entries')}`
  if (inclusive) return `must be ${how} ${limit}`
  return `must be ${how === 'at least' ? 'more' : 'less'} than ${limit}`
}
