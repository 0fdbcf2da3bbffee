import { readJsonOptions } from '../../tables/json.ts'
import { addressOf } from '../../tables/pages/address.ts'
import { filterKind } from '../../tables/pages/filter-kinds.ts'
import { filtersIn, settleWith } from '../../tables/pages/settle.ts'
import { nextAddress } from '../../tables/routes.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { type DatasetPagesRoom, showDataset } from '../pages/dataset-page.ts'
import { DATASET_PATH, datasetHref, datasetInUse, mayCollection } from '../place.ts'
import { whoAsks } from '../query/routes.ts'
import type { Dataset } from '../records.ts'
import { ROWS_API } from './api.ts'
import { droppedOf } from './dropped.ts'
import { type Question, readQuestion } from './question.ts'
import { readRows } from './read.ts'
import { readExtras, rowsAnswer } from './rows-json.ts'
import { type RowsOutcome, rowsPanel } from './rows-panel.ts'
import { tableOf } from './table.ts'

/** The rows of a dataset, with the parameters of the table API. */
export function rowsRoutes(room: DatasetPagesRoom): Route[] {
  return [
    {
      method: 'GET',
      path: `${DATASET_PATH}/rows`,
      json: true,
      need: mayCollection('query-collection'),
      api: ROWS_API.rows,
      handler: (c) => (c.var.format === 'json' ? json(room, c) : page(room, c)),
    },
  ]
}

async function json(room: DatasetPagesRoom, c: RouteContext): Promise<Response> {
  const { dataset } = await datasetInUse(room, c)
  const url = new URL(c.req.url)
  const parameters = url.searchParams
  const options = readJsonOptions(parameters)
  const extras = readExtras(parameters)
  if (options.shape === 'object')
    throw new HoldallError('bad_request', { reason: '_shape=object not available for tables with no primary keys' })
  const question = readQuestion(dataset, parameters)
  const count = extras.has('count') && !parameters.get('_nocount')
  const found = await readRows(dataset, question, { asks: room.asks, who: whoAsks(c), count })
  const nextUrl = found.next === null ? null : nextAddress(room.origin(c), url, found.next, question)
  return new Response(rowsAnswer(found, options, { extras, nextUrl }), {
    headers: {
      'Content-Type': options.lines ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
      'Cache-Control': 'private, no-store',
      ...(nextUrl !== null && { Link: `<${nextUrl}>; rel="next"` }),
    },
  })
}

async function page(room: DatasetPagesRoom, c: RouteContext): Promise<Response> {
  const { collection, dataset } = await datasetInUse(room, c)
  const here = `${datasetHref(room.urls, collection, dataset.id)}/rows`
  const parameters = new URL(c.req.url).searchParams
  const settled = await settleWith(parameters, () => filtersIn(parameters, kindAsked(dataset, parameters)))
  if (settled !== null) return c.redirect(settled.size === 0 ? here : `${here}?${settled}`, 302)
  const question = readQuestion(dataset, parameters)
  const outcome = await read(room, c, { dataset, question, parameters })
  const address = addressOf(here, parameters, question.table)
  return await showDataset(room, c, {
    ...{ collection, dataset },
    tab: 'rows',
    panel: { body: rowsPanel(dataset, question, outcome, address), status: statusOf(outcome) },
    exported: exportParameters(question),
  })
}

function kindAsked(dataset: Dataset, given: URLSearchParams) {
  const table = tableOf(dataset)
  return filterKind({ table, fileColumns: new Map(), references: new Map() }, given.get('_filter_column') ?? '')
}

/** What is refused or fails is said where the rows would stand, under the filters that it is due to. */
async function read(
  room: DatasetPagesRoom,
  c: RouteContext,
  { dataset, question, parameters }: { dataset: Dataset; question: Question; parameters: URLSearchParams },
): Promise<RowsOutcome> {
  try {
    const asking = { asks: room.asks, who: whoAsks(c) }
    const found = await readRows(dataset, question, { ...asking, count: !parameters.has('_nocount') })
    return { page: found, dropped: await droppedOf(dataset, found, parameters, asking) }
  } catch (error) {
    if (error instanceof HoldallError && error.code !== 'internal') return { error }
    throw error
  }
}

function statusOf(outcome: RowsOutcome): number {
  return 'error' in outcome ? outcome.error.status : 200
}

/** The same rows in the same order, under names that mean nothing else to an export. */
function exportParameters({ filters, search, where, sort, columns, table }: Question): URLSearchParams {
  const parameters = new URLSearchParams()
  for (const { column, operator, value } of filters) parameters.append(`${column}__${operator}`, value)
  if (search !== null) parameters.set('_search', search.text ?? '')
  for (const condition of where) parameters.append('_where', condition)
  if (sort !== null) parameters.set(sort.descending ? '_sort_desc' : '_sort', sort.column)
  if (columns.length < table.columns.length) for (const column of columns) parameters.append('_col', column)
  return parameters
}
