/** A few words of a text around those that it was found by; every second piece, from the second on, is one of them. */
export type Excerpt = readonly string[]

/** Characters before the first word that was found, and in all. */
const BEFORE = 40
const LENGTH = 160

/** The text around the first match of a pattern, with every match that is shown marked; undefined where there is none. */
export function excerptOf(text: string, word: RegExp): Excerpt | undefined {
  const first = text.search(word)
  if (first < 0) return undefined
  const from = startOf(text, first)
  const shown = text.slice(from, from + LENGTH).toWellFormed()
  const pieces = shown.replace(/\s+/g, ' ').split(new RegExp(`(${word.source})`, word.flags))
  if (from > 0) pieces[0] = `… ${pieces[0]}`
  if (from + LENGTH < text.length) pieces.push(`${pieces.pop()} …`)
  return pieces
}

/** The beginning of a word, not far before. */
function startOf(text: string, at: number): number {
  const from = Math.max(0, at - BEFORE)
  if (from === 0) return 0
  const space = text.slice(from, at).search(/\s/)
  return space < 0 ? from : from + space + 1
}

/** Words that begin with one of the terms, which are folded as the tokenizer folds: without case and diacritics. */
export function beginningWith(terms: readonly string[]): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])${anyOf(terms)}`, 'iu')
}

/** One of the terms, wherever it stands. */
export function holding(terms: readonly string[]): RegExp {
  return new RegExp(anyOf(terms), 'iu')
}

function anyOf(terms: readonly string[]): string {
  // The longest first: of two that begin alike, all of the longer one is what was found.
  const ways = [...terms].sort((a, b) => b.length - a.length).map((term) => [...term].map(anyForm).join(''))
  return `(?:${ways.join('|')})`
}

const FORMS = formsOfLetters()

/** The letters that are written with marks, by the letter that is left without them. */
function formsOfLetters(): ReadonlyMap<string, string> {
  const forms = new Map<string, string>()
  for (let code = 0xc0; code < 0x250; code += 1) {
    const letter = String.fromCharCode(code)
    const [base = '', ...marks] = letter.normalize('NFD')
    if (marks.length > 0) forms.set(base.toLowerCase(), (forms.get(base.toLowerCase()) ?? '') + letter)
  }
  return forms
}

function anyForm(letter: string): string {
  const plain = letter.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
  const forms = FORMS.get(letter)
  return `${forms === undefined ? plain : `[${plain}${forms}]`}\\p{M}*`
}
