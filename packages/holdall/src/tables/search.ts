import { HoldallError } from '../web/error.ts'
import { identifier } from './identifiers.ts'
import { escapeFts } from './reader/escape-fts.ts'
import { foldedSpellings } from './reader/folded.ts'
import type { DatabaseSchema, Table } from './schema.ts'
import type { SqliteValue } from './value.ts'

/** Words and columns of a search without a full-text table; what is beyond them is not looked at. */
const MAX_WORDS = 10
const MAX_COLUMNS = 50

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

/** The columns in which `_search` looks; none where a table cannot be searched. */
export function searchedColumns(schema: DatabaseSchema, table: Table): readonly string[] {
  const full = searchTableOf(table)
  if (full === null) return textColumns(table)
  return (schema.tables.get(full)?.columns ?? []).filter(({ hidden }) => hidden !== 1).map(({ name }) => name)
}

export function textColumns({ columns, isVirtual }: Table): readonly string[] {
  if (isVirtual) return []
  return columns
    .filter(({ affinity, hidden }) => affinity === 'TEXT' && hidden !== 1)
    .slice(0, MAX_COLUMNS)
    .map(({ name }) => name)
}

/** The words of a search, and phrases in quotes. */
export function searchWords(text: string): string[] {
  return [...text.matchAll(/"([^"]+)"|[^\s"]+/g)].map(([word, phrase]) => phrase ?? word).slice(0, MAX_WORDS)
}

/** For `like … escape '\'`: what has the word somewhere in it. */
export function withinPattern(word: string): string {
  return `%${word.replace(/[\\%_]/g, '\\$&')}%`
}

const ASCII = /^[ -~]*$/

/**
 * SQLite takes only letters of ASCII for the same, small or large. What has others is compared without their marks; most
 * cells have none, and are not handed to JavaScript for it.
 */
function hasWord(column: string, { word, likes, name }: SearchedWord): string {
  const folded = `has_folded(${column}, :${name}_word)`
  const within = ASCII.test(word) ? `(octet_length(${column}) > length(${column}) and ${folded})` : folded
  return [...likes.map((like) => `${column} like :${like} escape '\\'`), within].join(' or ')
}

interface SearchedWord {
  readonly word: string
  /** Parameters that hold it, and after it the other ways of writing it. */
  readonly likes: readonly string[]
  readonly name: string
}

/** Where there is no full-text table: each word, or phrase in quotes, stands somewhere in one of the text columns. */
function searchText(table: Table, text: string): Search | null {
  const columns = textColumns(table)
  const words = searchWords(text)
  if (columns.length === 0 || words.length === 0) return null
  const params: Record<string, SqliteValue> = {}
  const searched = words.map((word, index): SearchedWord => {
    const name = `search_${index}`
    // What has other letters is compared without them in every cell.
    const spellings = ASCII.test(word) ? foldedSpellings(word) : []
    const ways = spellings.flatMap(({ term, whole }) => (whole || term === word.toLowerCase() ? [] : [term]))
    const likes = [word, ...ways].map((way, at) => {
      const like = at === 0 ? name : `${name}_or_${at}`
      params[like] = withinPattern(way)
      return like
    })
    params[`${name}_word`] = word
    return { word, likes, name }
  })
  return {
    text,
    conditions: searched.map((word) => `(${columns.map((name) => hasWord(identifier(name), word)).join(' or ')})`),
    params,
    descriptions: [`search matches "${text}"`],
  }
}

/**
 * `_search` and `_search_COLUMN`. Words are quoted unless `_searchmode=raw` (or the configuration) says that they are a
 * full-text query. An empty search is none. Without a full-text table, `_search` looks for words within the text columns.
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
  if (full === null) return searchText(table, parameters.get('_search') ?? '')
  if (given.length === 0) return null

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
