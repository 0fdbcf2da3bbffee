import { requestOrigin } from '../../access/origin.ts'
import { readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { tildeDecode } from '../../web/url.ts'
import { WRITE_API } from './api.ts'
import { asObject, parseJson } from './body.ts'
import { readCreateRequest } from './create-request.ts'
import { MAX_BODY_BYTES } from './limits.ts'
import {
  checkedRows,
  demandAlso,
  needsTable,
  refuseImmutable,
  type Target,
  tableOf,
  targetOf,
  type WriteRoom,
} from './room.ts'
import { type RowsRequest, readRowsRequest, readUpdateRequest } from './rows-request.ts'

/** What answers a form that a page sent to the address of a write. */
export interface RowForms {
  insert(c: RouteContext, target: Target): Promise<Response>
  update(c: RouteContext, target: Target): Promise<Response>
  remove(c: RouteContext, target: Target): Promise<Response>
}

/**
 * Datasette's write API: JSON in and out, whatever the type that a body declares. Forms of our own pages go to `forms`.
 */
export function createWriteRoutes(room: WriteRoom, forms: RowForms): Route[] {
  async function insert(c: RouteContext): Promise<Response> {
    const target = targetOf(c, room)
    refuseImmutable(target.database)
    if (isForm(c)) return forms.insert(c, target)
    const request = readRowsRequest(await jsonObject(c))
    const { conflict } = request
    if (conflict === 'replace') {
      await demandAlso(c, room.permissions, 'update-row', tableOf(target), REPLACE_NEEDS)
    }
    const named = conflict === 'replace' ? 'by-key' : 'new'
    return writeRows(c, target, request, { kind: 'insert', conflict }, named, 201)
  }

  async function upsert(c: RouteContext): Promise<Response> {
    const target = targetOf(c, room)
    await demandAlso(c, room.permissions, 'update-row', tableOf(target), UPSERT_NEEDS)
    refuseImmutable(target.database)
    const request = readRowsRequest(await jsonObject(c))
    if (request.conflict !== 'abort') {
      throw new HoldallError('bad_request', { reason: 'Upsert does not support ignore or replace' })
    }
    return writeRows(c, target, request, { kind: 'upsert' }, 'by-key', 200)
  }

  /** @param named whether a row that has a key may be stored already, so that its files are held to what it holds */
  async function writeRows(
    c: RouteContext,
    target: Target,
    { rows, alter, returning }: RowsRequest,
    how: { readonly kind: 'upsert' } | { readonly kind: 'insert'; readonly conflict: RowsRequest['conflict'] },
    named: 'new' | 'by-key',
    status: 200 | 201,
  ): Promise<Response> {
    if (alter) await demandAlter(c, target)
    const checked = await checkedRows(c, room, target, rows, named)
    const { table } = target
    const written = await room.writers.write(target.database, { ...how, table, rows: checked, alter, returning })
    return answer(c, status, returning ? written.rowsJson : undefined)
  }

  async function update(c: RouteContext): Promise<Response> {
    const target = targetOf(c, room)
    refuseImmutable(target.database)
    if (isForm(c)) return forms.update(c, target)
    const { changes, alter, returning } = readUpdateRequest(await jsonObject(c))
    if (alter) await demandAlter(c, target)
    const [checked = []] = await checkedRows(c, room, target, [changes], { address: target.key })
    const written = await room.writers.write(target.database, {
      kind: 'update',
      table: target.table,
      key: target.key,
      changes: checked,
      alter,
      returning,
    })
    return answer(c, 200, returning ? written.rowsJson : undefined)
  }

  async function remove(c: RouteContext): Promise<Response> {
    const target = targetOf(c, room)
    refuseImmutable(target.database)
    if (isForm(c)) return forms.remove(c, target)
    await room.writers.write(target.database, { kind: 'delete', table: target.table, key: target.key })
    return answer(c, 200)
  }

  async function create(c: RouteContext): Promise<Response> {
    const database = room.database(tildeDecode(c.req.param('database') ?? ''))
    refuseImmutable(database)
    const request = readCreateRequest(await jsonObject(c))
    const target = { database, table: request.table, key: '' }
    const table = tableOf(target)
    if (request.conflict === 'replace') {
      await demandAlso(c, room.permissions, 'update-row', table, 'Permission denied: need update-row')
    }
    if (request.rows.length > 0) {
      await demandAlso(c, room.permissions, 'insert-row', table, 'Permission denied: need insert-row')
    }
    const named = request.conflict === 'replace' ? 'by-key' : 'new'
    const rows = request.rows.length === 0 ? [] : await checkedCreateRows(c, target, request.rows, named)
    const { schema } = await room.writers.write(database, { kind: 'create', ...request, rows })
    const url = requestOrigin(c, room.proxy) + room.urls.table(database.name, request.table)
    return c.json(
      {
        ok: true,
        database: database.name,
        table: request.table,
        table_url: url,
        table_api_url: `${url}.json`,
        schema,
        ...(rows.length > 0 && { row_count: rows.length }),
      },
      201,
    )
  }

  async function checkedCreateRows(
    c: RouteContext,
    target: Target,
    rows: Parameters<typeof checkedRows>[3],
    named: 'new' | 'by-key',
  ) {
    try {
      return await checkedRows(c, room, target, rows, named)
    } catch (error) {
      // There is no stored row to look at before there is a table.
      if (error instanceof HoldallError && error.code === 'table_not_found')
        return checkedRows(c, room, target, rows, 'new')
      throw error
    }
  }

  // Datasette has an action of its own for this; here whoever may make tables may widen them.
  function demandAlter(c: RouteContext, { database }: Target): Promise<void> {
    const resource = { kind: 'database', parent: database.name } as const
    return demandAlso(
      c,
      room.permissions,
      'create-table',
      resource,
      'Permission denied: need create-table to use "alter"',
    )
  }

  return [
    {
      method: 'POST',
      path: '/:database/:table/-/insert',
      need: needsTable('insert-row', room),
      api: WRITE_API.insert,
      handler: insert,
    },
    {
      method: 'POST',
      path: '/:database/:table/-/upsert',
      need: needsTable('insert-row', room),
      api: WRITE_API.upsert,
      handler: upsert,
    },
    {
      method: 'POST',
      path: '/:database/:table/:pks/-/update',
      need: needsTable('update-row', room),
      api: WRITE_API.update,
      handler: update,
    },
    {
      method: 'POST',
      path: '/:database/:table/:pks/-/delete',
      need: needsTable('delete-row', room),
      api: WRITE_API.remove,
      handler: remove,
    },
    {
      method: 'POST',
      path: '/:database/-/create',
      need: {
        kind: 'permission',
        action: 'create-table',
        on: (c) => ({ kind: 'database', parent: room.database(tildeDecode(c.req.param('database') ?? '')).name }),
      },
      api: WRITE_API.create,
      handler: create,
    },
  ]
}

const REPLACE_NEEDS = 'Permission denied: need update-row to use "replace"'
const UPSERT_NEEDS = 'Permission denied: need both insert-row and update-row'

/** A multipart body is always a form; a urlencoded one is, when a page sent it (`curl -d` declares that type for JSON). */
export function isForm(c: RouteContext): boolean {
  const type = c.req.header('Content-Type') ?? ''
  if (type.startsWith('multipart/form-data')) return true
  return type.startsWith('application/x-www-form-urlencoded') && c.var.format === 'html'
}

async function jsonObject(c: RouteContext) {
  return asObject(parseJson(await readBytes(c, MAX_BODY_BYTES)))
}

/** @param rows the text of a JSON array */
function answer(c: RouteContext, status: 200 | 201, rows?: string): Response {
  const body = rows === undefined ? '{"ok": true}' : `{"ok": true, "rows": ${rows}}`
  return c.body(body, status, { 'Content-Type': 'application/json; charset=utf-8' })
}
