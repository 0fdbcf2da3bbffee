import { HoldallError } from '../web/error.ts'
import type { Actor } from '../web/route.ts'
import type { ServedDatabase } from './databases.ts'
import { databaseColor } from './extras.ts'
import { type DatabaseSummary, describeDatabase, type TableSummary } from './overview.ts'
import type { TablesRoom } from './room.ts'
import type { Table } from './schema.ts'
import { visibleTables } from './visible-tables.ts'

/** Tables and views that the list of databases names. */
const SHOWN_TABLES = 5

/**
 * What `/.json` says. Datasette calls its shape unstable, and so do we. A database that cannot be read is listed with the
 * reason, and the others still show.
 */
export async function instanceJson(room: TablesRoom, actor: Actor | null, signal: AbortSignal) {
  const resources = room.databases.all.map(({ name }) => ({ kind: 'database', parent: name }) as const)
  const visible = await room.permissions.among(actor, 'view-database', resources)
  const open = await room.permissions.among(null, 'view-database', visible)
  const databases = await Promise.all(
    visible.map(async ({ parent }) => {
      const database = room.databases.get(parent as string)
      const isPrivate = !open.some((resource) => resource.parent === parent)
      try {
        return summaryJson(room, await summarize(room, database, actor, signal), isPrivate)
      } catch (error) {
        if (signal.aborted || !(error instanceof HoldallError)) throw error
        const nothing = { database, tables: [], views: [], open: new Set<string>() }
        return { ...summaryJson(room, nothing, isPrivate), error: error.message }
      }
    }),
  )
  return { ok: true, unstable: 'This API is not part of the stable interface', databases, metadata: room.metadata }
}

function summaryJson(
  room: TablesRoom,
  summary: Pick<DatabaseSummary, 'database' | 'tables' | 'views'> & { open: ReadonlySet<string> },
  isPrivate: boolean,
) {
  const { database, views, open } = summary
  const visible = summary.tables.filter(({ table }) => !table.hidden)
  const hidden = summary.tables.filter(({ table }) => table.hidden)
  // As in Datasette, one table that could not be counted in time leaves all of them uncounted.
  const counted = summary.tables.every(({ count }) => count !== null)
  const countOf = ({ count }: TableSummary) => (counted ? count : null)
  const sorted = [...visible].sort(
    (a, b) => (countOf(b) ?? 0) - (countOf(a) ?? 0) || (a.table.name < b.table.name ? 1 : -1),
  )
  const shown = sorted.slice(0, SHOWN_TABLES).map((entry) => ({
    name: entry.table.name,
    columns: columnNames(entry.table),
    primary_keys: entry.table.primaryKeys,
    count: countOf(entry),
    hidden: false,
    fts_table: entry.table.ftsTable,
    num_relationships_for_sorting: counted ? 0 : entry.table.incoming.length + entry.table.foreignKeys.length,
    private: !open.has(entry.table.name),
  }))
  const sum = (entries: readonly TableSummary[]) => entries.reduce((total, entry) => total + (countOf(entry) ?? 0), 0)
  return {
    name: database.name,
    hash: null,
    color: databaseColor(database.name),
    path: room.urls.database(database.name),
    tables_and_views_truncated: [
      ...shown,
      ...views.slice(0, SHOWN_TABLES - shown.length).map(({ name }) => ({ name, private: !open.has(name) })),
    ],
    tables_and_views_more: visible.length + views.length > SHOWN_TABLES,
    tables_count: visible.length,
    table_rows_sum: sum(visible),
    show_table_row_counts: counted && summary.tables.length > 0,
    hidden_table_rows_sum: sum(hidden),
    hidden_tables_count: hidden.length,
    views_count: views.length,
    private: isPrivate,
  }
}

/** What `/{db}.json` says. @param part whether the actor was let in to tables of it only: it says nothing of the whole */
export async function databaseJson(
  room: TablesRoom,
  database: ServedDatabase,
  actor: Actor | null,
  { part, signal }: { readonly part: boolean; readonly signal: AbortSignal },
) {
  const resource = { kind: 'database', parent: database.name } as const
  const [summary, isOpen, mayExecuteSql] = await Promise.all([
    summarize(room, database, actor, signal),
    room.permissions.allowed(null, 'view-database', resource),
    !part && room.permissions.allowed(actor, 'execute-sql', resource),
  ])
  const { tables, views, schema, open, visible } = summary
  return {
    ok: true,
    database: database.name,
    private: !isOpen,
    path: room.urls.database(database.name),
    size: part ? null : database.size(),
    tables: tables.map((entry) => tableJson(entry, visible, open)),
    hidden_count: tables.filter(({ table }) => table.hidden).length,
    views: views.map(({ name }) => ({ name, private: !open.has(name) })),
    queries: [],
    queries_more: false,
    queries_count: 0,
    allow_execute_sql: mayExecuteSql,
    table_columns: mayExecuteSql
      ? Object.fromEntries(
          [...schema.tables.values()].map((table) => [table.name, table.isView ? [] : columnNames(table)]),
        )
      : {},
    metadata: part ? {} : database.config.metadata,
  }
}

function tableJson(
  { table, count, countTruncated }: TableSummary,
  visible: ReadonlySet<string>,
  open: ReadonlySet<string>,
) {
  const outgoing = table.foreignKeys
    .filter((key) => visible.has(key.otherTable))
    .map((key) => ({ other_table: key.otherTable, column: key.column, other_column: key.otherColumn }))
  return {
    name: table.name,
    columns: columnNames(table),
    primary_keys: table.primaryKeys,
    count,
    count_truncated: countTruncated,
    hidden: table.hidden,
    fts_table: table.ftsTable,
    foreign_keys: {
      incoming: table.incoming
        .filter((key) => visible.has(key.otherTable))
        .map((key) => ({
          other_table: key.otherTable,
          column: key.column,
          other_column: key.otherColumn,
        })),
      outgoing: outgoing.sort((a, b) => compare(a.other_table, b.other_table) || compare(a.column, b.column)),
    },
    private: !open.has(table.name),
  }
}

/** A database as far as the actor may see it, and which of its tables anybody may see. */
async function summarize(room: TablesRoom, database: ServedDatabase, actor: Actor | null, signal: AbortSignal) {
  const names = [...(await database.currentSchema()).tables.keys()]
  const visible = await visibleTables(room.permissions, actor, database.name, names)
  const open = actor === null ? visible : await visibleTables(room.permissions, null, database.name, [...visible])
  const summary = await describeDatabase(database, { mayView: (table) => visible.has(table), signal })
  return { ...summary, open, visible }
}

function columnNames(table: Table): string[] {
  return table.columns.map((column) => column.name)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
