/** The two full-text tables: of all names, types and descriptions, and of all words of the files that have words inside. */
export type Index = 'datasette_files_fts' | 'datasette_files_text_fts'

/** One way in which a word may be written. */
export interface Form {
  readonly term: string
  /** The terms that begin with it, where they were looked up; else SQLite finds them by its index of prefixes. */
  readonly endings?: readonly string[] | undefined
}

export interface Word {
  /** The first as the tokenizer cut it, if that is among them; without those that nothing begins with. */
  readonly forms: readonly Form[]
  /** Row ids of the types with a word that begins with it. */
  readonly kinds: readonly number[]
}

/** Ways of writing all of what was typed: with more, a name that begins with another is only no better than others. */
const MAX_BEGINNINGS = 16

// Characters of private use that the views of the full-text tables put before sources and types.
const SOURCE = '\uE000'
const KIND = '\uE001'

/** The sources as terms, so that what an actor may not browse is not even looked at. `null`: every source there is. */
export function sourceTerms(index: Index, sources: readonly number[] | null): string {
  return sources === null ? '' : `${inColumn(index, 'source', anyOf(sources.map((id) => SOURCE + id)))} AND `
}

/** Around the id of a source, for SQL that puts each source's own between. */
export function aroundSource(index: Index): readonly [string, string] {
  const column = index === 'datasette_files_fts' ? 'source : ' : ''
  return [`${column}"${SOURCE}`, '" AND ']
}

/** What every match is besides what was typed. */
interface Among {
  /** Of one of these types; null: whatever it is. */
  readonly kinds: readonly number[] | null
  /** With all of these words, of the folders that it lies in. */
  readonly within: readonly string[]
}

/** Every word somewhere. */
export function anywhere(index: Index, words: readonly Word[], among: Among): string {
  const parts = words.map((word) => {
    const ways: string[] = []
    if (word.forms.length > 0) ways.push(inColumn(index, '{filename parts search_text}', prefix(word)))
    if (word.kinds.length > 0) ways.push(kindTerms(index, word.kinds))
    return `(${ways.join(' OR ')})`
  })
  return allOf(index, parts, among)
}

/** From the best to the least: names that begin so, that have all words whole, that have words beginning with them. */
export function nameTiers(words: readonly Word[], among: Among): string[] {
  const whole = words.map(({ forms }) => anyOf(forms.map(({ term }) => term)))
  const index = 'datasette_files_fts'
  const beginnings = together(words).map((terms) => `filename : ^"${terms.join(' ')}"`)
  return [
    allOf(index, [`(${beginnings.join(' OR ')})`], among),
    allOf(index, [`{filename parts} : (${whole.join(' AND ')})`], among),
    allOf(index, [`{filename parts} : (${words.map(prefix).join(' AND ')})`], among),
  ]
}

/** The words one after the other, in the first ways of writing all of them. */
function together(words: readonly Word[]): string[][] {
  let ways: string[][] = [[]]
  for (const { forms } of words) {
    ways = ways.flatMap((way) => forms.map(({ term }) => [...way, term])).slice(0, MAX_BEGINNINGS)
  }
  return ways
}

function allOf(index: Index, parts: readonly string[], { kinds, within }: Among): string {
  const folders =
    within.length === 0 ? [] : [inColumn(index, '{parts search_text}', `(${within.map(quoted).join(' AND ')})`)]
  return [...(kinds === null ? [] : [kindTerms(index, kinds)]), ...folders, ...parts].join(' AND ')
}

function kindTerms(index: Index, kinds: readonly number[]): string {
  return inColumn(index, 'kind', anyOf(kinds.map((id) => KIND + id)))
}

function prefix({ forms }: Word): string {
  const ways = forms.map(({ term, endings }) => (endings === undefined ? `(${quoted(term)} *)` : anyOf(endings)))
  return ways.length === 1 ? (ways[0] as string) : `(${ways.join(' OR ')})`
}

function inColumn(index: Index, columns: string, terms: string): string {
  return index === 'datasette_files_fts' ? `(${columns} : ${terms})` : terms
}

function anyOf(terms: readonly string[]): string {
  return `(${terms.map(quoted).join(' OR ')})`
}

// A term is a run of letters and digits; the doubling is for the day on which a tokenizer gives something else.
function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`
}
