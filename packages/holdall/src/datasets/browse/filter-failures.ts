import type { Filter } from '../../tables/filters.ts'
import { listOf } from '../../tables/filters.ts'
import { HoldallError } from '../../web/error.ts'
import type { Dataset } from '../records.ts'
import type { Question } from './question.ts'
import { type ValueKind, valueKind } from './types.ts'

/** Operators that make of their text what the column holds. */
const TYPED = new Set(['exact', 'not', 'gt', 'gte', 'lt', 'lte', 'in', 'notin', 'date'])
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^[+-]?(?:nan|inf(?:inity)?)$/i

const WANTS: Partial<Readonly<Record<ValueKind, string>>> = {
  integer: 'a number',
  float: 'a number',
  decimal: 'a number',
  boolean: 'true or false',
  date: 'a date, as 2020-01-31',
  moment: 'a date or a time, as 2020-01-31 or 2020-01-31T17:05',
}

/**
 * Where a value cannot be what its column holds, says which filter wants what. The database is the judge of values: here
 * it is only told apart whose value it was.
 *
 * @throws HoldallError `bad_request` instead of the `query_failed` of such a value, and what the work throws
 */
export async function namingFilters<Result>(
  { columns }: Pick<Dataset, 'columns'>,
  { filters }: Pick<Question, 'filters'>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof HoldallError) || error.code !== 'query_failed' || !/convert|conversion/i.test(error.message))
      throw error
    const types = new Map(columns.map(({ name, type }) => [name, type]))
    for (const filter of filters) {
      const type = types.get(filter.column) ?? ''
      const kind = filter.operator === 'date' ? 'date' : valueKind(type)
      const wrong = TYPED.has(filter.operator) ? valuesOf(filter).find((value) => !looksLike(kind, value)) : undefined
      if (wrong === undefined) continue
      const reason = `The filter ${filter.column}__${filter.operator} wants ${WANTS[kind]} (${type}), and “${wrong.slice(0, 100)}” is none.`
      throw new HoldallError('bad_request', { reason }, { cause: error })
    }
    throw error
  }
}

function valuesOf({ operator, value }: Filter): string[] {
  return operator === 'in' || operator === 'notin' ? listOf(value).map(String) : [value]
}

function looksLike(kind: ValueKind, value: string): boolean {
  const text = value.trim()
  switch (kind) {
    case 'integer':
    case 'float':
    case 'decimal':
      return NUMBER.test(text)
    case 'boolean':
      return /^(?:true|false|t|f|yes|no|y|n|1|0)$/i.test(text)
    case 'date':
    case 'moment':
      return /^[+-]?\d{4,}(?:$|-\d)/.test(text)
    default:
      return true
  }
}
