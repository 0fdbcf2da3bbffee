import {
  type AbsentFile,
  absentWords,
  fileFacts,
  fileState,
  nameAndState,
  splitName,
  typeLabel,
} from '@holdall/elements/shared'
import { type Html, html, safeUrl } from '../html.ts'
import { attributes } from './attributes.ts'
import { hiddenFields } from './button.ts'
import { icon } from './icon.ts'

/** What a page needs to show a file. `thumbnail` is null where there is only a type to show. */
export interface ShownFile {
  readonly id: string
  readonly filename: string
  readonly contentType: string | null
  /** bytes */
  readonly size: number | null
  readonly width?: number | null
  readonly height?: number | null
  /** its page */
  readonly href: string
  readonly thumbnail: string | null
  /** When other bytes were last seen at its path, where its source is shared with others; ISO 8601. */
  readonly changedAt?: string | null
  /** Since when its storage is without it; ISO 8601. */
  readonly missingSince?: string | null
  /** Why it cannot be read, where somebody has read all of it and seen that. */
  readonly unreadable?: string | null
}

export interface TileFile extends ShownFile {
  /** With a box that puts it among those that the form around it is about. */
  readonly selectable?: boolean
  /** Its bytes stay whatever is done with it here. */
  readonly kept?: boolean
  /** One more line: where it is from. */
  readonly note?: string | undefined
  /** What it says around the words that it was found by; every second piece, from the second on, is one of them. */
  readonly excerpt?: readonly string[] | undefined
  /** Where it lies, and what else lies there. */
  readonly folder?: FolderLink | undefined
}

interface FolderLink {
  readonly label: string
  readonly href: string
}

/** What stands in a cell. An id that is missing or hidden tells nothing; one in the trash shows only to those who may restore it. */
export type CellItem =
  | { readonly state: 'file'; readonly file: ShownFile }
  | (AbsentFile & { readonly restore?: Restorable })

/** Of a file in the trash, on a page that has a `restoreForm`. */
interface Restorable {
  /** Its page. */
  readonly href: string
  /** What a POST restores it at. */
  readonly action: string
}

/** How many of several files a cell shows. */
export const STRIP_LENGTH = 3

/** A name that shrinks in its middle and keeps its ending. */
export function fileName(filename: string): Html {
  const { stem, ending } = splitName(filename)
  return html`<span class="file-name"><span class="stem">${stem}</span><span class="ending">${ending}</span></span>`
}

/**
 * The picture of a file, or a tile that names its type; with a sign where it is missing, since its picture may be kept all
 * the same. Square unless a class says otherwise.
 */
export function thumbnail(
  file: Pick<ShownFile, 'thumbnail' | 'contentType' | 'filename' | 'missingSince'>,
  side = 40,
): Html {
  const picture = pictureOrType(file, side)
  if (!file.missingSince) return picture
  return html`<span class="with-sign">${picture}<span class="sign">${icon('fileMissing')}</span></span>`
}

function pictureOrType(file: Pick<ShownFile, 'thumbnail' | 'contentType' | 'filename'>, side: number): Html {
  return file.thumbnail === null
    ? html`<span class="type-tile" aria-hidden="true">${typeLabel(file.contentType, file.filename)}</span>`
    : html`<img class="thumb" src="${safeUrl(file.thumbnail)}" width="${side}" height="${side}" alt="" loading="lazy" decoding="async">`
}

/** One line: size and dimensions, or size and type. */
export function factsLine(file: ShownFile): string {
  return fileFacts({
    filename: file.filename,
    content_type: file.contentType,
    size: file.size,
    width: file.width,
    height: file.height,
  })
}

/** The cell of one file: thumbnail, name, facts. */
export function fileCell(item: CellItem): Html {
  if (item.state !== 'file') return absentCell(item)
  const { file } = item
  return html`<span class="file-cell"><a class="thumb-link" href="${safeUrl(file.href)}" tabindex="-1" aria-hidden="true">${thumbnail(file)}</a><span class="file-text"><a href="${safeUrl(file.href)}" aria-label="${file.filename}" title="${file.filename}">${fileName(file.filename)}</a><span class="file-facts">${factsLine(file)}</span>${stateLine(file)}</span></span>`
}

/** What a document says around the words that it was found by. */
export function excerptLine(excerpt: readonly string[] | undefined): Html | false {
  if (excerpt === undefined) return false
  return html`<span class="excerpt">${excerpt.map((piece, at) => (at % 2 === 1 ? html`<mark>${piece}</mark>` : piece))}</span>`
}

/** The folder that a file was found in; it shrinks at its beginning, since its end tells more. */
export function folderLine(folder: FolderLink | undefined): Html | false {
  if (folder === undefined) return false
  return html`<span class="file-folder"><a href="${safeUrl(folder.href)}" title="${folder.label}"><bdi>${folder.label}</bdi></a></span>`
}

function stateLine({ changedAt = null, missingSince = null, unreadable = null }: ShownFile): Html | false {
  const state = fileState({ changed_at: changedAt, missing_since: missingSince, unreadable })
  return state !== null && html`<span class="file-facts file-state">${icon(state.sign)}${state.words}</span>`
}

function stripName({ filename, changedAt = null, missingSince = null, unreadable = null }: ShownFile): string {
  return nameAndState({ filename, changed_at: changedAt, missing_since: missingSince, unreadable })
}

const RESTORE_FORM = 'restore-file'

/** What the buttons in cells send, once a page: a form in each would be one inside of others. */
export function restoreForm(back: string): Html {
  return html`<form method="post" id="${RESTORE_FORM}" hidden>${hiddenFields({ return: back })}</form>`
}

function absentCell(item: Exclude<CellItem, { readonly state: 'file' }>): Html {
  const { sign, name, note, hint } = absentWords(item)
  const title = attributes({ title: note === null ? hint : null })
  const shown = item.state === 'trashed' ? fileName(name) : name
  const { restore } = item
  return html`<span class="${item.state === 'unavailable' ? 'file-cell absent not-shown' : 'file-cell absent'}"${title}><span class="type-tile">${icon(sign)}</span><span class="file-text">${
    restore === undefined
      ? html`<span>${shown}</span>`
      : html`<a href="${safeUrl(restore.href)}" aria-label="${name}" title="${name}">${shown}</a>`
  }${note !== null && html`<span class="file-facts">${note}</span>`}${
    restore !== undefined &&
    html`<button class="button small" type="submit" form="${RESTORE_FORM}" formaction="${safeUrl(restore.action)}" aria-label="Restore ${name}">Restore</button>`
  }</span></span>`
}

/** What is not there, where files are pictures only. */
function absentTile(item: Exclude<CellItem, { readonly state: 'file' }>): Html {
  const { sign, name, short, hint } = absentWords(item)
  if (item.restore !== undefined) {
    const words = `${name}: ${short}`
    return html`<a href="${safeUrl(item.restore.href)}" aria-label="${words}" title="${words}"><span class="type-tile">${icon(sign)}</span></a>`
  }
  return html`<span class="${item.state === 'unavailable' ? 'type-tile not-shown' : 'type-tile'}" title="${hint}">${icon(sign)}<span class="unseen">${short}</span></span>`
}

/**
 * The cell of a list: three thumbnails, then how many more.
 * @param moreHref where all of them are seen: the row's page
 */
export function fileStrip(items: readonly CellItem[], moreHref: string): Html {
  const shown = items
    .slice(0, STRIP_LENGTH)
    .map((item) =>
      item.state === 'file'
        ? html`<a href="${safeUrl(item.file.href)}" aria-label="${stripName(item.file)}" title="${stripName(item.file)}">${thumbnail(item.file, 36)}</a>`
        : absentTile(item),
    )
  const more = items.length - shown.length
  return html`<span class="file-strip">${shown}${more > 0 && html`<a class="more" href="${safeUrl(moreHref)}">+${more} more</a>`}</span>`
}

/**
 * The box that puts a file among those that the form around it is about.
 * @param kept its bytes stay whatever is done with it here; the buttons are named by that
 */
export function pickBox({ id, filename, size }: Pick<ShownFile, 'id' | 'filename' | 'size'>, kept = false): Html {
  return html`<input type="checkbox" name="id" value="${id}" data-size="${size ?? 0}"${attributes({ 'data-kept': kept })} aria-label="Select ${filename}">`
}

/** Files as tiles, each a link. */
export function fileTiles(files: readonly TileFile[]): Html {
  return html`<ul class="tiles">${files.map(
    (file) =>
      html`<li class="tile"><a href="${safeUrl(file.href)}" title="${file.filename}"><span class="picture">${
        file.thumbnail === null
          ? html`<span class="format">${icon('file', 'large')}${typeLabel(file.contentType, file.filename)}</span>`
          : html`<img src="${safeUrl(file.thumbnail)}" width="160" height="120" alt="" loading="lazy" decoding="async">`
      }</span>${
        // What is heard is the whole name; what is seen is in two parts, so that it can shrink in the middle.
        html`<span class="unseen">${file.filename}</span><span aria-hidden="true">${fileName(file.filename)}</span>`
      }<span class="file-facts">${factsLine(file)}</span>${file.note && html`<span class="file-facts">${file.note}</span>`}${excerptLine(file.excerpt)}${stateLine(file)}</a>${folderLine(file.folder)}${
        file.selectable && html`<label class="pick">${pickBox(file, file.kept)}</label>`
      }</li>`,
  )}</ul>`
}

export interface PreviewOptions {
  readonly file: ShownFile
  /** A raster image that may be shown: its address and its own size. */
  readonly image?: {
    readonly src: string
    readonly width: number | null
    readonly height: number | null
    readonly alt: string
  }
  readonly video?: string
  readonly audio?: string
  /** Pixels of the video, so that its place is kept. */
  readonly width?: number | null
  readonly height?: number | null
  /** The address of a PDF. */
  readonly document?: string
  /** What the file says, as a page shows it: its text, its rows. */
  readonly content?: Html
  /** Why nothing can be shown. */
  readonly without?: string
  /** Its storage is without it. */
  readonly isMissing?: boolean
  /** Where the file opens by itself in the browser; null when it may not be shown inline. */
  readonly openHref: string | null
  /** @default 'Full size' */
  readonly openLabel?: string
  readonly caption: string | Html
}

/** The file on its mat, whole, never cropped; a type and a name where nothing can be shown. */
export function preview(options: PreviewOptions): Html {
  const open = options.openHref
  const link =
    open !== null &&
    html`<a class="button small quiet" href="${safeUrl(open)}">${icon('expand')}${options.openLabel ?? 'Full size'}</a>`
  return html`<figure>${mat(options)}<figcaption class="preview-caption"><span>${options.caption}</span>${link}</figcaption></figure>`
}

/** What viewers of PDFs understand: the whole width for the page, none of it for a strip of thumbnails. */
const DOCUMENT_VIEW = '#toolbar=1&navpanes=0&view=FitH'

function mat({ file, image, video, audio, document, content, without, openHref, ...options }: PreviewOptions): Html {
  if (image) {
    const picture = html`<img src="${safeUrl(image.src)}"${attributes({ width: image.width, height: image.height })} alt="${image.alt}">`
    return openHref === null
      ? html`<div class="preview">${picture}</div>`
      : html`<a class="preview" href="${safeUrl(openHref)}">${picture}</a>`
  }
  if (video) {
    const size = attributes({ width: options.width, height: options.height })
    return html`<div class="preview"><video src="${safeUrl(video)}"${size} controls preload="metadata"></video></div>`
  }
  if (audio) return html`<div class="preview"><audio src="${safeUrl(audio)}" controls preload="metadata"></audio></div>`
  // Its own answer is sandboxed: an attribute that says so again would keep browsers from showing it at all.
  if (document) {
    return html`<div class="preview document"><iframe src="${safeUrl(`${document}${DOCUMENT_VIEW}`)}" title="${file.filename}" loading="lazy"></iframe></div>`
  }
  if (content) return html`<div class="preview content">${content}</div>`
  return html`<div class="preview without-picture">${icon(options.isMissing ? 'fileMissing' : 'file', 'huge')}<span class="format">${typeLabel(file.contentType, file.filename)}</span><span>${without ?? 'There is no preview for files of this type.'}</span></div>`
}
