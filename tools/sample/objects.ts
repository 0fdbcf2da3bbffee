import { KINDS, type Kind } from './kinds.ts'
import { makerNamed } from './makers.ts'
import { PLACES, placeId } from './places.ts'
import type { Random } from './random.ts'

export interface MuseumObject {
  readonly accession_no: string
  readonly title: string
  readonly kind: string
  readonly description: string
  readonly maker_id: number
  readonly place_id: number
  readonly year_made: number
  readonly material: string
  readonly height_mm: number
  readonly acquired_on: string
  readonly acquired_how: string
  readonly credit: string | null
  readonly on_display: number
}

const FIRST_YEAR = 1931
const LAST_YEAR = 2024
/** Nobody's work is known from before this age. */
const YOUNGEST_MAKER = 18
/** How often to look for a title that no other object has. */
const TITLE_TRIES = 12
const HOW = ['Gift', 'Gift', 'Gift', 'Purchase', 'Bequest', 'Found']
const GIVERS = [
  'the Strand family',
  'Ingeborg Falk',
  'the parish of Kirkby',
  'Anders Moe',
  'the Skerholm Steamship Company',
  'Miss E. Heddle',
  'the children of Marthe Olsen',
  'the lighthouse service',
]
/** Where things of the island turn up, most often first. */
const ISLAND = PLACES.filter(({ region }) => region === 'Skerholm' || region === 'Outer isles').map(({ id }) => id)

/** The collection, in the order in which it was acquired. */
export function makeObjects(random: Random): MuseumObject[] {
  const kinds = KINDS.flatMap((kind) => Array.from({ length: kind.count }, () => kind))
  const years = kinds.map(() => acquisitionYear(random)).sort((one, other) => one - other)
  const numbers = new Map<number, number>()
  const titles = new Set<string>()
  return years.map((year) => {
    const [kind] = kinds.splice(random.between(0, kinds.length - 1), 1) as [Kind]
    const number = (numbers.get(year) ?? 0) + 1
    numbers.set(year, number)
    return makeObject(kind, `SK.${year}.${String(number).padStart(3, '0')}`, year, titles, random)
  })
}

function makeObject(kind: Kind, accession_no: string, year: number, titles: Set<string>, random: Random): MuseumObject {
  const how = random.pick(HOW)
  const maker = makerNamed(random.pick(kind.makers))
  const [from, to] = kind.years
  const began = maker.born === null ? from : Math.max(from, maker.born + YOUNGEST_MAKER)
  const ended = Math.max(began, Math.min(to, year, maker.died ?? to))
  return {
    accession_no,
    title: makeTitle(kind, titles, random),
    kind: kind.kind,
    description: sentences(kind.sentences, random),
    maker_id: maker.id,
    place_id: random.chance(0.8) ? random.pick(ISLAND) : placeId('Skerholm'),
    year_made: random.between(began, ended),
    material: random.pick(kind.materials),
    height_mm: random.between(...kind.height),
    acquired_on: `${year}-${two(random.between(1, 12))}-${two(random.between(1, 28))}`,
    acquired_how: how,
    credit: how === 'Gift' || how === 'Bequest' ? `${how} of ${random.pick(GIVERS)}` : null,
    on_display: Number(random.chance(0.34)),
  }
}

/** A museum has several things of one name, but not many. */
function makeTitle(kind: Kind, titles: Set<string>, random: Random): string {
  let title = ''
  for (let tries = 0; tries < TITLE_TRIES && (title === '' || titles.has(title)); tries++) {
    const words = random.pick(kind.titles).replace('{d}', random.pick(kind.details))
    title = words.replace('{s}', random.pick(kind.subjects))
    title = title.charAt(0).toUpperCase() + title.slice(1)
  }
  titles.add(title)
  return title
}

/** Half of what the museum has came in its first thirty years. */
function acquisitionYear(random: Random): number {
  const share = random.next() ** 1.6
  return FIRST_YEAR + Math.floor(share * (LAST_YEAR - FIRST_YEAR + 1))
}

function sentences(all: readonly string[], random: Random): string {
  const first = random.pick(all)
  const second = random.pick(all)
  return first === second || random.chance(0.3) ? first : `${first} ${second}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
