import type { InternalDatabase } from '../../database/internal.ts'
import { anywhere, type Form, type Index, nameTiers, type Word } from './expression.ts'
import type { Hashes } from './hashes.ts'
import { isOfKind, type Kind, typeHasWord } from './kinds.ts'
import type { Words } from './question.ts'
import { spellingsOf, type Term } from './spellings.ts'
import { endingsOf } from './vocabulary.ts'

/** What is asked of the full-text tables, without the sources. */
export interface Plan {
  /** For each table that can hold a match: every word, anywhere. */
  readonly anywhere: readonly (readonly [Index, string])[]
  /** Over the names, from the best to the least. None without words: then nothing is better than anything else. */
  readonly tiers: readonly string[]
  /** These match as well. */
  readonly hashes?: Hashes
}

/**
 * @param question the types that are asked for, and as they are written; words of the folders that a match lies in
 * @returns null when nothing can match
 */
export async function planWords(
  database: InternalDatabase,
  words: Words,
  { type, types, within }: { type: Kind | undefined; types: readonly string[] | undefined; within: readonly string[] },
): Promise<Plan | null> {
  if (words.kind !== 'terms') return await planSearch(database, [], type, within)
  const plan = words.terms.length === 0 ? null : await planSearch(database, words.terms, type, within)
  return words.part === undefined ? plan : { anywhere: [], tiers: [], ...plan, hashes: { ...words.part, types } }
}

/**
 * @param terms as the tokenizer cut them
 * @param within words of the folders that a match lies in
 * @returns null when nothing can match
 */
export async function planSearch(
  database: InternalDatabase,
  terms: readonly Term[],
  kind: Kind | undefined,
  within: readonly string[] = [],
): Promise<Plan | null> {
  const types = await database.read.selectFrom('datasette_files_types').selectAll().execute()
  const kinds = kind === undefined ? null : types.filter(({ type }) => isOfKind(type, kind)).map(({ id }) => id)
  if (kinds?.length === 0) return null
  if (terms.length === 0) {
    return { anywhere: [['datasette_files_fts', anywhere('datasette_files_fts', [], { kinds, within })]], tiers: [] }
  }

  async function wordsOf(index: Index): Promise<Word[]> {
    const words: Word[] = []
    for (const term of terms) {
      words.push({
        forms: await formsIn(database, index, term),
        kinds: types.filter(({ type }) => typeHasWord(type, term.term)).map(({ id }) => id),
      })
    }
    return words
  }

  const among = { kinds, within }
  const expressions: [Index, string][] = []
  const words = await wordsOf('datasette_files_fts')
  if (words.every(canMatch)) expressions.push(['datasette_files_fts', anywhere('datasette_files_fts', words, among)])
  const inside = await wordsOf('datasette_files_text_fts')
  if (inside.every(canMatch)) {
    expressions.push(['datasette_files_text_fts', anywhere('datasette_files_text_fts', inside, among)])
  }
  if (expressions.length === 0) return null
  const named = words.every(({ forms }) => forms.length > 0)
  return { anywhere: expressions, tiers: named ? nameTiers(words, among) : [] }
}

/** A word that no word begins with, and no type. */
function canMatch({ forms, kinds }: Word): boolean {
  return forms.length > 0 || kinds.length > 0
}

/** The ways of writing a term that some word of an index may begin with. */
async function formsIn(database: InternalDatabase, index: Index, term: Term): Promise<Form[]> {
  const forms: Form[] = []
  for (const { term: form, whole } of spellingsOf(term)) {
    const endings = whole ? [form] : await endingsOf(database, index, form)
    if (endings?.length !== 0) forms.push({ term: form, endings })
  }
  return forms
}
