import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton, postButton } from '../../web/parts/button.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { stemOf } from '../identity.ts'
import { encodeSeq } from '../paging.ts'
import { collectionHref, type DatasetsRoom, datasetHref } from '../place.ts'
import type { DatasetPage, DatasetSummary } from '../records.ts'
import { RETENTION_DAYS, RETENTION_MS } from '../trash/limits.ts'
import { crumbsTo } from './form-page.ts'
import type { Collection } from './rows.ts'

/** GET `/-/datasets/{organization}/{id}/-/trash`: deleted datasets, to be put back or to be deleted for good. */
export async function trashPage(
  room: DatasetsRoom,
  c: RouteContext,
  collection: Collection,
  page: DatasetPage<DatasetSummary>,
): Promise<Html> {
  const { urls } = room
  const home = collectionHref(urls, collection)
  const here = `${home}/-/trash`
  const isFirst = (c.req.query('_next') ?? c.req.query('cursor') ?? '') === ''
  const restorable = page.datasets.some(({ purgingAt }) => purgingAt === null)
  return renderPage({
    ...(await room.frame(c)),
    title: 'Trash',
    section: 'datasets',
    said: room.once.take(c, here).said,
    crumbs: crumbsTo(room, { label: collection.label, href: home }, { label: 'Trash' }),
    lede: restorable ? 'Each can be restored until the day that is written beside it.' : undefined,
    ...(restorable && {
      actions: linkButton({ label: 'Empty trash…', href: `${here}/purge`, icon: 'trash', kind: 'danger' }),
    }),
    body:
      page.datasets.length === 0
        ? emptyState({
            icon: 'trash',
            title: 'The trash is empty',
            body: `What is moved to the trash from ${collection.label} stays here for ${RETENTION_DAYS} days and can be restored until then.`,
          })
        : html`<section class="panel" aria-label="Datasets in the trash">${dataTable({
            caption: `Datasets in the trash, ${formatCount(page.datasets.length, 'dataset')}`,
            cards: true,
            density: 'roomy',
            columns: [
              { label: 'Dataset', kind: 'title' },
              { label: 'Rows', kind: 'numeric' },
              { label: 'Size', kind: 'numeric' },
              { label: 'Since' },
              { label: 'Kept until' },
              { label: 'Restore or delete for good' },
            ],
            rows: page.datasets.map((dataset) => ({
              cells: [
                nameCell(dataset, datasetHref(urls, collection, dataset.id)),
                formatNumber(dataset.rowCount),
                formatBytes(dataset.sizeBytes),
                dataset.deletionRequestedAt === null ? '' : shownTime(dataset.deletionRequestedAt),
                keptUntil(dataset),
                choices(dataset, datasetHref(urls, collection, dataset.id)),
              ],
            })),
          })}${
            (!isFirst || page.next !== null) &&
            pager({
              text: formatCount(page.datasets.length, 'dataset'),
              firstHref: isFirst ? null : here,
              nextHref: page.next === null ? null : `${here}?_next=${encodeSeq(page.next)}`,
            })
          }</section>`,
  })
}

function nameCell({ filename, purgingAt }: DatasetSummary, href: string): Html | string {
  const name = stemOf(filename)
  return purgingAt === null ? html`<a href="${safeUrl(href)}">${name}</a>` : name
}

function keptUntil({ deletionRequestedAt, purgingAt, deletedAt }: DatasetSummary): Html | string {
  if (deletedAt !== null) return html`Gone since ${shownTime(deletedAt)}`
  if (deletionRequestedAt === null || purgingAt !== null) return 'Being removed'
  return shownTime(new Date(Date.parse(deletionRequestedAt) + RETENTION_MS).toISOString())
}

function choices({ filename, purgingAt, deletedAt }: DatasetSummary, href: string): Html | string {
  if (purgingAt !== null)
    return html`<span class="muted">${deletedAt === null ? 'Deleted for good' : 'Nothing is left of it'}</span>`
  const name = stemOf(filename)
  return html`<div class="actions">${postButton(`${href}/-/restore`, {
    label: 'Restore',
    icon: 'retry',
    small: true,
    more: { 'aria-label': `Restore ${name}` },
  })}${linkButton({
    label: 'Delete for good…',
    href: `${href}/-/purge`,
    kind: 'danger',
    small: true,
    more: { 'aria-label': `Delete for good… ${name}` },
  })}</div>`
}
