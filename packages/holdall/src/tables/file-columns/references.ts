import type { Permissions } from '../../access/permissions.ts'
import type { Registry } from '../../files/registry.ts'
import { HoldallError } from '../../web/error.ts'
import type { Actor, Resource, Route } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import type { Databases, ServedDatabase } from '../databases.ts'
import { identifier } from '../identifiers.ts'
import { encodeRowKey } from '../keys.ts'
import type { Statement } from '../reader/protocol.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { REFERENCES_API } from './api.ts'
import type { FileColumn, FileColumns } from './settings.ts'

/** The rows of one column that are listed; a file that is used more often shows this many. */
export const MAX_REFERENCES = 100

/** A cell that holds a file. */
export interface FileReference {
  readonly database: string
  readonly table: string
  readonly column: string
  /** The last part of the row's address. */
  readonly key: string
  /** What names the row: its label, else its key. */
  readonly label: string
  readonly url: string
}

export interface FileReferences {
  readonly references: readonly FileReference[]
  /** There may be more: too many to list, or a table could not be searched. */
  readonly truncated: boolean
  /** Not every table could be searched: in time, or because a database cannot be read. */
  readonly isUnsearched: boolean
}

export interface ReferencesRoom {
  readonly databases: Databases
  readonly fileColumns: FileColumns
  readonly permissions: Permissions
  readonly urls: Urls
}

export type FindReferences = (actor: Actor | null, fileId: string) => Promise<FileReferences>

/** Finds the rows whose file columns hold a file, in the tables that the actor may view: one read of each database. */
export function createReferences(room: ReferencesRoom): FindReferences {
  return async (actor, fileId) => {
    const configured = await room.fileColumns.tables()
    const viewable = await room.permissions.among(
      actor,
      'view-table',
      configured.map(({ database, table }) => ({ kind: 'table', parent: database, child: table })),
    )
    const allowed = new Set(viewable.map(({ parent, child }) => JSON.stringify([parent, child])))
    const byDatabase = new Map<ServedDatabase, Map<string, ReadonlyMap<string, FileColumn>>>()
    for (const { database, table, columns } of configured) {
      const served = room.databases.find(database)
      if (served === undefined || !allowed.has(JSON.stringify([database, table]))) continue
      const tables = byDatabase.get(served) ?? new Map()
      byDatabase.set(served, tables.set(table, columns))
    }
    const found = await Promise.all(
      [...byDatabase].map(([served, tables]) => search(served, tables, fileId, room.urls)),
    )
    return {
      references: found.flatMap((one) => one.references),
      truncated: found.some((one) => one.truncated),
      isUnsearched: found.some((one) => one.isUnsearched),
    }
  }
}

interface Searched {
  readonly table: Table
  readonly column: string
  readonly statement: Statement
}

async function search(
  database: ServedDatabase,
  tables: ReadonlyMap<string, ReadonlyMap<string, FileColumn>>,
  fileId: string,
  urls: Urls,
): Promise<FileReferences> {
  try {
    const { plan, results } = await database.read((schema) => {
      const searched = searches(schema, tables, fileId)
      return { searched, statements: searched.map(({ statement }) => statement) }
    })
    const isUnsearched = results.some(({ failure }) => failure !== null)
    return {
      references: results.flatMap(({ rows }, index) => {
        const { table, column } = plan.searched[index] as Searched
        return rows.map((row) => reference(database.name, table, column, row, urls))
      }),
      truncated: isUnsearched || results.some(({ more }) => more),
      isUnsearched,
    }
  } catch (error) {
    if (!(error instanceof HoldallError)) throw error
    // A database that cannot be read may hold anything.
    return { references: [], truncated: true, isUnsearched: true }
  }
}

function searches(
  schema: DatabaseSchema,
  tables: ReadonlyMap<string, ReadonlyMap<string, FileColumn>>,
  fileId: string,
): Searched[] {
  return [...tables].flatMap(([name, columns]) => {
    const table = schema.tables.get(name)
    if (table === undefined || table.keys.length === 0) return []
    return [...columns.keys()]
      .filter((column) => table.columnsByName.get(column)?.affinity === 'TEXT')
      .map((column) => ({ table, column, statement: statementFor(table, column, fileId) }))
  })
}

function statementFor(table: Table, column: string, fileId: string): Statement {
  const cell = identifier(column)
  const shown = [
    ...table.keys.map(({ sqlName }) => sqlName),
    ...(table.labelColumn === null ? [] : [table.labelColumn]),
  ]
  return {
    // A list is text too: the id in its quotes cannot stand in it as anything else.
    sql: `select ${shown.map(identifier).join(', ')} from ${identifier(table.name)} where ${cell} = :id or (${cell} like '[%' and instr(${cell}, :quoted) > 0) limit ${MAX_REFERENCES + 1}`,
    params: { id: fileId, quoted: `"${fileId}"` },
    limit: MAX_REFERENCES,
    optional: true,
  }
}

/** What a row is called, and where it is. @param row its keys, then its label where it has one */
export function reference(
  database: string,
  table: Table,
  column: string,
  row: readonly SqliteValue[],
  urls: Urls,
): FileReference {
  const values = row.slice(0, table.keys.length)
  const key = encodeRowKey(
    values,
    table.keys.map(({ affinity }) => affinity),
  )
  const label = row[table.keys.length] ?? null
  return {
    database,
    table: table.name,
    column,
    key,
    label: label === null || label === '' ? values.map(String).join(', ') : String(label),
    url: `${urls.table(database, table.name)}/${key}`,
  }
}

/** `GET /-/files/{id}/references.json` */
export function referenceRoutes(find: FindReferences, registry: Registry): Route[] {
  return [
    {
      method: 'GET',
      path: '/-/files/:id/references',
      json: 'only',
      api: REFERENCES_API,
      need: {
        kind: 'permission',
        action: 'files-browse',
        async on(c): Promise<Resource> {
          const id = c.req.param('id') ?? ''
          const file = await registry.byId(id)
          if (file === undefined) throw new HoldallError('file_not_found', { id })
          return { kind: 'source', parent: file.sourceSlug }
        },
        hidden: (c) => new HoldallError('file_not_found', { id: c.req.param('id') ?? '' }),
      },
      async handler(c) {
        const { references, truncated } = await find(c.var.actor, c.req.param('id') ?? '')
        return c.json({ ok: true, references, truncated })
      },
    },
  ]
}
