import { DatabaseSync } from 'node:sqlite'
import type { Restriction } from '../access/restrictions.ts'
import { nowhereWords } from '../access/restrictions-nowhere.ts'
import type { Resource } from '../web/route.ts'
import type { ServerData } from './internal.ts'

type Known = Pick<ServerData, 'db' | 'config'>

/** A sentence for each restriction to a place that is not there now. What cannot be known beside the server is left out. */
export async function notThere(known: Known, restrictions: readonly Restriction[]): Promise<string[]> {
  const said = new Set<string>()
  for (const restriction of restrictions) {
    const { resource } = restriction
    if (resource === undefined) continue
    const isHere = await isThere(known, resource)
    if (isHere === false) said.add(`${nowhereWords(restriction)}. The token was made all the same.`)
    else if (isHere === undefined && isUnnamed(known, resource)) {
      said.add(`The configuration names no database ${resource.parent}. The token was made all the same.`)
    }
  }
  return [...said]
}

async function isThere({ db, config }: Known, { kind, parent = '', child }: Resource): Promise<boolean | undefined> {
  if (kind === 'source') {
    if (Object.hasOwn(config.sources, parent)) return true
    const row = db.read.selectFrom('datasette_files_sources').select('id').where('slug', '=', parent)
    return (await row.where('active', '=', 1).executeTakeFirst()) !== undefined
  }
  if (kind === 'collection') {
    if (config.collections.some(({ id }) => id === parent)) return true
    const row = db.read.selectFrom('collections').select('seq').where('id', '=', parent)
    return (await row.where('deleted_at', 'is', null).executeTakeFirst()) !== undefined
  }
  const path = databaseOf(config, parent)?.path
  return path === undefined || child === undefined ? undefined : hasTable(path, child)
}

/** A server may be started with databases that its configuration does not name; where that names some, it says something. */
function isUnnamed({ config }: Known, { kind, parent = '' }: Resource): boolean {
  const isOfDatabase = kind === 'database' || kind === 'table'
  const namesSome = Object.values(config.databases).some(({ path }) => path !== undefined)
  return isOfDatabase && namesSome && databaseOf(config, parent) === undefined
}

function databaseOf({ databases }: Known['config'], name: string) {
  return Object.hasOwn(databases, name) ? databases[name] : undefined
}

function hasTable(path: string, table: string): boolean | undefined {
  try {
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      return (
        database
          .prepare("SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE")
          .get(table) !== undefined
      )
    } finally {
      database.close()
    }
  } catch {
    return undefined
  }
}
