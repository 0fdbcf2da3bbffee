import type { Table } from './schema.ts'

const ALIASES = { _next: 'cursor', _size: 'limit' } as const

/** Where in the pages, or how much of them, is asked for, by either name; undefined when it is not said. */
export function placeIn(table: Table, parameters: URLSearchParams, name: keyof typeof ALIASES): string | undefined {
  const alias = ALIASES[name]
  return parameters.get(name) || (isPlace(table, alias) && parameters.get(alias)) || undefined
}

/** The parameters that say which page of the rows one is on; a filter on a column of such a name is none of them. */
export function pageNames(table: Table): readonly string[] {
  return ['_next', '_before', ...aliasOf(table, '_next')]
}

/** Those that say how many rows a page has, likewise. */
export function sizeNames(table: Table): readonly string[] {
  return ['_size', ...aliasOf(table, '_size')]
}

function aliasOf(table: Table, name: keyof typeof ALIASES): readonly string[] {
  return isPlace(table, ALIASES[name]) ? [ALIASES[name]] : []
}

/** Whether a parameter without `_` says where in the pages one is. Where a column has that name it is a filter. */
export function isPlace(table: Table, name: string): boolean {
  return Object.values<string>(ALIASES).includes(name) && !table.columnsByName.has(name)
}
