import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { postButton } from '../../web/parts/button.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { dataTable, pager } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { stemOf } from '../identity.ts'
import { encodeSeq } from '../paging.ts'
import { collectionHref, type DatasetsRoom, datasetHref } from '../place.ts'
import type { DatasetPage, DatasetSummary } from '../records.ts'
import { crumbsTo } from './form-page.ts'
import type { Collection } from './rows.ts'

/** GET `/-/datasets/{organization}/{id}/-/trash`: deleted datasets, to be put back. */
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
  return renderPage({
    ...(await room.frame(c)),
    title: 'Trash',
    section: 'datasets',
    said: room.once.take(c, here).said,
    crumbs: crumbsTo(room, { label: collection.label, href: home }, { label: 'Trash' }),
    body:
      page.datasets.length === 0
        ? emptyState({
            icon: 'trash',
            title: 'The trash is empty',
            body: `What is deleted from ${collection.label} lies here and can be restored.`,
          })
        : html`<section class="panel" aria-label="Deleted datasets">${dataTable({
            caption: `Deleted datasets, ${formatCount(page.datasets.length, 'dataset')}`,
            cards: true,
            density: 'roomy',
            columns: [
              { label: 'Dataset', kind: 'title' },
              { label: 'Rows', kind: 'numeric' },
              { label: 'Size', kind: 'numeric' },
              { label: 'Deleted' },
              { label: 'Restore' },
            ],
            rows: page.datasets.map((dataset) => ({
              cells: [
                stemOf(dataset.filename),
                formatNumber(dataset.rowCount),
                formatBytes(dataset.sizeBytes),
                dataset.deletionRequestedAt === null ? '' : shownTime(dataset.deletionRequestedAt),
                dataset.deletedAt === null
                  ? postButton(`${datasetHref(urls, collection, dataset.id)}/-/restore`, {
                      label: 'Restore',
                      icon: 'retry',
                      small: true,
                      more: { 'aria-label': `Restore ${stemOf(dataset.filename)}` },
                    })
                  : 'Its files are gone',
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
