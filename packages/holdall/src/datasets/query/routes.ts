import { z } from 'zod'
import { disposition } from '../../files/serving/disposition.ts'
import { readJson } from '../../uploads/json.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { QUERY_API, QUERY_BODY } from '../api.ts'
import { exportRows } from '../browse/export.ts'
import type { Collection } from '../collections/rows.ts'
import type { Export, ExportFormat, QueryAnswer } from '../engine/engine.ts'
import { stemOf } from '../identity.ts'
import {
  COLLECTION_PATH,
  collectionAt,
  DATASET_PATH,
  type DatasetsRoom,
  datasetHref,
  datasetInUse,
  mayCollection,
} from '../place.ts'
import type { Dataset } from '../records.ts'
import type { KeptAnswers } from './answers.ts'
import type { Asks } from './ask.ts'
import type { Kept } from './kept.ts'
import { answerInLines, type Followed, wantsLines } from './lines.ts'

const TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  ndjson: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
}
const FORMAT = z.enum(['csv', 'ndjson', 'parquet'])

export type QueryRoom = DatasetsRoom & {
  readonly asks: Asks
  readonly answers: KeptAnswers
  /** Files that were made for whoever follows how, and then fetches them. */
  readonly made: Kept<Export>
  readonly log: Log
}

/** Asking the datasets of a collection, and taking them away as files. */
export function queryRoutes(room: QueryRoom): Route[] {
  const { asks, log } = room
  return [
    {
      method: 'POST',
      path: `${COLLECTION_PATH}/query`,
      need: mayCollection('query-collection'),
      api: QUERY_API.query,
      async handler(c) {
        const { sql } = await readJson(c, QUERY_BODY)
        const collection = await collectionAt(room, c)
        const question = { collection, sql, ...whoAsks(c) }
        if (!wantsLines(c)) return c.json(answerJson(await asks.query(question)))
        return answerInLines(c, log, async (followed) => answerJson(await asks.query({ ...question, ...followed })))
      },
    },
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/export`,
      need: mayCollection('query-collection'),
      api: QUERY_API.export,
      handler: (c) => exported(room, c),
    },
  ]
}

function answerJson({ columns, rows, truncated, elapsedMs }: QueryAnswer) {
  return { ok: true, columns, rows, truncated, elapsed_ms: elapsedMs }
}

async function exported(room: QueryRoom, c: RouteContext): Promise<Response> {
  const { made, log, urls } = room
  const { collection, dataset } = await datasetInUse(room, c)
  const format = FORMAT.safeParse(c.req.query('format') ?? 'csv')
  if (!format.success) throw new HoldallError('bad_request', { reason: 'format must be csv, ndjson or parquet.' })
  const asked: AskedExport = { ...{ collection, dataset, format: format.data }, sql: c.req.query('sql') ?? '' }
  const filters = exportParameters(c)
  // What is saved under one name in a browser are the same rows.
  const part = asked.sql ? '-answer' : filters.size > 0 ? '-rows' : ''
  const filename = `${stemOf(dataset.filename)}${part}.${format.data}`
  const headers = {
    'Content-Type': TYPES[format.data],
    'Content-Disposition': disposition('attachment', filename),
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  }
  // Nobody would read what was written for it.
  if (c.req.method === 'HEAD') return new Response(null, { headers })
  const whose = whoseAnswers(c, dataset)
  if (c.req.query('_follow'))
    return answerInLines(c, log, async (followed) => {
      const file = await makeExport(room, c, asked, filters, followed)
      const parameters = new URL(c.req.url).searchParams
      parameters.delete('_follow')
      parameters.set('_made', made.keep(file, whose))
      const href = `${datasetHref(urls, collection, dataset.id)}/-/export?${parameters}`
      return { ok: true, href, filename, size_bytes: file.size }
    })
  // One that was fetched already, or has waited for too long, is made anew.
  const file = made.take(c.req.query('_made') ?? '', whose) ?? (await makeExport(room, c, asked, filters))
  return new Response(file.stream, { headers: { ...headers, 'Content-Length': String(file.size) } })
}

interface AskedExport {
  readonly collection: Collection
  readonly dataset: Dataset
  readonly format: ExportFormat
  /** Empty for rows of the dataset. */
  readonly sql: string
}

async function makeExport(
  { asks, answers }: QueryRoom,
  c: RouteContext,
  { collection, dataset, format, sql }: AskedExport,
  filters: URLSearchParams,
  followed?: Followed,
): Promise<Export> {
  const who = { ...whoAsks(c), ...followed }
  if (!sql) return await exportRows(asks, dataset, filters, { who, format })
  const shown = answers.get(c.req.query('_answer') ?? '', whoseAnswers(c, dataset))
  return shown === undefined
    ? await asks.export({ collection, sql, format, ...who })
    : await asks.exportAnswer(shown, { who, format })
}

/** Whom an answer, or a file made of one, is kept for. */
export function whoseAnswers(c: RouteContext, { id }: Pick<Dataset, 'id'>): string {
  return JSON.stringify([c.var.actor?.id ?? null, id])
}

/** The filters of an export: its own parameters are none of them. */
function exportParameters(c: RouteContext): URLSearchParams {
  const parameters = new URL(c.req.url).searchParams
  for (const own of ['format', 'sql', '_answer', '_follow', '_made']) parameters.delete(own)
  return parameters
}

/** A client that goes away stops its query. */
export function whoAsks(c: RouteContext) {
  return { actorId: c.var.actor?.id ?? null, signal: c.req.raw.signal }
}
