import { climateReadings, conditionReport } from './documents.ts'
import type { MuseumObject } from './objects.ts'
import { photograph, type Scene } from './photograph.ts'
import { createRandom } from './random.ts'

/** A file of the sample, not made until it is needed, and the cell of `objects` that it goes into. */
export interface SampleFile {
  readonly name: string
  readonly source: 'photographs' | 'documents'
  readonly contentType: string
  readonly key: string
  readonly column: 'image' | 'photos' | 'report'
  make(): Promise<Buffer>
}

const SEED = 4711
/** The first page of the table has pictures; after it most cells are empty, for people to fill. */
const WITH_IMAGE = 26
const EVERY_WITH_PHOTOS = 4
const EVERY_WITH_REPORT = 5
const PICTURE_WIDTHS = [1600, 2000, 2400, 2400, 2800]
const KEY_SCENES: Readonly<Record<string, Scene>> = {
  Tiles: 'tile',
  'Ship models': 'shipModel',
  'Coins and medals': 'coin',
  Herbarium: 'fern',
  Photographs: 'harbour',
  Letters: 'letter',
  Textiles: 'textile',
  'Lamps and light': 'lantern',
  Charts: 'chart',
  Silver: 'spoon',
}

export function sampleFiles(objects: readonly MuseumObject[]): SampleFile[] {
  const random = createRandom(SEED)
  return objects.slice(0, WITH_IMAGE).flatMap((object, index) => {
    const files = [picture(object, 'image', `${object.accession_no}.jpg`, random.between(1, 1e6), index % 9 === 3)]
    if (index % EVERY_WITH_PHOTOS === 1) {
      const shots = random.between(2, 4)
      for (let shot = 0; shot < shots; shot++) {
        const name = `DSCF${2041 + index * 10 + shot}.JPG`
        files.push(picture(object, 'photos', name, random.between(1, 1e6), false))
      }
    }
    if (index % EVERY_WITH_REPORT === 2) files.push(report(object, index, random.between(1, 1e6)))
    return files
  })
}

/** Pictures that belong to no row yet, to try uploading with. */
export function picturesToTry(): { readonly name: string; make(): Promise<Buffer> }[] {
  const scenes: [name: string, scene: Scene][] = [
    ['jug-before-cleaning.jpg', 'jug'],
    ['tile-from-the-attic.jpg', 'tile'],
    ['north-quay-1908.jpg', 'harbour'],
    ['letter-from-riga.jpg', 'letter'],
  ]
  return scenes.map(([name, scene], index) => ({
    name,
    make: () =>
      photograph({ scene, seed: SEED + index, width: 2000, title: name, takenAt: `2026-04-0${index + 1}T09:30:00Z` }),
  }))
}

function picture(
  object: MuseumObject,
  column: 'image' | 'photos',
  name: string,
  seed: number,
  upright: boolean,
): SampleFile {
  const random = createRandom(seed)
  const day = `${random.between(2016, 2025)}-0${random.between(1, 9)}-${random.between(10, 28)}`
  const takenAt = `${day}T${random.between(10, 16)}:${random.between(10, 59)}:00Z`
  const shot = {
    scene: sceneOf(object),
    seed,
    width: random.pick(PICTURE_WIDTHS),
    title: object.title,
    takenAt,
    upright,
  }
  return {
    name,
    source: 'photographs',
    contentType: 'image/jpeg',
    key: object.accession_no,
    column,
    make: () => photograph(shot),
  }
}

function report(object: MuseumObject, index: number, seed: number): SampleFile {
  const base = { source: 'documents', key: object.accession_no, column: 'report' } as const
  if (index % 2 === 1) {
    const name = `climate-${object.accession_no}.csv`
    return { ...base, name, contentType: 'text/csv', make: async () => climateReadings(createRandom(seed)) }
  }
  const name = `condition-report-${object.accession_no}.pdf`
  return {
    ...base,
    name,
    contentType: 'application/pdf',
    make: async () => conditionReport(object, createRandom(seed)),
  }
}

function sceneOf({ kind, title }: MuseumObject): Scene {
  return KEY_SCENES[kind] ?? (/bowl|plate/i.test(title) ? 'bowl' : 'jug')
}
