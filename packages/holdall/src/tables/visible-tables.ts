import type { Permissions } from '../access/permissions.ts'
import type { Actor } from '../web/route.ts'
import type { ServedDatabase } from './databases.ts'
import type { Table } from './schema.ts'

/** Which of these tables the actor may see, asked at once. */
export async function visibleTables(
  permissions: Permissions,
  actor: Actor | null,
  database: string,
  tables: readonly string[],
): Promise<ReadonlySet<string>> {
  if (tables.length === 0) return NONE
  const resources = tables.map((table) => ({ kind: 'table', parent: database, child: table }) as const)
  const allowed = await permissions.among(actor, 'view-table', resources)
  return new Set(allowed.map(({ child }) => child as string))
}

const NONE: ReadonlySet<string> = new Set()

/** The tables that a page of `name` may say something of beside its own: where its foreign keys lead, and whose lead to it. */
export async function visibleNeighbours(
  permissions: Permissions,
  actor: Actor | null,
  database: ServedDatabase,
  name: string,
): Promise<ReadonlySet<string>> {
  const schema = await database.schema()
  const table = schema.tables.get(name)
  return table ? visibleTables(permissions, actor, database.name, neighbours(table, schema.tables.values())) : NONE
}

function neighbours(table: Table, all: Iterable<Table>): string[] {
  const named = new Set([...table.foreignKeys, ...table.incoming].map((key) => key.otherTable.toLowerCase()))
  if (named.size === 0) return []
  return [...all].map(({ name }) => name).filter((name) => named.has(name.toLowerCase()))
}
