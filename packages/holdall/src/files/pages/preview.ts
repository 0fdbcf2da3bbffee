import { setTimeout as sleep } from 'node:timers/promises'
import { formatCount, formatDimensions } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { preview } from '../../web/parts/file.ts'
import { DECODABLE } from '../images/jobs.ts'
import { type FileRecord, UNKNOWN_TYPE } from '../record.ts'
import type { FilesRoom } from '../room.ts'
import { shownFile } from '../shown.ts'
import { isInline, isMedia, typeName } from '../types.ts'
import { contentPreview } from './content.ts'
import { notWhatItIsCalled, unreadableWords } from './unreadable-words.ts'

/** Pixels of the longer side of a preview. */
const PREVIEW_SIDE = 1_600
/** Moving pictures move only as they are; larger ones than this stand still. */
const MAX_MOVING_BYTES = 20_000_000

const UNREAD_PICTURE =
  'This picture could not be read: it may be damaged or cut off. If it has only just come, look again in a moment.'

const NO_PICTURE = 'This picture cannot be shown: it may be damaged or cut off. Download gives its bytes.'
const CUT_OFF_PICTURE = 'This picture is cut off: its end is missing. All that there is of it is shown.'
const NO_PICTURE_NOW = 'This picture cannot be shown now. Download gives its bytes.'
/** What takes longer to be made is not waited for: the page comes without knowing how it ends. */
const PICTURE_WAIT_MS = 1_000

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
  if (file.missingSince !== null) return await missingPreview(room, file)
  const wrong = file.size === 0 ? 'empty' : file.unreadable
  if (wrong === 'cut_off' && reachable && DECODABLE.has(contentType)) {
    return await picturePreview(room, file, reachable, unreadableWords(file, wrong))
  }
  if (wrong === 'other_bytes' && reachable && file.contentType !== UNKNOWN_TYPE) {
    const content = await room.previews.of(file)
    if (content.kind !== 'none') {
      return html`${contentPreview(content, file, { ...shown, openHref: null })}<p class="hint">${notWhatItIsCalled(file)}</p>`
    }
  }
  if (wrong !== null) return preview({ ...shown, openHref: null, without: unreadableWords(file, wrong) })
  if (DECODABLE.has(contentType)) return await picturePreview(room, file, reachable)
  // What is there of a file that cannot be read is at most a thumbnail that was made before.
  if (!reachable) return preview(shown)
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

/** What is missing opens nowhere; of a picture there may be a smaller one that was made before. */
async function missingPreview({ urls, thumbnails }: FilesRoom, file: FileRecord): Promise<Html> {
  const shown = { file: shownFile(file, urls), openHref: null }
  const { width, height } = file
  const made = width === null || height === null ? undefined : await thumbnails.made(file)
  if (width === null || height === null || made === undefined) {
    const without = 'The file is missing, so that there is nothing to show.'
    return preview({ ...shown, isMissing: true, without, caption: `Missing: ${typeName(file.contentType)}` })
  }
  const scale = Math.min(1, made.width / width, made.height / height)
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
  return preview({
    ...shown,
    image: { src: urls.thumbnail(file.id, made.width, made.height), ...size, alt: file.filename },
    caption: 'Missing: all that can be shown is a smaller picture that was made before.',
  })
}

/** @param cutOff what is said where nothing can be shown of it, because it is cut off */
async function picturePreview(room: FilesRoom, file: FileRecord, reachable: boolean, cutOff?: string): Promise<Html> {
  const { urls, thumbnails } = room
  const inline = urls.path(`/-/files/${file.id}/download`, { inline: 1 })
  const { contentType, width, height } = file
  const openHref = reachable && isInline(contentType) ? inline : null
  const shown = { file: shownFile(file, urls), openHref }
  if (width === null || height === null || !thumbnails.has(file)) {
    const without = cutOff ?? (thumbnails.has(file) ? UNREAD_PICTURE : undefined)
    return preview({
      ...shown,
      openLabel: 'Open in the browser',
      caption: typeName(contentType),
      ...(without && { without }),
    })
  }
  const moves = reachable && cutOff === undefined && isMoving(file)
  const without = moves || !reachable ? undefined : await whyNoPicture(room, file)
  if (without !== undefined) {
    return preview({ ...shown, openHref: null, caption: typeName(contentType), without: cutOff ?? without })
  }
  const isPart = cutOff !== undefined || (!moves && (await thumbnails.isPartial(file)))
  const scale = moves ? 1 : Math.min(1, PREVIEW_SIDE / width, PREVIEW_SIDE / height)
  const size = { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
  return preview({
    ...shown,
    image: { src: moves ? inline : urls.thumbnail(file.id, PREVIEW_SIDE, PREVIEW_SIDE), ...size, alt: file.filename },
    caption: isPart
      ? CUT_OFF_PICTURE
      : scale === 1
        ? 'The whole picture, fitted to the page.'
        : `Preview, ${formatDimensions(size.width, size.height)} px. The file is untouched.`,
  })
}

/** Why no picture of a file can be made, in words; undefined where there is one, or may be. */
async function whyNoPicture({ thumbnails }: FilesRoom, file: FileRecord): Promise<string | undefined> {
  // As browsers ask for it, so that what is made here is what they get.
  const variant = { width: PREVIEW_SIDE, height: PREVIEW_SIDE, format: 'webp' } as const
  const made = await thumbnails.made(file)
  if (made?.width === variant.width) return undefined
  const waited = new AbortController()
  const late = sleep(PICTURE_WAIT_MS, undefined, { signal: waited.signal, ref: false }).catch(() => undefined)
  const picture = await Promise.race([thumbnails.get(file, variant), late])
  waited.abort()
  if (picture?.kind !== 'none') return undefined
  return picture.transient ? NO_PICTURE_NOW : NO_PICTURE
}

function isMoving({ contentType, metadata, size }: FileRecord): boolean {
  const image = metadata.image as { pages?: unknown } | undefined
  const frames = typeof image?.pages === 'number' ? image.pages : 1
  return frames > 1 && isInline(contentType) && (size ?? 0) <= MAX_MOVING_BYTES
}

function pdfCaption({ metadata }: FileRecord): string {
  const pages = (metadata.pdf as { pages?: unknown } | undefined)?.pages
  const count = typeof pages === 'number' ? `, ${formatCount(pages, 'page')}` : ''
  return `PDF document${count}`
}
