import type { Asked } from '../../web/asked-page.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { emptyState } from '../../web/parts/notice.ts'
import { pager } from '../../web/parts/table.ts'
import { INSTANCE, type RouteContext } from '../../web/route.ts'
import { collectionHref, DATASETS_PATH, type DatasetsRoom } from '../place.ts'
import type { CollectionPage, ListedCollection, Totals } from './list.ts'

const CREATE_PATH = '/-/collections/create'

/** GET `/-/datasets`: the collections that the actor may look at. */
export async function listPage(room: DatasetsRoom, c: RouteContext, page: CollectionPage, asked: Asked): Promise<Html> {
  const { urls } = room
  const { actor } = c.var
  const frame = await room.frame(c)
  const manages = await room.permissions.allowed(actor, 'manage-collections', INSTANCE)
  const { collections, total, next } = page
  const make = linkButton({ label: 'New collection', href: urls.path(CREATE_PATH), icon: 'plus', kind: 'filled' })
  return renderPage({
    ...frame,
    title: 'Datasets',
    section: 'datasets',
    said: room.once.take(c, urls.path(DATASETS_PATH)).said,
    lede: total === 0 ? undefined : formatCount(total, 'collection'),
    actions: manages && total > 0 ? make : undefined,
    body:
      total === 0
        ? nothingHere(room, frame.path, manages, actor !== null)
        : html`${linkedRows(collections.map((collection) => rowOf(room, collection, collections)))}${
            (next !== null || asked.cursor !== undefined) &&
            pager({
              text: `${formatNumber(collections.length)} of ${formatCount(total, 'collection')}`,
              firstHref: asked.cursor === undefined ? null : urls.path(DATASETS_PATH),
              nextHref: next === null ? null : urls.path(DATASETS_PATH, { _next: next }),
              bare: true,
            })
          }`,
  })
}

function rowOf({ urls }: DatasetsRoom, collection: ListedCollection, all: readonly ListedCollection[]) {
  const namesake = all.some((other) => other !== collection && other.label === collection.label)
  return {
    title: collection.label,
    note: html`${totalsLine(collection)}${namesake && html` · <span class="mono">${collection.organization}</span>`}`,
    href: collectionHref(urls, collection),
  }
}

/** "3 datasets · 48,219,604 rows · 1.2 GB" */
export function totalsLine({ datasets, rows, sizeBytes }: Totals): string {
  if (datasets === 0) return 'No datasets yet'
  return [formatCount(datasets, 'dataset'), formatCount(rows, 'row'), formatBytes(sizeBytes)].join(' · ')
}

function nothingHere({ urls }: DatasetsRoom, path: string, manages: boolean, signedIn: boolean): Html {
  if (manages) {
    return emptyState({
      icon: 'table',
      title: 'No collection yet',
      body: 'A Parquet, CSV, JSON or Excel file that is uploaded becomes a dataset: a table that can be asked with SQL. Datasets lie in collections, and each collection says who may view them, ask them and add to them.',
      actions: linkButton({ label: 'Make a collection', href: urls.path(CREATE_PATH), icon: 'plus', kind: 'filled' }),
    })
  }
  return emptyState({
    icon: 'table',
    title: 'No collection is open to you',
    body: signedIn
      ? 'Whoever runs this server, or has made a collection, can let you in.'
      : 'Sign in to see the collections that are open to you.',
    actions: signedIn
      ? undefined
      : linkButton({
          label: 'Sign in',
          href: urls.path('/-/sign-in', { return: path }),
          kind: 'filled',
          icon: 'signIn',
        }),
  })
}
