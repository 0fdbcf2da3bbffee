import type { FileColumn } from '../file-columns/settings.ts'
import { OPERATORS } from '../filters.ts'
import { filterKind } from './filter-kinds.ts'
import type { FilterLabels } from './filter-labels.ts'
import type { Condition, Listing } from './listing.ts'
import { operatorWords } from './operator-words.ts'

/** The conditions of a page under the names and values that its address gives them. */
export function conditionsOf(
  {
    query,
    table,
    references,
  }: Pick<Listing['page'], 'table' | 'references'> & {
    query: Pick<Listing['page']['query'], 'filters' | 'search' | 'where'>
  },
  fileColumns: ReadonlyMap<string, FileColumn>,
  parameters: URLSearchParams,
  labels?: FilterLabels,
): Condition[] {
  const search = query.search?.text ?? null
  return [
    ...(search === null ? [] : [condition(null, '_search', search, 'search', 'for')]),
    ...query.filters.map(({ column, operator, value }) => {
      const name = `${column}__${operator}`
      const kind = filterKind({ table, fileColumns, references }, column)
      const named = condition(
        operator,
        parameters.has(name, value) ? name : column,
        value,
        column,
        operatorWords(operator, kind, value),
      )
      // `is null` says it all: a value that the address gives along means nothing.
      const words = OPERATORS[operator]?.noArgument ? '' : labels?.nameOf(column, value)
      return words === undefined ? named : { ...named, words: { ...named.words, value: words } }
    }),
    ...query.where.map((sql) => condition(null, '_where', sql, 'where', '')),
  ]
}

function condition(operator: string | null, name: string, value: string, field: string, label: string): Condition {
  return { operator, name, value, words: { field, operator: label, value } }
}
