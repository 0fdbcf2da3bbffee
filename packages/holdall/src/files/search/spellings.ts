/** A word that is looked for, in small letters and without marks on them: as the index has it, and with ö written `oe`. */
export interface Term {
  readonly term: string
  /** The same where it has none of those letters. */
  readonly written: string
}

/** One way in which a word may stand there. */
export interface Spelling {
  readonly term: string
  /** Only as the whole word: what merely begins so is too often something else. */
  readonly whole: boolean
}

const WRITTEN: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa' }

/** As it is written where there are no such letters; what else has marks keeps them. */
export function writtenOut(text: string): string {
  return text.normalize('NFC').replace(/[äöüå]/giu, (letter) => WRITTEN[letter.toLowerCase()] as string)
}

/** Letters that no mark makes another one of, and the indexes keep, as they are written without them. */
export const LETTERS: Readonly<Record<string, readonly string[]>> = {
  ß: ['ss'],
  æ: ['ae'],
  œ: ['oe'],
  ø: ['o', 'oe'],
  ł: ['l'],
  đ: ['d'],
  ð: ['d'],
  þ: ['th'],
  ı: ['i'],
}
/** And the other way about, for ae, oe and ss. Only ø stands for a single letter often enough. */
const MEANT: Readonly<Record<string, readonly string[]>> = { ss: ['ß'], ae: ['æ'], oe: ['ø', 'œ'], o: ['ø'] }
const PLACE = new RegExp(`ae|oe|ue|aa|ss|o|[${Object.keys(LETTERS).join('')}]`, 'g')

/** A shorter word is too often another one without its `e`. */
const SHORTEST = 5
/** Places in one word that are written in several ways, and ways in all: each is looked up. */
const MAX_PLACES = 3
const MAX_SPELLINGS = 12

interface Place {
  readonly at: number
  readonly as: string
  /** What may stand there instead. */
  readonly others: readonly Spelling[]
}

/** The ways in which a word that was asked for may stand there: itself first. */
export function spellingsOf({ term, written }: Term): Spelling[] {
  const all = new Map<string, Spelling>()
  for (const one of [...rewritten(term), ...(written === term ? [] : rewritten(written))]) {
    if (all.get(one.term)?.whole !== false) all.set(one.term, one)
  }
  return [...all.values()].slice(0, MAX_SPELLINGS)
}

/** Those with the fewest changes first. */
function rewritten(text: string): Spelling[] {
  let ways: (Spelling & { readonly changes: number })[] = [{ term: text, whole: false, changes: 0 }]
  // From the end, so that the places before stay where they are.
  for (const { at, as, others } of placesIn(text).reverse()) {
    ways = ways.flatMap((way) => [
      way,
      ...others.map(({ term, whole }) => ({
        term: way.term.slice(0, at) + term + way.term.slice(at + as.length),
        whole: whole || way.whole,
        changes: way.changes + 1,
      })),
    ])
  }
  return ways.sort((a, b) => a.changes - b.changes).map(({ term, whole }) => ({ term, whole }))
}

function placesIn(text: string): Place[] {
  const places: Place[] = []
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    for (const { 0: as, index: at } of word.matchAll(PLACE)) {
      const others = othersAt(word, as, at)
      if (others.length > 0) places.push({ at: index + at, as, others })
    }
  }
  const certain = places.filter(({ as }) => as !== 'o')
  return [...certain, ...places.filter(({ as }) => as === 'o')].slice(0, MAX_PLACES).sort((a, b) => a.at - b.at)
}

function othersAt(word: string, as: string, at: number): Spelling[] {
  const letters = [...(LETTERS[as] ?? []), ...(MEANT[as] ?? [])].map((term) => ({ term, whole: false }))
  if (!/^(?:ae|oe|ue|aa)$/.test(as) || [...word].length < SHORTEST) return letters
  const plain = as[0] as string
  // å: in the middle of a word it is as often a long a, as in `Staat`.
  if (as === 'aa') return [...letters, { term: plain, whole: at > 0 }]
  // No umlaut: `neue`, `Frauen`, `Quelle`. At the end it may be one, but `venue` must not find all that begins with `venu`.
  if (/[aeq]/.test(word[at - 1] ?? '')) return letters
  return [{ term: plain, whole: at + as.length === word.length }, ...letters]
}
