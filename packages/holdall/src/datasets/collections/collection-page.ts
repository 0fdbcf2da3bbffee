import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton } from '../../web/parts/button.ts'
import { badge } from '../../web/parts/chips.ts'
import { command } from '../../web/parts/facts.ts'
import { datasetUploader } from '../../web/parts/file-elements.ts'
import { menu } from '../../web/parts/menu.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import { INSTANCE, type RouteContext } from '../../web/route.ts'
import { stemOf } from '../identity.ts'
import { encodeSeq } from '../paging.ts'
import { collectionHref, collectionResource, type DatasetsRoom, datasetHref, managedHref } from '../place.ts'
import type { DatasetPage, DatasetSummary } from '../records.ts'
import { crumbsTo } from './form-page.ts'
import { totalsOf } from './list.ts'
import { totalsLine } from './list-page.ts'
import type { Collection } from './rows.ts'
import { whoMay } from './who-may.ts'

/** GET `/-/datasets/{organization}/{id}`: its datasets, how to add some, and who may do what. */
export async function collectionPage(
  room: DatasetsRoom,
  c: RouteContext,
  collection: Collection,
  page: DatasetPage<DatasetSummary>,
): Promise<Html> {
  const { urls, permissions, database } = room
  const { actor } = c.var
  const here = collectionHref(urls, collection)
  const resource = collectionResource(collection.organization, collection.id)
  const [frame, totals, manages, edits] = await Promise.all([
    room.frame(c),
    totalsOf(database, [collection.seq]),
    permissions.allowed(actor, 'manage-collections', INSTANCE),
    permissions.allowed(actor, 'edit-collection', resource),
  ])
  const total = totals.get(collection.seq)
  const isFirst = (c.req.query('_next') ?? c.req.query('cursor') ?? '') === ''
  return renderPage({
    ...frame,
    title: collection.label,
    section: 'datasets',
    said: room.once.take(c, here).said,
    crumbs: crumbsTo(room, { label: collection.label }),
    // There while it is empty, too: it follows what finishes.
    lede: html`<span data-live="totals">${total !== undefined && totalsLine(total)}</span>`,
    actions: html`${edits && linkButton({ label: 'Trash', href: `${here}/-/trash`, icon: 'trash' })}${menu({
      label: 'Collection actions',
      iconOnly: true,
      groups: [
        manages ? [{ label: 'Settings', href: managedHref(urls, collection, 'update'), icon: 'edit' }] : [],
        manages && total === undefined && collection.origin === 'runtime'
          ? [
              {
                label: 'Delete collection',
                href: managedHref(urls, collection, 'delete'),
                post: {},
                icon: 'trash',
                danger: true,
              },
            ]
          : [],
      ],
    })}`,
    body: withUploads(
      edits ? uploadPlace(room, collection) : null,
      html`<div class="stack">${
        page.datasets.length === 0 && isFirst
          ? html`<section class="panel" data-live="datasets">${nothingYet(edits)}</section>`
          : html`<section class="panel" aria-label="Datasets" data-live="datasets">${datasetTable(room, collection, page.datasets)}${
              (!isFirst || page.next !== null) &&
              pager({
                text: `${formatNumber(page.datasets.length)} of ${formatCount(total?.datasets ?? 0, 'dataset')}`,
                firstHref: isFirst ? null : here,
                nextHref: page.next === null ? null : collectionHref(urls, collection, { _next: encodeSeq(page.next) }),
              })
            }</section>`
      }${edits && howToUpload(room, c, collection)}${(edits || manages) && whoMay(room, collection)}</div>`,
    ),
  })
}

/** Beside what is there, where more comes in. */
function withUploads(place: Html | null, datasets: Html): Html {
  return place === null ? datasets : html`<div class="with-uploads">${datasets}${place}</div>`
}

function uploadPlace({ urls }: DatasetsRoom, { organization, id, label }: Collection): Html {
  const instead = html`<div class="panel panel-body"><p>Uploading on this page needs scripts. <a href="#upload">A command</a> does the same.</p></div>`
  return datasetUploader({ urls, organization, collection: id, label }, instead)
}

function nothingYet(edits: boolean): Html {
  return emptyState({
    icon: 'table',
    title: 'No datasets yet',
    body: edits
      ? 'A Parquet, CSV, JSON or Excel file that is uploaded here becomes a table that can be asked with SQL.'
      : 'Whoever may add to this collection has not uploaded anything yet.',
  })
}

function datasetTable({ urls }: DatasetsRoom, collection: Collection, datasets: readonly DatasetSummary[]): Html {
  return dataTable({
    caption: `Datasets of ${collection.label}, the last added first`,
    cards: true,
    density: 'roomy',
    columns: [
      { label: 'Dataset', kind: 'title' },
      { label: 'Rows', kind: 'numeric' },
      { label: 'Columns', kind: 'numeric' },
      { label: 'Size', kind: 'numeric' },
      { label: 'Added' },
    ],
    rows: datasets.map((dataset) => ({
      cells: [
        html`<a class="row-link" href="${safeUrl(datasetHref(urls, collection, dataset.id))}"><strong>${stemOf(dataset.filename)}</strong></a>${
          dataset.version > 1 && html` ${badge(`version ${dataset.version}`)}`
        }`,
        formatNumber(dataset.rowCount),
        formatNumber(dataset.columnCount),
        formatBytes(dataset.sizeBytes),
        html`<span>${shownTime(dataset.createdAt)}${
          dataset.uploadedBy !== null && html` <span class="muted">by ${dataset.uploadedBy}</span>`
        }</span>`,
      ],
    })),
  })
}

/** What to type, for whoever has the file where there is no browser, and for pages without scripts. */
function howToUpload({ origin, urls }: DatasetsRoom, c: RouteContext, { organization, id }: Collection): Html {
  const words = [
    ...['npx holdall upload-parquet --file visits.parquet', `--api-base-url ${origin(c)}${urls.base}`],
    ...[`--orgid ${organization}`, `--collection-id ${id}`, '--token "$HOLDALL_TOKEN"'],
  ]
  return html`<section aria-labelledby="upload"><h2 id="upload" class="section-head">Upload from a terminal</h2><div class="panel panel-body stack-tight"><p>An upload that was broken off goes on where it was when it is begun again.</p>${command(
    words.join(' '),
  )}<p class="hint">Make a token under <a href="${urls.path('/-/tokens')}">Tokens and sessions</a>.</p></div></section>`
}
