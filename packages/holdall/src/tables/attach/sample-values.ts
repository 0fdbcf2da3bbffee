import { identifier } from '../identifiers.ts'
import type { Subject } from './room.ts'

const SAMPLES = 2
/** Longer values are no names that files are compared with. */
const VALUE_LENGTH = 60

/** What the values of a column look like, for who has to find out why no file fits; none where reading takes too long. */
export async function sampleValues({ database, table: { name } }: Subject, column: string): Promise<string[]> {
  const { results } = await database.read((schema) => {
    if (!schema.tables.get(name)?.columnsByName.has(column)) return { statements: [] }
    const sql = `select substr(${identifier(column)}, 1, ${VALUE_LENGTH}) from ${identifier(name)}
      where ${identifier(column)} <> '' limit ${SAMPLES}`
    return { statements: [{ sql, params: {}, optional: true }], options: { short: true } }
  })
  return (results[0]?.rows ?? []).map(([value]) => String(value))
}
