import type { FileUse, FindManyUses } from '../../files/references.ts'
import type { Actor } from '../../web/route.ts'
import type { Urls } from '../../web/url.ts'
import type { ServedDatabase } from '../databases.ts'
import { identifier } from '../identifiers.ts'
import type { Statement, StatementResult } from '../reader/protocol.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { type ReferencesRoom, reference } from './references.ts'
import { statementsFor } from './used.ts'

/** Cells of one column that are listed; of more, it is said that there are more. */
const MAX_CELLS = 1_000

interface Column {
  readonly table: string
  readonly column: string
  /** Whether the actor may see its rows. */
  readonly isSeen: boolean
}

interface Asked extends Column {
  /** Undefined where only the ids are asked for. */
  readonly of: Table | undefined
  readonly statement: Statement
}

/**
 * Finds the rows that hold any of some files: as themselves in tables that the actor may view, and elsewhere only that
 * there are some. One read of each database, however many files there are.
 */
export function createManyUses(room: ReferencesRoom): FindManyUses {
  return async (actor, ids) => {
    const columns = await columnsOf(room, actor)
    const found = await Promise.all([...columns].map(([served, asked]) => search(served, asked, ids, room.urls)))
    const seen = new Map<string, FileUse[]>()
    for (const [id, use] of found.flatMap(({ uses }) => uses)) seen.set(id, [...(seen.get(id) ?? []), use])
    return {
      seen,
      hidden: new Set(found.flatMap(({ hidden }) => hidden)),
      truncated: found.some(({ truncated }) => truncated),
    }
  }
}

async function columnsOf({ databases, fileColumns, permissions }: ReferencesRoom, actor: Actor | null) {
  const configured = await fileColumns.tables()
  const viewable = await permissions.among(
    actor,
    'view-table',
    configured.map(({ database, table }) => ({ kind: 'table', parent: database, child: table })),
  )
  const seen = new Set(viewable.map(({ parent, child }) => JSON.stringify([parent, child])))
  const columns = new Map<ServedDatabase, Column[]>()
  for (const { database, table, columns: names } of configured) {
    const served = databases.find(database)
    if (served === undefined) continue
    const isSeen = seen.has(JSON.stringify([database, table]))
    const known = columns.get(served) ?? []
    columns.set(served, [...known, ...[...names.keys()].map((column) => ({ table, column, isSeen }))])
  }
  return columns
}

async function search(
  database: ServedDatabase,
  columns: readonly Column[],
  ids: readonly string[],
  urls: Urls,
): Promise<{ uses: [string, FileUse][]; hidden: string[]; truncated: boolean }> {
  try {
    const { plan, results } = await database.read((schema) => {
      const asked = columns.flatMap((column) => askedOf(schema, column, ids))
      return { asked, statements: asked.map(({ statement }) => statement) }
    })
    const uses: [string, FileUse][] = []
    const hidden: string[] = []
    plan.asked.forEach(({ of, column }, at) => {
      for (const [id, ...row] of rowsOf(results[at])) {
        if (of === undefined) hidden.push(String(id))
        else uses.push([String(id), reference(database.name, of, column, row, urls)])
      }
    })
    return { uses, hidden, truncated: results.some(({ failure, more }) => failure !== null || more) }
  } catch {
    // A database that cannot be read may hold anything.
    return { uses: [], hidden: [], truncated: true }
  }
}

function askedOf(schema: DatabaseSchema, column: Column, ids: readonly string[]): Asked[] {
  const table = schema.tables.get(column.table)
  if (table?.columnsByName.has(column.column) !== true) return []
  if (column.isSeen && table.keys.length > 0) {
    return rowStatements(table, column.column, ids).map((statement) => ({ ...column, of: table, statement }))
  }
  return statementsFor(schema, column.table, column.column, ids).map((statement) => ({
    ...column,
    of: undefined,
    statement,
  }))
}

/** The id, then what `reference` reads. */
function rowStatements(table: Table, columnName: string, ids: readonly string[]): Statement[] {
  const cell = `held.${identifier(columnName)}`
  const from = `${identifier(table.name)} as held`
  const shown = [
    ...table.keys.map(({ sqlName }) => sqlName),
    ...(table.labelColumn === null ? [] : [table.labelColumn]),
  ]
    .map((name) => `held.${identifier(name)}`)
    .join(', ')
  const wanted = 'in (select value from json_each(:ids))'
  const common = { params: { ids: JSON.stringify(ids) }, limit: MAX_CELLS, optional: true } as const
  const end = `limit ${MAX_CELLS + 1}`
  return [
    { ...common, sql: `select ${cell}, ${shown} from ${from} where ${cell} ${wanted} ${end}` },
    {
      ...common,
      sql: `select item.value, ${shown} from ${from}, json_each(${cell}) as item
        where typeof(${cell}) = 'text' and substr(ltrim(${cell}), 1, 1) = '[' and json_valid(${cell})
          and item.value ${wanted} ${end}`,
    },
  ]
}

function rowsOf(result: StatementResult | undefined): readonly (readonly SqliteValue[])[] {
  return result?.rows ?? []
}
