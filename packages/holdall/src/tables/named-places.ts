import type { Permissions } from '../access/permissions.ts'
import type { FindPlaces, NamedPlace } from '../files/places.ts'
import type { Urls } from '../web/url.ts'
import type { Databases, ServedDatabase } from './databases.ts'
import { visibleTables } from './visible-tables.ts'

/** How many the search shows beside the files. */
const MAX_PLACES = 6

interface Room {
  readonly databases: Databases
  readonly permissions: Permissions
  readonly urls: Urls
}

/** Databases and tables whose names hold every word of the search. No file of a database is read for it. */
export function createFindPlaces({ databases, permissions, urls }: Room): FindPlaces {
  return async (actor, q) => {
    const words = q
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '')
    if (words.length === 0) return []
    const holds = (name: string) => words.every((word) => name.toLowerCase().includes(word))
    const allowed = await permissions.among(
      actor,
      'view-database',
      databases.all.map(({ name }) => ({ kind: 'database', parent: name })),
    )
    const visible = new Set(allowed.map(({ parent }) => parent))
    const found: NamedPlace[] = []
    for (const database of databases.all) {
      if (visible.has(database.name) && holds(database.name)) {
        found.push({ name: database.name, kind: 'Database', url: urls.database(database.name) })
      }
      const called = (await tablesOf(database)).filter(holds)
      for (const table of await visibleTables(permissions, actor, database.name, called)) {
        found.push({ name: table, kind: `Table in ${database.name}`, url: urls.table(database.name, table) })
      }
    }
    return found.slice(0, MAX_PLACES)
  }
}

/** A database that cannot be read has no tables to find. */
async function tablesOf(database: ServedDatabase): Promise<string[]> {
  try {
    const { tables } = await database.schema()
    return [...tables.values()].filter(({ hidden }) => !hidden).map(({ name }) => name)
  } catch {
    return []
  }
}
