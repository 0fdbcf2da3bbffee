import { formsOf } from '../../files/search/umlauts.ts'

const MARKS = /\p{M}+/gu
/** What no Unicode form takes apart. */
const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
}
const WHOLE = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g')

/** In small letters, without what stands above, below or across them. */
function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(MARKS, '')
    .replace(WHOLE, (letter) => LETTERS[letter] as string)
}

/** A column is looked through for one word: its forms are made once. */
let last: { readonly word: string; readonly forms: readonly string[] } | undefined

/** Whether a word stands in a text, with or without the marks on its letters: `Muller`, `Mueller` and `müller` in `Müller`. */
export function hasFolded(text: unknown, word: unknown): boolean {
  if (typeof text !== 'string' || typeof word !== 'string') return false
  if (last?.word !== word) last = { word, forms: formsOf(folded(word)).map(folded) }
  const within = folded(text)
  return last.forms.some((form) => within.includes(form))
}
