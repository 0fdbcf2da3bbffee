import type { Source } from '../../sources/sources.ts'
import type { HoldallError } from '../../web/error.ts'
import { formatLimit } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { errorSummary } from '../../web/parts/field.ts'
import { uploader } from '../../web/parts/file-elements.ts'
import { notice } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import { type FilesRoom, sourcesFor } from '../room.ts'
import { uploadHref } from './upload-href.ts'

/** GET `/-/files/upload/{source}`: a queue to drop files onto; without scripts a form. */
export async function uploadPage(
  room: FilesRoom,
  c: RouteContext,
  source: Source,
  error?: HoldallError,
): Promise<Html> {
  const { urls, frame } = room
  // It may be there by now, or nobody has asked it since the server started.
  if (source.active && !source.capabilities.can_upload && !source.availability.available) {
    await source.check().catch(() => {})
  }
  const [browse, deletes] = await Promise.all([
    sourcesFor(room, c.var.actor, 'files-browse'),
    // Also of the very first file that they send there.
    room.permissions.allowed(c.var.actor, 'files-delete', {
      kind: 'file',
      parent: source.slug,
      child: '',
      isOwn: true,
    }),
  ])
  const browsable = browse.includes(source)
  const { accept, maxFileSize } = source.rules
  return renderPage({
    ...(await frame(c)),
    title: `Upload files to ${source.label}`,
    heading: 'Upload files',
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: source.label, ...(browsable && { href: urls.source(source.slug) }) },
      { label: 'Upload' },
    ],
    lede: `To ${source.label}`,
    said: room.once?.take(c, uploadHref(room, source)).said,
    body: html`${
      error &&
      errorSummary(
        'Not everything was uploaded',
        error.errors.map((message) => ({ message })),
      )
    }${
      source.capabilities.can_upload
        ? uploader({
            urls,
            source: source.slug,
            label: source.label,
            accept: accept.length === 0 ? null : accept.join(','),
            maxSize: maxFileSize,
            note: noteOf(source),
            deletes,
          })
        : closed(source)
    }`,
  })
}

function closed({ label, availability }: Source): Html {
  return notice({
    tone: 'warning',
    title: availability.available
      ? `${label} takes no uploads.`
      : `${label} cannot be reached: ${availability.reason}.`,
    body: availability.available ? 'It is read only.' : 'It is tried again by itself.',
    role: 'status',
  })
}

/** What the source takes, in one sentence. */
function noteOf({ rules }: Source): string {
  const types = rules.accept.length === 0 ? 'Any type' : rules.accept.join(', ')
  return `${types}, up to ${formatLimit(rules.maxFileSize)} each.`
}
