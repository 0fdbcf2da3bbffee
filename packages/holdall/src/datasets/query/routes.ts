import { z } from 'zod'
import { disposition } from '../../files/serving/disposition.ts'
import { readJson } from '../../uploads/json.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { QUERY_API, QUERY_BODY } from '../api.ts'
import { exportRows } from '../browse/export.ts'
import type { ExportFormat } from '../engine/engine.ts'
import { stemOf } from '../identity.ts'
import {
  COLLECTION_PATH,
  collectionAt,
  DATASET_PATH,
  type DatasetsRoom,
  datasetInUse,
  mayCollection,
} from '../place.ts'
import type { Asks } from './ask.ts'

const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
}
const FORMAT = z.enum(['csv', 'ndjson', 'parquet'])

/** Asking the datasets of a collection, and taking them away as files. */
export function queryRoutes(room: DatasetsRoom & { readonly asks: Asks }): Route[] {
  const { asks } = room
  return [
    {
      method: 'POST',
      path: `${COLLECTION_PATH}/query`,
      need: mayCollection('query-collection'),
      api: QUERY_API.query,
      async handler(c) {
        const { sql } = await readJson(c, QUERY_BODY)
        const collection = await collectionAt(room, c)
        const answer = await asks.query({ collection, sql, ...whoAsks(c) })
        const { columns, rows, truncated, elapsedMs } = answer
        return c.json({ ok: true, columns, rows, truncated, elapsed_ms: elapsedMs })
      },
    },
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/export`,
      need: mayCollection('query-collection'),
      api: QUERY_API.export,
      async handler(c) {
        const { collection, dataset } = await datasetInUse(room, c)
        const format = FORMAT.safeParse(c.req.query('format') ?? 'csv')
        if (!format.success) throw new HoldallError('bad_request', { reason: 'format must be csv, ndjson or parquet.' })
        const sql = c.req.query('sql')
        const filters = exportParameters(c)
        // What is saved under one name in a browser are the same rows.
        const part = sql ? '-answer' : filters.size > 0 ? '-rows' : ''
        const headers = {
          'Content-Type': TYPES[format.data],
          'Content-Disposition': disposition('attachment', `${stemOf(dataset.filename)}${part}.${format.data}`),
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-store',
        }
        // Nobody would read what was written for it.
        if (c.req.method === 'HEAD') return new Response(null, { headers })
        const made = sql
          ? await asks.export({ collection, sql, format: format.data, ...whoAsks(c) })
          : await exportRows(asks, dataset, filters, { who: whoAsks(c), format: format.data })
        return new Response(made.stream, { headers: { ...headers, 'Content-Length': String(made.size) } })
      },
    },
  ]
}

/** The filters of an export: its own two parameters are none of them. */
function exportParameters(c: RouteContext): URLSearchParams {
  const parameters = new URL(c.req.url).searchParams
  for (const own of ['format', 'sql']) parameters.delete(own)
  return parameters
}

/** A client that goes away stops its query. */
export function whoAsks(c: RouteContext) {
  return { actorId: c.var.actor?.id ?? null, signal: c.req.raw.signal }
}
