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

const MARKS = /\p{M}+/gu
const WRITTEN: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa' }

/** As it is written where there are no such letters; what else has marks keeps them. */
export function writtenOut(text: string): string {
  return text.normalize('NFC').replace(/[äöüå]/giu, (letter) => WRITTEN[letter.toLowerCase()] as string)
}

/** In small letters, without the marks on them. */
export function unmarked(text: string): string {
  return text.toLowerCase().normalize('NFD').replace(MARKS, '')
}

/** A word as it was typed, which no index has cut. */
export function termOf(word: string): Term {
  return { term: unmarked(word), written: unmarked(writtenOut(word)) }
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

/** As one country writes all of it first, then those with the fewest changes. */
function rewritten(text: string): Spelling[] {
  const places = placesIn(text).reverse()
  return [{ term: text, whole: false }, ...throughout(text, places), ...mixed(text, places)]
}

/** Every place in the first of its other ways, then every place in the second, and so on. */
function throughout(text: string, places: readonly Place[]): Spelling[] {
  const most = Math.max(0, ...places.map(({ others }) => others.length))
  return Array.from({ length: most }, (_, choice) =>
    places.reduce<Spelling>(
      (way, { at, as, others }) => put(way, at, as, others[choice] ?? (others.at(-1) as Spelling)),
      {
        term: text,
        whole: false,
      },
    ),
  )
}

function mixed(text: string, places: readonly Place[]): Spelling[] {
  let ways: { readonly way: Spelling; readonly changes: number }[] = [{ way: { term: text, whole: false }, changes: 0 }]
  for (const { at, as, others } of places) {
    ways = ways.flatMap(({ way, changes }) => [
      { way, changes },
      ...others.map((other) => ({ way: put(way, at, as, other), changes: changes + 1 })),
    ])
  }
  return ways.sort((a, b) => a.changes - b.changes).map(({ way }) => way)
}

/** From the end of a word to its beginning, so that the places before stay where they are. */
function put({ term, whole }: Spelling, at: number, as: string, other: Spelling): Spelling {
  return { term: term.slice(0, at) + other.term + term.slice(at + as.length), whole: whole || other.whole }
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
  if (!/^(?:ae|oe|ue|aa)$/.test(as)) return letters
  const plain = as[0] as string
  const isShort = [...word].length < SHORTEST
  // å: in the middle of a word it is as often a long a, as in `Staat`, and `Aase` must not find all that begins with `ase`.
  if (as === 'aa') return [...letters, { term: plain, whole: at > 0 || isShort }]
  if (isShort) return letters
  // No umlaut: `neue`, `Frauen`, `Quelle`. At the end it may be one, but `venue` must not find all that begins with `venu`.
  if (/[aeq]/.test(word[at - 1] ?? '')) return letters
  return [{ term: plain, whole: at + as.length === word.length }, ...letters]
}
