import { LETTERS, type Spelling, spellingsOf, termOf, unmarked } from '../../files/search/spellings.ts'

const WHOLE = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')

/** In small letters, without what stands above, below or across them. */
function folded(text: string): string {
  return unmarked(text).replace(WHOLE, (letter) => LETTERS[letter]?.[0] as string)
}

/** The ways of writing a word, or phrase, in a text that is folded: itself first. */
export function foldedSpellings(word: string): Spelling[] {
  const all = new Map<string, Spelling>()
  for (const { term, whole } of spellingsOf(termOf(word))) {
    const form = folded(term)
    if (all.get(form)?.whole !== false) all.set(form, { term: form, whole })
  }
  return [...all.values()]
}

/** A column is looked through for one word: its spellings are made once. */
let last: { readonly word: string; readonly spellings: readonly Spelling[] } | undefined

/** Whether a word stands in a text, with or without the marks on its letters: `Muller`, `Mueller` and `müller` in `Müller`. */
export function hasFolded(text: unknown, word: unknown): boolean {
  if (typeof text !== 'string' || typeof word !== 'string') return false
  if (last?.word !== word) last = { word, spellings: foldedSpellings(word) }
  const within = folded(text)
  return last.spellings.some(({ term, whole }) => (whole ? hasWhole(within, term) : within.includes(term)))
}

const LETTER = /[\p{L}\p{N}]/u

function hasWhole(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!LETTER.test(text[at - 1] ?? ' ') && !LETTER.test(text[at + word.length] ?? ' ')) return true
  }
  return false
}
