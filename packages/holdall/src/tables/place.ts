import type { Table } from './schema.ts'

const ALIASES = { _next: 'cursor', _size: 'limit' } as const

/** Where in the pages, or how much of them, is asked for, by either name; undefined when it is not said. */
export function placeIn(table: Table, parameters: URLSearchParams, name: keyof typeof ALIASES): string | undefined {
  const alias = ALIASES[name]
  return parameters.get(name) || (isPlace(table, alias) && parameters.get(alias)) || undefined
}

/** Whether a parameter without `_` says where in the pages one is. Where a column has that name it is a filter. */
export function isPlace(table: Table, name: string): boolean {
  return Object.values<string>(ALIASES).includes(name) && !table.columnsByName.has(name)
}
