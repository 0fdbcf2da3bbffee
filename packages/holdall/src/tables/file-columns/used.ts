import type { FindUsed } from '../../files/references.ts'
import type { Databases, ServedDatabase } from '../databases.ts'
import { identifier } from '../identifiers.ts'
import type { Statement } from '../reader/protocol.ts'
import type { DatabaseSchema } from '../schema.ts'
import type { FileColumns } from './settings.ts'

/**
 * Finds which files the rows of any table hold. Each column is read once, in a reader process with its time limit, and
 * each cell looked up among the files: that costs the same however many files there are.
 */
export function createUsed(databases: Databases, fileColumns: FileColumns): FindUsed {
  return async (ids) => {
    const columns = new Map<ServedDatabase, { table: string; column: string }[]>()
    for (const { database, table, columns: configured } of await fileColumns.tables()) {
      const served = databases.find(database)
      if (served === undefined) continue
      const known = columns.get(served) ?? []
      columns.set(served, [...known, ...[...configured.keys()].map((column) => ({ table, column }))])
    }
    const found = await Promise.all([...columns].map(([served, cells]) => search(served, cells, ids)))
    return { used: new Set(found.flatMap(({ used }) => used)), truncated: found.some(({ truncated }) => truncated) }
  }
}

async function search(
  database: ServedDatabase,
  cells: readonly { table: string; column: string }[],
  ids: readonly string[],
): Promise<{ used: string[]; truncated: boolean }> {
  try {
    const { results } = await database.read((schema) => ({
      statements: cells.flatMap(({ table, column }) => statementsFor(schema, table, column, ids)),
    }))
    return {
      used: results.flatMap(({ rows }) => rows.map(([id]) => String(id))),
      truncated: results.some(({ failure, more }) => failure !== null || more),
    }
  } catch {
    // A database that cannot be read may hold anything.
    return { used: [], truncated: true }
  }
}

/** Which of `ids` stand in a column, alone or in a list. */
export function statementsFor(
  schema: DatabaseSchema,
  tableName: string,
  columnName: string,
  ids: readonly string[],
): Statement[] {
  const table = schema.tables.get(tableName)
  if (table?.columnsByName.has(columnName) !== true) return []
  const cell = identifier(columnName)
  const from = identifier(table.name)
  const common = { params: { ids: JSON.stringify(ids) }, limit: ids.length, optional: true } as const
  return [
    { ...common, sql: `select distinct ${cell} from ${from} where ${cell} in (select value from json_each(:ids))` },
    {
      ...common,
      // Only what is a list of texts counts as one, as for the cell itself.
      sql: `select distinct item.value from ${from} as held, json_each(held.${cell}) as item
        where typeof(held.${cell}) = 'text' and substr(ltrim(held.${cell}), 1, 1) = '[' and json_valid(held.${cell})
          and item.value in (select value from json_each(:ids))`,
    },
  ]
}
