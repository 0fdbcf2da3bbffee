import { HoldallError } from '../web/error.ts'
import { identifier } from './identifiers.ts'
import { escapeFts } from './reader/escape-fts.ts'
import type { Table } from './schema.ts'
import type { SqliteValue } from './value.ts'

export interface Search {
  /** What `_search` says; null when columns are searched one by one. */
  readonly text: string | null
  readonly conditions: readonly string[]
  readonly params: Readonly<Record<string, SqliteValue>>
  readonly descriptions: readonly string[]
}

/** The full-text table that a table is searched with; null when it cannot be. */
export function searchTableOf(table: Table): string | null {
  return table.config?.fts_table ?? table.ftsTable
}

/**
 * `_search` and `_search_COLUMN`. Words are quoted unless `_searchmode=raw` (or the configuration) says that they are a
 * full-text query. An empty search is none.
 * @throws HoldallError `bad_request`
 */
export function readSearch(table: Table, parameters: URLSearchParams): Search | null {
  const full = searchTableOf(table)
  const mode = parameters.get('_searchmode')
  const raw = mode === 'raw' || (mode !== 'escaped' && table.config?.searchmode === 'raw')
  const given = [...new Set(parameters.keys())]
    .filter((key) => key.startsWith('_search') && key !== '_searchmode')
    .map((key) => [key, parameters.get(key) as string] as const)
    .filter(([, words]) => hasWords(words, raw))
  if (full === null || given.length === 0) return null

  const match = (name: string) => (raw ? `:${name}` : `escape_fts(:${name})`)
  const key = identifier(table.config?.fts_pk ?? table.rowid ?? 'rowid')
  const name = identifier(full)

  const everywhere = parameters.get('_search')
  if (everywhere !== null && hasWords(everywhere, raw)) {
    return {
      text: everywhere,
      conditions: [`${key} in (select rowid from ${name} where ${name} match ${match('search')})`],
      params: { search: everywhere },
      descriptions: [`search matches "${everywhere}"`],
    }
  }
  const columns = given.filter(([parameter]) => parameter.startsWith('_search_'))
  return {
    text: null,
    conditions: columns.map(([parameter], index) => {
      const column = parameter.slice('_search_'.length)
      if (!table.columnsByName.has(column)) {
        throw new HoldallError('bad_request', { reason: 'Cannot search by that column' })
      }
      return `${key} in (select rowid from ${name} where ${identifier(column)} match ${match(`search_${index}`)})`
    }),
    params: Object.fromEntries(columns.map(([, words], index) => [`search_${index}`, words])),
    descriptions: columns.map(
      ([parameter, words]) => `search column "${parameter.slice('_search_'.length)}" matches "${words}"`,
    ),
  }
}

function hasWords(words: string, raw: boolean): boolean {
  return (raw ? words.trim() : escapeFts(words)) !== ''
}
