import { formatCount, formatDimensions } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { preview } from '../../web/parts/file.ts'
import { DECODABLE } from '../images/jobs.ts'
import type { FileRecord } from '../record.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import { isInline, isMedia, typeName } from '../types.ts'
import { contentPreview } from './content.ts'

/** Pixels of the longer side of a preview. */
const PREVIEW_SIDE = 1_600
/** Moving pictures move only as they are; larger ones than this stand still. */
const MAX_MOVING_BYTES = 20_000_000

/** The file on its mat: a picture of it, a player, its first page, rows or lines, or its type. */
export async function filePreview(room: FilesRoom, file: FileRecord, reachable: boolean): Promise<Html> {
  const { urls } = room
  const inline = urls.path(`/-/files/${file.id}/download`, { inline: 1 })
  const shown = {
    file: shownFile(file, urls),
    openHref: reachable && isInline(file.contentType) ? inline : null,
    openLabel: 'Open in the browser',
    caption: typeName(file.contentType),
  }
  const { contentType, width, height } = file
  if (DECODABLE.has(contentType)) return picturePreview(room, file, reachable)
  // What is there of a file that cannot be read is at most a thumbnail that was made before.
  if (!reachable || file.size === 0) return preview(shown)
  if (isMedia(contentType)) {
    const video = contentType.startsWith('video/')
    return preview({ ...shown, openHref: null, [video ? 'video' : 'audio']: inline, width, height })
  }
  if (contentType.startsWith('image/') && isInline(contentType)) {
    // Browsers can show what nobody makes a smaller picture of.
    return preview({ ...shown, image: { src: inline, width, height, alt: file.filename } })
  }
  if (contentType === 'application/pdf') return preview({ ...shown, document: inline, caption: pdfCaption(file) })
  return contentPreview(await room.previews.of(file), file, shown)
}

function picturePreview({ urls, thumbnails }: FilesRoom, file: FileRecord, reachable: boolean): Html {
  const inline = urls.path(`/-/files/${file.id}/download`, { inline: 1 })
  const { contentType, width, height } = file
  // What is missing opens nowhere.
  const openHref = reachable && file.missingSince === null && isInline(contentType) ? inline : null
  const shown = { file: shownFile(file, urls), openHref }
  if (width === null || height === null || !thumbnails.has(file)) {
    return preview({ ...shown, openLabel: 'Open in the browser', caption: typeName(contentType) })
  }
  const moves = reachable && file.missingSince === null && isMoving(file)
  const scale = moves ? 1 : Math.min(1, PREVIEW_SIDE / width, PREVIEW_SIDE / height)
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
  return preview({
    ...shown,
    image: { src: moves ? inline : urls.thumbnail(file.id, PREVIEW_SIDE, PREVIEW_SIDE), ...size, alt: file.filename },
    caption: file.missingSince
      ? 'Missing: all that can be shown is a smaller picture that was made before, if there is one.'
      : scale === 1
        ? 'The whole picture, fitted to the page.'
        : `Preview, ${formatDimensions(size.width, size.height)} px. The file is untouched.`,
  })
}

function isMoving({ contentType, metadata, size }: FileRecord): boolean {
  const image = metadata.image as { pages?: unknown } | undefined
  const frames = typeof image?.pages === 'number' ? image.pages : 1
  return frames > 1 && isInline(contentType) && (size ?? 0) <= MAX_MOVING_BYTES
}

function pdfCaption({ metadata }: FileRecord): Html {
  const pages = (metadata.pdf as { pages?: unknown } | undefined)?.pages
  const count = typeof pages === 'number' ? `, ${formatCount(pages, 'page')}` : ''
  return html`PDF document${count}. <span class="faint">A browser that shows no PDF within a page opens it by itself.</span>`
}
