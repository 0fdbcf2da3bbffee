import type { MuseumObject } from './objects.ts'
import type { Random } from './random.ts'

const TODAY = new Date('2026-05-04T00:00:00Z')
const DAY_MS = 86_400_000

const BORROWERS = [
  'Bergen Maritime Museum',
  'Shetland Museum, Lerwick',
  'Stavanger Art Museum',
  'National Museum, Copenhagen',
  'Kirkby School',
  'Hull Maritime Museum',
  'Museum of Textiles, Gothenburg',
]
const PURPOSES = ['Exhibition', 'Exhibition', 'Research', 'Photography', 'Teaching']
const CONSERVATORS = ['H. Aune', 'M. Sinclair', 'L. Petersen']
const TREATMENTS = [
  'Surface cleaned with a soft brush.',
  'Old adhesive reduced; joint made again with B-72.',
  'Desalinated in four baths.',
  'Rigging consolidated; two blocks replaced.',
  'Flattened between blotters for a week.',
  'Mould removed; quarantined for a month.',
  'Corrosion stabilised, waxed.',
  'Checked only; nothing done.',
  'New mount of acid-free board.',
]
const CONDITIONS = ['good', 'good', 'fair', 'fair', 'poor']

export const EXHIBITIONS = [
  ['What the sea gave', 'North gallery', '2019-05-11', '2020-01-12'],
  ['Blue and white', 'Print room', '2020-06-06', '2020-11-01'],
  ['Letters home', 'North gallery', '2021-05-15', '2022-01-09'],
  ['The last cooper', 'Boat house', '2022-06-04', '2022-10-30'],
  ['Four pages, crossed', 'Print room', '2023-03-18', '2023-09-03'],
  ['Small lights', 'Boat house', '2024-05-04', '2024-11-03'],
  ['Gathered in July', 'Print room', '2025-04-12', '2025-10-05'],
  ['Ships in the church', 'North gallery', '2025-11-15', '2026-09-27'],
  ['A hundred years of regatta', 'Boat house', '2026-06-06', null],
].map(([title, gallery, opens_on, closes_on], index) => ({ id: index + 1, title, gallery, opens_on, closes_on }))

export function makeLoans(objects: readonly MuseumObject[], random: Random) {
  return Array.from({ length: 44 }, (_, index) => {
    const out = daysAgo(random.between(20, 3000))
    const due = daysAfter(out, random.between(60, 400))
    const returned = daysAfter(due, random.between(-30, 20))
    return {
      id: index + 1,
      accession_no: random.pick(objects).accession_no,
      borrower: random.pick(BORROWERS),
      purpose: random.pick(PURPOSES),
      out_on: day(out),
      due_on: day(due),
      returned_on: returned < TODAY ? day(returned) : null,
      insured_for: random.between(2, 90) * 500,
    }
  })
}

export function makeConservation(objects: readonly MuseumObject[], random: Random) {
  return Array.from({ length: 140 }, (_, index) => {
    const done = daysAgo(random.between(5, 5000))
    return {
      id: index + 1,
      accession_no: random.pick(objects).accession_no,
      done_on: day(done),
      conservator: random.pick(CONSERVATORS),
      condition: random.pick(CONDITIONS),
      treatment: random.pick(TREATMENTS),
      hours: random.between(1, 60) / 4,
      next_check_on: random.chance(0.7) ? day(daysAfter(done, random.between(365, 1825))) : null,
    }
  })
}

/** Which objects each exhibition shows, in the order of the room. */
export function makeShown(objects: readonly MuseumObject[], random: Random) {
  return EXHIBITIONS.flatMap(({ id }) => {
    const chosen = new Set(Array.from({ length: random.between(14, 26) }, () => random.pick(objects).accession_no))
    return [...chosen].map((accession_no, index) => ({ exhibition_id: id, accession_no, position: index + 1 }))
  })
}

function daysAgo(days: number): Date {
  return daysAfter(TODAY, -days)
}

function daysAfter(date: Date, days: number): Date {
  return new Date(date.getTime() + days * DAY_MS)
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
