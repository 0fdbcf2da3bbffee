import { readFileSync, renameSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { EXHIBITIONS, makeConservation, makeLoans, makeShown } from './activities.ts'
import { MAKERS } from './makers.ts'
import { type MuseumObject, makeObjects } from './objects.ts'
import { PLACES } from './places.ts'
import { createRandom } from './random.ts'

const SEED = 1931

/** The collection; the same on every call. */
export function sampleObjects(): MuseumObject[] {
  return makeObjects(createRandom(SEED))
}

/** Writes the museum's database. It appears at `path` complete or not at all. */
export function writeDatabase(path: string): void {
  const unfinished = `${path}.new`
  rmSync(unfinished, { force: true })
  const database = new DatabaseSync(unfinished)
  const objects = sampleObjects()
  const random = createRandom(SEED + 1)
  database.exec('BEGIN')
  database.exec(readFileSync(new URL('./schema.sql', import.meta.url), 'utf8'))
  insert('places', PLACES)
  insert(
    'makers',
    MAKERS.map(({ placeId, ...maker }) => ({ ...maker, place_id: placeId })),
  )
  insert('objects', objects)
  insert('exhibitions', EXHIBITIONS)
  insert('shown', makeShown(objects, random))
  insert('loans', makeLoans(objects, random))
  insert('conservation', makeConservation(objects, random))
  database.exec('COMMIT')
  database.close()
  renameSync(unfinished, path)

  function insert(table: string, rows: readonly object[]): void {
    const columns = Object.keys(rows[0] ?? {})
    const statement = database.prepare(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((column) => `:${column}`).join(', ')})`,
    )
    for (const row of rows) statement.run({ ...row })
  }
}
