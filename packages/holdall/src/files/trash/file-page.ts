import { formatBytes } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton, postButton } from '../../web/parts/button.ts'
import { facts } from '../../web/parts/facts.ts'
import { preview } from '../../web/parts/file.ts'
import { notice } from '../../web/parts/notice.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { usedIn } from '../pages/file.ts'
import { originOf } from '../pages/list-address.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import { typeName } from '../types.ts'
import { type TrashedFile, trashNote } from './record.ts'

const PICTURE_SIDE = 400

/** GET `/-/files/{id}` of a file in the trash, for who may delete it. */
export async function trashedFilePage(room: FilesRoom, c: RouteContext, file: TrashedFile): Promise<Html> {
  const { urls, frame, sources, registry, findUses } = room
  const { trashedAt, trashedBy, purgeAfter } = file.trash
  const [uses, who] = await Promise.all([
    findUses(c.var.actor, file.id),
    trashedBy === null ? null : registry.nameOf(trashedBy),
  ])
  const source = sources.byId(file.sourceId)
  const label = source?.label ?? file.sourceSlug
  const at = (action: string) => urls.path(`/-/files/${file.id}/-/${action}`)
  const purgeable = source?.capabilities.can_delete === true
  return renderPage({
    ...(await frame(c)),
    title: file.filename,
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: 'Trash', href: urls.path('/-/files/trash') },
      { label: file.filename },
    ],
    actions: html`${postButton(
      at('restore'),
      { label: 'Restore file', kind: 'filled', icon: 'retry' },
      { return: `${urls.file(file.id)}${originOf(c)}` },
    )}${purgeable && linkButton({ label: 'Delete for good…', href: at('purge'), kind: 'danger' })}`,
    said: room.once?.take(c, urls.file(file.id)).said,
    body: html`${notice({
      tone: 'info',
      title: `${trashNote(purgeAfter)}.`,
      body: `Only who may restore it sees it. ${
        purgeAfter !== null
          ? 'After that it is deleted for good.'
          : purgeable
            ? 'The file itself was there before Holdall: it stays where it lies until somebody deletes it for good.'
            : `${label} is read only: the file itself stays where it lies, and it can be restored at any time.`
      }`,
    })}<div class="file-layout"><div class="stack">${picture(file, room)}${usedIn(uses)}</div><aside class="stack" aria-label="About this file"><section><h2 class="section-head">Facts</h2>${facts(
      [
        ['Type', typeName(file.contentType)],
        ['Size', file.size === null ? null : formatBytes(file.size)],
        ['Source', label],
        ['In the trash since', shownTime(trashedAt)],
        ['Moved there by', who],
        ['Uploaded', shownTime(file.createdAt)],
      ],
    )}</section></aside></div>`,
  })
}

/** Enough to know it again; its bytes are for nobody until it is back. */
function picture(file: TrashedFile, { urls }: FilesRoom): Html {
  const shown = shownFile(file, urls, PICTURE_SIDE)
  if (shown.thumbnail === null) return NOTHING
  const image = { src: shown.thumbnail, width: null, height: null, alt: file.filename }
  return preview({ file: shown, image, openHref: null, caption: typeName(file.contentType) })
}
