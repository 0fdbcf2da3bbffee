import type { FileRecord } from '../../files/record.ts'
import type { HoldallError } from '../../web/error.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { postButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import type { Resource, RouteContext } from '../../web/route.ts'
import { allCollections } from '../collections/rows.ts'
import { collectionResource, type DatasetsRoom } from '../place.ts'

/** The question which collection a file is to be a dataset of. @param refused why it was not made, when it was asked before */
export async function makePage(
  room: DatasetsRoom,
  c: RouteContext,
  { file, refused }: { readonly file: FileRecord; readonly refused?: HoldallError },
): Promise<Html> {
  const { urls, permissions, database } = room
  const all = await allCollections(database)
  const resources = all.map(({ organization, id }) => collectionResource(organization, id))
  const allowed = new Set<Resource>(await permissions.among(c.var.actor, 'edit-collection', resources))
  const collections = all.filter((_, at) => allowed.has(resources[at] as Resource))
  const action = urls.path(`/-/files/${file.id}/-/dataset`)
  return await renderPage({
    ...(await room.frame(c)),
    title: `Make a dataset of ${file.filename}`,
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: file.filename, href: urls.file(file.id) },
      { label: 'Make a dataset' },
    ],
    lede: 'Nothing is copied: the file stays where it is, and the dataset reads it there. Whoever may see the collection may ask it.',
    body: html`<div class="stack">${refused !== undefined && notice({ tone: 'danger', title: 'No dataset was made.', body: refused.message, role: 'alert' })}${
      collections.length === 0
        ? emptyState({
            icon: 'table',
            title: 'There is no collection that you may add to',
            body: 'Whoever manages collections can make one, or let you add to theirs.',
          })
        : html`<section class="panel panel-body" aria-labelledby="collections"><h2 id="collections" class="section-head">Into which collection</h2>${linkedRows(
            collections.map(({ organization, id, label }) => ({
              title: label,
              note: `${id} · ${organization}`,
              icon: 'table' as const,
              end: postButton(action, { label: `Make dataset in ${label}` }, { organization, collection: id }),
            })),
          )}</section>`
    }</div>`,
  })
}
