import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { currentSchema, type PagesRoom } from '../pages/room.ts'
import { fileColumnsOf } from '../pages/table-data.ts'
import { databaseIn, tableIn } from '../routes.ts'
import type { Table } from '../schema.ts'
import { refuseImmutable } from '../write/room.ts'
import type { CarryOut } from './carry-out.ts'
import type { Journal } from './journal.ts'
import type { Plans } from './plans.ts'
import type { Run } from './run.ts'

/** What attaching many files needs of the rooms around it. */
export interface AttachRoom extends PagesRoom {
  readonly journal: Journal
  readonly plans: Plans
  readonly carryOut: CarryOut
}

/** The table that an address names, and its file columns. */
export interface Subject {
  readonly database: ServedDatabase
  readonly table: Table
  readonly fileColumns: ReadonlyMap<string, FileColumn>
  /** The table's page. */
  readonly path: string
  /** The page of attaching. */
  readonly href: string
}

/**
 * Whoever changes rows by their values must be let see them too.
 * @throws HoldallError `database_immutable`, `table_not_found`, `permission_denied`
 */
export async function subjectOf(c: RouteContext, room: AttachRoom): Promise<Subject> {
  const database = databaseIn(c, room)
  refuseImmutable(database)
  const resource = { kind: 'table', parent: database.name, child: tableIn(c) } as const
  if (!(await room.permissions.allowed(c.var.actor, 'view-table', resource))) {
    throw new HoldallError('permission_denied', {
      action: 'view-table',
      resource: `${database.name}/${resource.child}`,
    })
  }
  const table = (await currentSchema(database)).tables.get(resource.child)
  if (table === undefined || table.isView || table.keys.length === 0) throw new HoldallError('table_not_found')
  const fileColumns = fileColumnsOf(table, await room.fileColumns.of(database.name, table.name))
  const path = room.urls.table(database.name, table.name)
  return { database, table, fileColumns, path, href: `${path}/-/attach` }
}

/** The rule of a file column that somebody names; of the only one where nobody does. @throws HoldallError `no_file_column` */
export function columnIn(subject: Subject, name: string | undefined): { column: string; rule: FileColumn } {
  const [first] = subject.fileColumns.keys()
  const column = name ?? first ?? ''
  const rule = subject.fileColumns.get(column)
  if (rule === undefined)
    throw new HoldallError('no_file_column', { column: column === '' ? subject.table.name : column })
  return { column, rule }
}

/** The run that an address names. A plan is its maker's alone. @throws HoldallError `attach_run_not_found` */
export async function runIn(c: RouteContext, room: AttachRoom, { database, table }: Subject): Promise<Run> {
  await room.carryOut.settleAll({ database: database.name, table: table.name })
  const run = await room.journal.find(c.req.param('run') ?? '')
  const isHere = run?.database === database.name && run.table === table.name
  const isMine = run?.status !== 'planned' || run.actorId === (c.var.actor?.id ?? null)
  if (run === undefined || !isHere || !isMine) throw new HoldallError('attach_run_not_found')
  return run
}
