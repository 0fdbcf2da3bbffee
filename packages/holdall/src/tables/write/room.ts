import type { ProxySettings } from '../../access/origin.ts'
import type { Permissions } from '../../access/permissions.ts'
import { HoldallError } from '../../web/error.ts'
import type { Need, Resource, RouteContext } from '../../web/route.ts'
import { tildeDecode, type Urls } from '../../web/url.ts'
import { checkFileColumns } from '../file-columns/check.ts'
import type { FileColumns } from '../file-columns/settings.ts'
import type { VisibleFiles } from '../file-columns/visible.ts'
import type { NewRow } from './protocol.ts'
import type { Writers } from './writers.ts'

/** A served database, as far as writing to it goes. */
export interface WritableDatabase {
  readonly name: string
  readonly path: string
  readonly immutable: boolean
}

/** What writing needs of the rooms around it. */
export interface WriteRoom {
  /** @throws HoldallError `database_not_found` */
  database(name: string): WritableDatabase
  readonly writers: Writers
  readonly fileColumns: FileColumns
  readonly files: VisibleFiles
  readonly permissions: Permissions
  readonly urls: Urls
  /** What absolute addresses begin with depends on the way to this server. */
  readonly proxy: ProxySettings
}

/** The table that an address names, and its last part if it names a row. */
export interface Target {
  readonly database: WritableDatabase
  readonly table: string
  readonly key: string
}

/** @throws HoldallError `database_not_found` */
export function targetOf(c: RouteContext, room: Pick<WriteRoom, 'database'>): Target {
  return {
    database: room.database(tildeDecode(c.req.param('database') ?? '')),
    table: tildeDecode(c.req.param('table') ?? ''),
    key: c.req.param('pks') ?? '',
  }
}

export function tableOf({ database, table }: Target): Resource {
  return { kind: 'table', parent: database.name, child: table }
}

export function needsTable(action: string, room: Pick<WriteRoom, 'database'>): Need {
  return { kind: 'permission', action, on: (c) => tableOf(targetOf(c, room)) }
}

/** @throws HoldallError `database_immutable` */
export function refuseImmutable({ immutable }: WritableDatabase): void {
  if (immutable) throw new HoldallError('database_immutable')
}

/** @throws HoldallError `sign_in_required` or `permission_denied`, in the words of `message` */
export async function demandAlso(
  c: RouteContext,
  permissions: Permissions,
  action: 'insert-row' | 'update-row' | 'create-table',
  resource: Resource,
  message: string,
): Promise<void> {
  if (await permissions.allowed(c.var.actor, action, resource)) return
  throw c.var.actor === null
    ? new HoldallError('sign_in_required', { action })
    : new HoldallError('permission_denied', { action, resource: '' }, { errors: [message] })
}

/**
 * The rows as they are to be written, with every value for a file column checked.
 * @param named how the stored rows are found that the new ones replace; `new` when there are none
 * @throws HoldallError `file_column_refused`
 */
export async function checkedRows(
  c: RouteContext,
  room: WriteRoom,
  target: Target,
  rows: readonly NewRow[],
  named: 'new' | 'by-key' | { readonly address: string },
): Promise<readonly NewRow[]> {
  const { database, table } = target
  const columns = await room.fileColumns.of(database.name, table)
  if (columns.size === 0) return rows
  return checkFileColumns({
    actor: c.var.actor,
    files: room.files,
    columns,
    rows,
    async stored(wanted) {
      if (named === 'new') return rows.map(() => null)
      const { stored } = await room.writers.write(database, {
        kind: 'stored',
        table,
        columns: wanted,
        rows: named === 'by-key' ? rows : [named.address],
      })
      return rows.map((_, index) => {
        const values = stored?.[index]
        return values ? new Map(wanted.map((column, at) => [column, values[at] ?? null])) : null
      })
    },
  })
}
