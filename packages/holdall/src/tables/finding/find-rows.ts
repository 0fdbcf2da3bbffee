import type { Permissions } from '../../access/permissions.ts'
import type { FindRows, FoundTable, UnsearchedTable } from '../../files/found-rows.ts'
import type { Actor } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import type { Databases, ServedDatabase } from '../databases.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import { searchWords } from '../search.ts'
import { visibleTables } from '../visible-tables.ts'
import { MAX_ASKED, MAX_COUNTED, TABLES_AT_ONCE, TABLES_SHOWN } from './limits.ts'
import { beginning, goOn, type Progress } from './progress.ts'
import { firstRows } from './rows.ts'
import { isSearched, labelColumnOf } from './statements.ts'

export interface FindingRoom {
  readonly databases: Databases
  readonly permissions: Permissions
  readonly urls: Urls
}

/**
 * Searches the rows of all tables that the actor may see: by their full-text tables, else by going through their texts a
 * few rows at a time, each table in its turn, so that a large one keeps no small one waiting.
 *
 * @param milliseconds after which whatever is not searched is left
 */
export function createFindRows(room: FindingRoom, milliseconds: number): FindRows {
  return async (actor, asked) => {
    const q = asked.replaceAll('\0', ' ').trim().slice(0, MAX_ASKED).toWellFormed()
    if (searchWords(q).length === 0) return null
    const tables = await tablesFor(room, actor)
    if (tables.length === 0) return null
    return async (signal) => {
      const all = tables.map(([database, table]) => beginning(database, table))
      const until = AbortSignal.any([signal, AbortSignal.timeout(milliseconds)])
      await searchAll(all, q, until)
      const found = all.filter(({ places }) => places.length > 0)
      const rows = await Promise.all(found.slice(0, TABLES_SHOWN).map((one) => firstRows(one, q, room.urls, signal)))
      return {
        tables: found.map((one, at) => foundTable(one, q, rows[at] ?? [], room.urls)),
        searched: all.filter(({ begun }) => begun).length,
        unsearched: all.flatMap((one) => unsearched(one, q, room.urls)),
      }
    }
  }
}

async function tablesFor(
  { databases, permissions }: FindingRoom,
  actor: Actor | null,
): Promise<(readonly [ServedDatabase, Table])[]> {
  const tables: (readonly [ServedDatabase, Table])[] = []
  for (const database of databases.all) {
    const searchable = await searchableTables(database)
    const names = searchable.map(({ name }) => name)
    const visible = await visibleTables(permissions, actor, database.name, names)
    for (const table of searchable) if (visible.has(table.name)) tables.push([database, table])
  }
  return tables
}

/** A database that cannot be read has none. */
async function searchableTables(database: ServedDatabase): Promise<Table[]> {
  try {
    const known = searchableOf(await database.schema())
    // Where something is read, new tables are noticed; where there is nothing to read they have to be asked for.
    return known.length > 0 ? known : searchableOf(await database.currentSchema())
  } catch {
    return []
  }
}

function searchableOf({ tables }: DatabaseSchema): Table[] {
  return [...tables.values()].filter(isSearched)
}

async function searchAll(all: readonly Progress[], q: string, until: AbortSignal): Promise<void> {
  const waiting = [...all]
  async function work(): Promise<void> {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      if (until.aborted) one.ended = 'time'
      else await goOn(one, q, until)
      if (one.ended === undefined) waiting.push(one)
    }
  }
  await Promise.all(Array.from({ length: TABLES_AT_ONCE }, work))
}

function foundTable(
  { database, table, places }: Progress,
  q: string,
  rows: FoundTable['rows'],
  urls: Urls,
): FoundTable {
  return {
    database: database.name,
    table: table.name,
    url: filteredUrl(urls, database, table, q),
    count: Math.min(places.length, MAX_COUNTED),
    more: places.length > MAX_COUNTED,
    rows,
    labelColumn: labelColumnOf(table),
  }
}

function unsearched({ database, table, ended, rowsSearched }: Progress, q: string, urls: Urls): UnsearchedTable[] {
  if (ended === null || ended === undefined) return []
  const url = filteredUrl(urls, database, table, q)
  return [{ database: database.name, table: table.name, url, reason: ended, rowsSearched }]
}

/** The table with only the rows that hold the words, which are words there as well. */
function filteredUrl(urls: Urls, database: ServedDatabase, { name, config }: Table, q: string): string {
  const parameters = new URLSearchParams({ _search: q })
  if (config?.searchmode === 'raw') parameters.set('_searchmode', 'escaped')
  return `${urls.table(database.name, name)}?${parameters}`
}
