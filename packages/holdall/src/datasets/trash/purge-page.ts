import { formatBytes, formatCount } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import type { RouteContext } from '../../web/route.ts'
import { crumbsTo } from '../collections/form-page.ts'
import type { Collection } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import { collectionHref, type DatasetsRoom } from '../place.ts'
import type { DatasetSummary } from '../records.ts'

export interface PurgeQuestion {
  readonly collection: Collection
  /** Those that are named. */
  readonly datasets: readonly Pick<DatasetSummary, 'filename' | 'rowCount' | 'sizeBytes'>[]
  /** Of all that would go. */
  readonly count: number
  readonly sizeBytes: number
  /** Where the answer is sent. */
  readonly action: string
  readonly fields?: Readonly<Record<string, string>>
}

/** The question before what cannot be undone: a page of its own, so that it is asked without scripts too. */
export async function purgePage(
  room: DatasetsRoom,
  c: RouteContext,
  { collection, datasets, count, sizeBytes, action, fields = {} }: PurgeQuestion,
): Promise<Html> {
  const home = collectionHref(room.urls, collection)
  const trash = `${home}/-/trash`
  const [only] = datasets
  const words = count === 1 && only !== undefined ? stemOf(only.filename) : formatCount(count, 'dataset')
  return renderPage({
    ...(await room.frame(c)),
    title: `Delete ${words} for good?`,
    section: 'datasets',
    crumbs: crumbsTo(
      room,
      { label: collection.label, href: home },
      { label: 'Trash', href: trash },
      { label: 'Delete for good' },
    ),
    body: html`<form class="panel card-page stack" method="post" action="${safeUrl(action)}">${linkedRows(
      datasets.map((dataset) => ({
        title: stemOf(dataset.filename),
        note: `${formatCount(dataset.rowCount, 'row')} · ${formatBytes(dataset.sizeBytes)}`,
      })),
    )}${count > datasets.length && html`<p class="muted">and ${formatCount(count - datasets.length, 'more dataset')}</p>`}<p>${
      count === 1 ? 'It' : 'They'
    } cannot be restored afterwards. This frees ${formatBytes(sizeBytes)}.</p><div class="actions">${hiddenFields(fields)}${linkButton(
      {
        label: 'Cancel',
        href: trash,
        more: { autofocus: true },
      },
    )}${button({
      label: count === 1 ? 'Delete for good' : `Delete ${words} for good`,
      type: 'submit',
      kind: 'danger-filled',
    })}</div></form>`,
  })
}
