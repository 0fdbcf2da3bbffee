import { requestOrigin } from '../access/origin.ts'
import { INSTANCE, type Need, type Resource, type Route, type RouteContext } from '../web/route.ts'
import { tildeDecode } from '../web/url.ts'
import { TABLES_API } from './api.ts'
import { databaseJson, instanceJson } from './catalog-json.ts'
import type { ServedDatabase } from './databases.ts'
import { type ColumnTypes, readExtras, rowExtras, tableExtras } from './extras.ts'
import { jsonAnswer, jsonShape, jsonText, queryShape, readJsonOptions, refuseFacets, refuseSql } from './json.ts'
import { readTableJson } from './page.ts'
import { pageNames } from './place.ts'
import type { TablesRoom } from './room.ts'
import { readRow } from './row.ts'
import type { Table } from './schema.ts'
import { visibleNeighbours, visibleTables } from './visible-tables.ts'
import { mayAskWhere } from './where-right.ts'

/** The database that an address names. @throws HoldallError `database_not_found` */
export function databaseIn(c: RouteContext, { databases }: Pick<TablesRoom, 'databases'>): ServedDatabase {
  return databases.get(tildeDecode(c.req.param('database') ?? ''))
}

export function tableIn(c: RouteContext): string {
  return tildeDecode(c.req.param('table') ?? '')
}

/**
 * `view-instance`, `view-database` and `view-table` on what an address names; for pages as for JSON. A closed database
 * lets in whoever was let in to one of its tables, and says nothing of the rest.
 */
export function viewNeeds(
  room: Pick<TablesRoom, 'databases' | 'permissions'>,
): Readonly<Record<'instance' | 'database' | 'table', Extract<Need, { kind: 'permission' }>>> {
  return {
    instance: { kind: 'permission', action: 'view-instance', on: () => INSTANCE },
    database: {
      kind: 'permission',
      action: 'view-database',
      on: (c) => ({ kind: 'database', parent: databaseIn(c, room).name }),
      otherwise: (c) => seesTables(c, room),
    },
    table: {
      kind: 'permission',
      action: 'view-table',
      on: (c) => ({ kind: 'table', parent: databaseIn(c, room).name, child: tableIn(c) }),
    },
  }
}

async function seesTables(c: RouteContext, room: Pick<TablesRoom, 'databases' | 'permissions'>): Promise<boolean> {
  if (c.var.actor === null) return false
  const database = databaseIn(c, room)
  const tables = [...(await database.schema()).tables.values()].flatMap(({ name, hidden }) => (hidden ? [] : [name]))
  const visible = await visibleTables(room.permissions, c.var.actor, database.name, tables)
  if (visible.size > 0) c.set('found', PART)
  return visible.size > 0
}

/** What `otherwise` finds on the way to a database that is closed: the handler tells of tables, and not of the database. */
const PART = 'a part'

export function seesPart(c: RouteContext): boolean {
  return c.var.found === PART
}

/** `/.json`, `/{db}.json`, `/{db}/{table}.json` and `/{db}/{table}/{pks}.json`. */
export function tableJsonRoutes(room: TablesRoom): Route[] {
  const need = viewNeeds(room)
  return [
    {
      method: 'GET',
      path: '/',
      json: 'only',
      need: need.instance,
      api: TABLES_API.instance,
      handler: (c) => instance(c, room),
    },
    {
      method: 'GET',
      path: '/:database',
      json: 'only',
      need: need.database,
      api: TABLES_API.database,
      handler: (c) => database(c, room),
    },
    {
      method: 'GET',
      path: '/:database/:table',
      json: 'only',
      need: need.table,
      api: TABLES_API.table,
      handler: (c) => table(c, room),
    },
    {
      method: 'GET',
      path: '/:database/:table/:pks',
      json: 'only',
      need: need.table,
      api: TABLES_API.row,
      handler: (c) => row(c, room),
    },
  ]
}

const JSON_TYPE = 'application/json; charset=utf-8'

async function instance(c: RouteContext, room: TablesRoom): Promise<Response> {
  return answer(c, room, jsonText(await instanceJson(room, c.var.actor, c.req.raw.signal)), JSON_TYPE, INSTANCE)
}

async function database(c: RouteContext, room: TablesRoom): Promise<Response> {
  const served = databaseIn(c, room)
  refuseSql(new URL(c.req.url).searchParams)
  const json = await databaseJson(room, served, c.var.actor, { part: seesPart(c), signal: c.req.raw.signal })
  return answer(c, room, jsonText(json), JSON_TYPE, { kind: 'database', parent: served.name })
}

async function table(c: RouteContext, room: TablesRoom): Promise<Response> {
  const served = databaseIn(c, room)
  const name = tableIn(c)
  const url = new URL(c.req.url)
  const parameters = url.searchParams
  const options = readJsonOptions(parameters)
  refuseFacets(parameters)
  const extras = readExtras(parameters, 'table')
  const neighbours = await visibleNeighbours(room.permissions, c.var.actor, served, name)
  const resource: Resource = { kind: 'table', parent: served.name, child: name }

  const page = await readTableJson(
    served,
    name,
    {
      parameters,
      mayExecuteSql: await mayAskWhere(room.permissions, c.var.actor, served.name, parameters),
      fileIds: await room.fileIds(c.var.actor, served, name, parameters),
      mayView: (other) => neighbours.has(other),
      count: wantsCount(extras, parameters, options.shape),
      labels: wantedLabels(parameters),
      signal: c.req.raw.signal,
    },
    queryShape(options),
  )
  const nextUrl = page.next === null ? null : nextAddress(requestOrigin(c, room.proxy), url, page.next, page.query)
  const before = {
    ok: true,
    next: page.next,
    next_url: nextUrl,
    ...(extras.size > 0 &&
      (await tableExtras(extras, {
        database: served,
        schema: page.schema,
        table: page.table,
        columns: page.columns,
        sql: { sql: page.query.sql, params: page.query.params },
        url,
        page,
        parameters,
        isPrivate: () => isPrivate(room, resource),
        columnTypes: () => columnTypes(room, served, name),
      }))),
  }
  const type = options.lines ? 'text/plain; charset=utf-8' : JSON_TYPE
  const response = await answer(c, room, jsonAnswer(before, page.rowsJson, options), type, resource)
  if (nextUrl !== null) response.headers.set('Link', `<${nextUrl}>; rel="next"`)
  return response
}

async function row(c: RouteContext, room: TablesRoom): Promise<Response> {
  const started = performance.now()
  const served = databaseIn(c, room)
  const name = tableIn(c)
  const url = new URL(c.req.url)
  const options = readJsonOptions(url.searchParams)
  const extras = readExtras(url.searchParams, 'row')
  const neighbours = await visibleNeighbours(room.permissions, c.var.actor, served, name)
  const resource: Resource = { kind: 'table', parent: served.name, child: name }
  const page = await readRow(served, name, c.req.param('pks') ?? '', {
    mayView: (other) => neighbours.has(other),
    labels: false,
    linked: extras.has('foreign_key_tables'),
    json: (table, columns) => jsonShape(options, table, columns),
    signal: c.req.raw.signal,
  })
  const before = {
    ok: true,
    database: served.name,
    table: name,
    primary_keys: page.keyNames,
    primary_key_values: page.keyValues,
    ...(extras.size > 0 &&
      (await rowExtras(extras, {
        database: served,
        schema: page.schema,
        table: page.table,
        columns: page.columns,
        sql: { sql: page.sql, params: page.params },
        url,
        row: page,
        urls: room.urls,
        isPrivate: () => isPrivate(room, resource),
        columnTypes: () => columnTypes(room, served, name),
      }))),
    query_ms: performance.now() - started,
  }
  const type = options.lines ? 'text/plain; charset=utf-8' : JSON_TYPE
  return answer(c, room, jsonAnswer(before, page.rowJson ?? Buffer.from('[]'), options), type, resource)
}

function wantsCount(extras: ReadonlySet<string>, parameters: URLSearchParams, shape: string): boolean {
  return extras.has('count_truncated') && !parameters.get('_nocount') && shape !== 'array' && shape !== 'object'
}

/** `_labels=on` is every foreign key, `_label=COLUMN` those that are named. */
export function wantedLabels(parameters: URLSearchParams, byDefault = false): 'all' | 'none' | readonly string[] {
  if (parameters.has('_label')) return parameters.getAll('_label')
  const given = parameters.get('_labels') ?? ''
  if (/^(?:on|true|1)$/i.test(given)) return 'all'
  return byDefault && !/^(?:off|false|0)$/i.test(given) ? 'all' : 'none'
}

/** The address of the next page: this one's, with the cursor and the sort it was made for. */
export function nextAddress(
  origin: string,
  url: URL,
  cursor: string,
  {
    table,
    sort,
  }: { readonly table: Table; readonly sort: { readonly column: string; readonly descending: boolean } | null },
): string {
  const next = new URL(url.pathname + url.search, origin)
  for (const name of pageNames(table)) next.searchParams.delete(name)
  next.searchParams.append('_next', cursor)
  if (sort) {
    const name = sort.descending ? '_sort_desc' : '_sort'
    next.searchParams.delete(name)
    next.searchParams.append(name, sort.column)
  }
  // What tilde encoding writes is safe in a query, so it stays legible.
  next.search = next.search.replaceAll('%7E', '~')
  return next.href
}

/** Whether somebody who has not signed in may not see this. */
async function isPrivate({ permissions }: TablesRoom, resource: Resource): Promise<boolean> {
  const action =
    resource.kind === 'table' ? 'view-table' : resource.kind === 'database' ? 'view-database' : 'view-instance'
  return !(await permissions.allowed(null, action, resource))
}

const FILE_TYPE = { type: 'file', config: null }

async function columnTypes(room: TablesRoom, database: ServedDatabase, table: string): Promise<ColumnTypes> {
  const files = await room.fileColumns.of(database.name, table)
  const declared = Object.entries(database.config.tables[table]?.columns ?? {})
  return Object.fromEntries([
    ...declared.flatMap(([name, { columnType }]) =>
      columnType ? [[name, { type: columnType.type, config: columnType.config ?? null }]] : [],
    ),
    ...[...files.keys()].map((name) => [name, FILE_TYPE]),
  ])
}

/**
 * Answers that anybody may see can be kept for a moment by those who have not signed in, others not at all. Whoever has
 * signed in may have changed a row the moment before, and wants to see it.
 */
async function answer(
  c: RouteContext,
  room: TablesRoom,
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
  resource: Resource,
): Promise<Response> {
  const closed = c.var.actor !== null && (await isPrivate(room, resource))
  const asked = c.req.query('_ttl')
  const ttl = asked !== undefined && /^\d{1,9}$/.test(asked) ? Number(asked) : room.cacheTtl
  const shared = ttl === 0 ? 'no-cache' : `max-age=${ttl}`
  const open = c.var.actor === null || asked !== undefined ? shared : 'private, no-cache'
  return new Response(body, {
    headers: {
      'Content-Type': type,
      'Cache-Control': closed ? 'private, no-store' : open,
      Vary: 'Cookie, Authorization, X-User-Token',
    },
  })
}
