import { formatCount } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { command } from '../../web/parts/facts.ts'
import { datasetUploader } from '../../web/parts/file-elements.ts'
import { emptyState } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import { crumbsTo } from '../collections/form-page.ts'
import type { Collection } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import { collectionHref, type DatasetsRoom, datasetHref } from '../place.ts'
import type { Dataset } from '../records.ts'
import type { Batch } from './batches.ts'
import type { Change } from './changes.ts'
import { reviewPanel } from './review.ts'
import { isOnTheWay, type WaitingBatch } from './waiting.ts'

export interface AddPageOptions {
  readonly collection: Collection
  readonly dataset: Dataset
  readonly mode: Batch['mode']
  readonly waiting: readonly WaitingBatch[]
  /** What became of the dataset, where something failed. */
  readonly changes: readonly Change[]
}

const WORDS = {
  append: {
    title: 'Add files',
    lede: 'Rows of Parquet, CSV, JSON or Excel files that come after those that are there.',
    note: 'Columns are matched by their names. What differs is shown before anything is added.',
    label: 'the rows of',
  },
  replace: {
    title: 'Replace',
    lede: 'A new version, instead of the rows that are there.',
    note: 'Queries that run meanwhile keep the version they began with. The old one is kept for 30 days.',
    label: 'a new version of',
  },
} as const

/** Where files are dropped that become part of a dataset, and what of them waits for somebody. */
export async function addPage(
  room: DatasetsRoom,
  c: RouteContext,
  { collection, dataset, mode, waiting, changes }: AddPageOptions,
): Promise<Html> {
  const { urls } = room
  const onTheWay = waiting.filter(isOnTheWay)
  const waitsForSomebody = waiting.filter((one) => !isOnTheWay(one))
  const here = datasetHref(urls, collection, dataset.id)
  const name = stemOf(dataset.filename)
  const { title, lede, note } = WORDS[mode]
  const own = `${here}/-/${mode === 'append' ? 'add' : 'replace'}`
  const instead = html`<div class="panel panel-body"><p>Uploading on this page needs scripts. <a href="#upload">A command</a> does the same.</p></div>`
  const { organization, id } = collection
  const uploader = datasetUploader(
    { urls, organization, collection: id, label: name, into: dataset.id, mode, note },
    instead,
  )
  const facts = `${formatCount(dataset.rowCount, 'row')}, version ${dataset.version}`
  const heading = mode === 'append' ? `${title} to ${name}` : `${title} ${name}`
  return renderPage({
    ...(await room.frame(c)),
    title: heading,
    heading,
    section: 'datasets',
    said: room.once.take(c, own).said,
    crumbs: crumbsTo(
      room,
      { label: collection.label, href: collectionHref(urls, collection) },
      { label: name, href: here },
      { label: title },
    ),
    lede: html`${lede} <span data-live="facts">${formatCount(dataset.columnCount, 'column')}, ${facts}.</span>`,
    body: html`<div class="with-uploads"><div class="stack"><div class="stack" id="waiting" data-live="waiting"${
      onTheWay.length > 0 && html` data-live-on="${name} has changed"`
    }>${
      waitsForSomebody.length === 0
        ? onTheWay.length > 0
          ? goesOn(onTheWay)
          : nothingWaits(mode)
        : waitsForSomebody.map((one) => reviewPanel(one, { action: `${here}/-/add`, name, changes }))
    }</div>${howTo(room, c, { collection, dataset, mode })}</div>${uploader}</div>`,
  })
}

/** Confirmed: the page looks again until it is there. */
function goesOn(batches: readonly WaitingBatch[]): Html {
  const count = batches.reduce((sum, { files }) => sum + files.length, 0)
  const title = `${formatCount(count, 'file')} on the way`
  const body = 'This page shows what has become of the dataset as soon as it is there.'
  return html`<section class="panel">${emptyState({ icon: 'table', title, body })}</section>`
}

function nothingWaits(mode: Batch['mode']): Html {
  const body =
    mode === 'append'
      ? 'A file with the same columns is added at once. One whose columns differ waits here until somebody has looked at it.'
      : 'A file that has the columns that are there, or more, becomes the next version at once. One that lacks a column, or changes a type, waits here until somebody has looked at it.'
  return html`<section class="panel">${emptyState({ icon: 'table', title: 'Nothing waits', body })}</section>`
}

function howTo(
  { origin, urls }: DatasetsRoom,
  c: RouteContext,
  { collection, dataset, mode }: Omit<AddPageOptions, 'waiting' | 'changes'>,
) {
  const words = [
    ...['npx holdall upload-parquet --file more.parquet', `--${mode} ${dataset.id}`],
    ...[`--api-base-url ${origin(c)}${urls.base}`, `--orgid ${collection.organization}`],
    ...[`--collection-id ${collection.id}`, '--token "$HOLDALL_TOKEN"'],
  ]
  return html`<section aria-labelledby="upload"><h2 id="upload" class="section-head">From a terminal</h2><div class="panel panel-body stack-tight"><p>Several files, each after its own <code>--file</code>, come together or not at all.</p>${command(words.join(' '))}<p class="hint">Make a token under <a href="${urls.path('/-/tokens')}">Tokens and sessions</a>.</p></div></section>`
}
