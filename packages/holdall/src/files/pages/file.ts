import { formatBytes, formatCount, formatDimensions, formatNumber, formatTime } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { copyable, facts, fold, linkedRows } from '../../web/parts/facts.ts'
import { thumbnail } from '../../web/parts/file.ts'
import { textArea } from '../../web/parts/inputs.ts'
import { notice } from '../../web/parts/notice.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { earlierPlaces, foundAgain } from '../moves/file-parts.ts'
import type { FileRecord } from '../record.ts'
import { countRows, type FileDatasets, type FileUses } from '../references.ts'
import { MAX_DUPLICATES } from '../registry.ts'
import { type FilesRoom, fileResource } from '../room.ts'
import { folderOf } from '../search/folders.ts'
import { shownFile } from '../shown.ts'
import { changeFacts, earlierVersions, missingNotice } from '../sync/file-parts.ts'
import { deleteForm } from '../trash/delete-form.ts'
import { keepsBytes } from '../trash/kept.ts'
import { typeName } from '../types.ts'
import { exifFacts } from './exif.ts'
import { folderLink } from './folder-link.ts'
import { storageName } from './index.ts'
import { originOf } from './list-address.ts'
import { duration, innerFacts } from './media.ts'
import { neighboursOf } from './neighbours.ts'
import { filePreview } from './preview.ts'
import { UNREADABLE_LABELS } from './unreadable-words.ts'
import { wasFields } from './update.ts'
import { seenBy } from './who-may.ts'

/** GET `/-/files/{id}`: the file, what is known of it, and where it is used. */
export async function filePage(
  room: FilesRoom,
  c: RouteContext,
  file: FileRecord,
  duplicates: readonly FileRecord[],
): Promise<Html> {
  const { urls, frame, sources, permissions, registry } = room
  const { actor } = c.var
  const source = sources.byId(file.sourceId)
  const reachable = source?.availability.available === true
  const [uses, made, editable, deletable, uploader, shown, former, seen, places, candidates, beside] =
    await Promise.all([
      room.findUses(actor, file.id),
      room.findDatasets?.(actor, file) ?? NO_DATASETS,
      permissions.allowed(actor, 'files-edit', fileResource(file)),
      permissions.allowed(actor, 'files-delete', fileResource(file)),
      file.uploadedBy === null ? null : registry.nameOf(file.uploadedBy),
      filePreview(room, file, reachable),
      room.sync.history(file.id),
      source && seenBy(room, c, source),
      room.moves.former(file.id),
      room.moves.candidates(file),
      neighboursOf(room, c, file),
    ])
  const label = source?.label ?? file.sourceSlug
  const exif = exifFacts(file.metadata)
  const inner = innerFacts(file.metadata)
  return renderPage({
    ...(await frame(c)),
    title: file.filename,
    lede: usedWords(uses),
    section: 'files',
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label, href: urls.source(file.sourceSlug) },
      { label: file.filename },
    ],
    // What is missing is neither downloaded nor read.
    actions: actions(room, file, {
      editable,
      reachable: reachable && file.missingSince === null,
      makeUrl: made.makeUrl,
    }),
    said: room.once?.take(c, urls.file(file.id)).said,
    body: html`${beside?.ways}${
      !reachable &&
      notice({
        tone: 'warning',
        title: `${label} cannot be reached${source?.availability.available === false ? `: ${source.availability.reason}` : ''}.`,
        body: 'The file is known, but it cannot be opened until its source is back.',
        role: 'status',
      })
    }${missingNotice(file, label, candidates.length > 0)}<div class="file-layout"><div class="stack">${foundAgain(urls, file, candidates, editable)}${shown}${description(room, file, editable, originOf(c))}${usedIn(uses)}${madeOf(made)}</div><aside class="stack" aria-label="About this file"><section><h2 class="section-head">Facts</h2>${facts(
      [
        ['Type', typeOf(file)],
        ['Cannot be read', file.unreadable && UNREADABLE_LABELS[file.unreadable]],
        ['Dimensions', dimensions(file)],
        ['Duration', duration(file.metadata)],
        ['Size', size(file)],
        ['SHA-256', file.contentHash && copyable(file.contentHash.replace(/^sha256:/, ''), 'the whole SHA-256')],
        [
          'Source',
          html`<a href="${urls.source(file.sourceSlug)}">${label}</a>${source && html` <span class="faint">(${storageName(source.storageType)})</span>`}`,
        ],
        ['Who may see', seen && html`${seen.who} <a href="${safeUrl(seen.changeHref)}">Change</a>`],
        ['Folder', folderFact(room, file)],
        ['Uploaded by', uploader],
        [file.adopted ? 'Listed since' : 'Uploaded', shownTime(file.createdAt)],
        ...changeFacts(file),
        ['File id', copyable(file.id, 'the file id')],
      ],
    )}</section>${earlierVersions(former)}${earlierPlaces(places)}${sameBytes(room, file, duplicates, candidates)}${inner.length > 0 && fold(file.contentType === 'application/pdf' ? 'Document data' : 'Recording data', facts(inner))}${exif.length > 0 && fold('Camera and picture data', facts(exif))}${deletable && (await deleteForm(room, file, uses, { datasets: made.datasets.length + made.others, back: beside?.back }))}</aside></div>`,
  })
}

interface Possible {
  readonly editable: boolean
  readonly reachable: boolean
  readonly makeUrl: string | null
}

function actions({ urls, sources }: FilesRoom, file: FileRecord, { editable, reachable, makeUrl }: Possible): Html {
  return html`${reachable && linkButton({ label: 'Download', href: urls.download(file.id), kind: 'filled', icon: 'download', more: { download: true } })}${
    reachable && makeUrl !== null && linkButton({ label: 'Make a dataset', href: makeUrl, icon: 'table' })
  }${
    editable &&
    linkButton({
      label: keepsBytes(sources, file) ? 'Rename here' : 'Rename',
      href: `${urls.path(`/-/files/${file.id}/-/update`)}#field-filename`,
      icon: 'edit',
    })
  }${button({ label: 'Copy link', icon: 'link', more: { 'data-copy': urls.file(file.id), hidden: true } })}`
}

/** Where it lies in a source whose folders are somebody's own; those that we make say nothing. */
function folderFact({ urls }: FilesRoom, file: FileRecord): Html | undefined {
  const folder = folderLink(file, urls)
  return folder && html`<a class="breakable" href="${safeUrl(folder.href)}">${folder.label}</a>`
}

function typeOf({ contentType, declaredType }: FileRecord): Html {
  return html`<span title="${contentType}">${typeName(contentType)}</span>${
    declaredType !== null && html` <span class="faint">(sent as ${declaredType})</span>`
  }`
}

const PIXELS_IN_A_MEGAPIXEL = 1_000_000

function dimensions({ width, height }: FileRecord): Html | null {
  if (width === null || height === null) return null
  const megapixels = (width * height) / PIXELS_IN_A_MEGAPIXEL
  return html`<span class="tabular">${formatDimensions(width, height)} px</span>${
    megapixels >= 0.1 && html` <span class="faint">(${megapixels.toFixed(1)} MP)</span>`
  }`
}

function size({ size: bytes }: FileRecord): Html | null {
  if (bytes === null) return null
  return html`<span class="tabular">${formatBytes(bytes)}</span>${
    bytes >= 1_000 && html` <span class="faint">(${formatNumber(bytes)} bytes)</span>`
  }`
}

function description({ urls }: FilesRoom, file: FileRecord, editable: boolean, origin: string): Html {
  if (!editable) {
    return file.searchText === ''
      ? NOTHING
      : html`<section aria-labelledby="description"><h2 id="description" class="section-head">Description</h2><p class="prose">${file.searchText}</p></section>`
  }
  return html`<form method="post" action="${urls.path(`/-/files/${file.id}/-/update`)}${origin}" class="file-description" aria-labelledby="description"><div class="section-head"><h2 id="description"><label for="field-search_text">Description</label></h2></div>${textArea(
    { name: 'search_text', id: 'field-search_text', rows: 4, value: file.searchText },
  )}${wasFields(file, ['search_text'])}<div class="actions">${button({ label: 'Save description', type: 'submit' })}</div></form>`
}

function usedWords(uses: FileUses): Html {
  return html`<a href="#used">Used in ${uses.references.length === 0 ? 'no rows' : countUses(uses)}</a>`
}

function countUses({ references, truncated }: FileUses): string {
  const rows = countRows(references)
  return `${truncated ? 'at least ' : ''}${formatCount(rows, 'row')}`
}

export function usedIn(uses: FileUses): Html {
  const { references, isUnsearched } = uses
  if (references.length === 0) {
    return html`<section aria-labelledby="used"><h2 id="used" class="section-head">Used in no rows</h2><p class="muted">${isUnsearched ? UNSEARCHED : 'No row that you may see holds this file.'}</p></section>`
  }
  return html`<section aria-labelledby="used"><h2 id="used" class="section-head">Used in ${countUses(uses)}</h2>${linkedRows(
    references.map(({ label, database, table, column, url }) => ({
      title: label,
      note: `${database} / ${table} / ${column}`,
      href: url,
      icon: 'table',
    })),
  )}${isUnsearched && html`<p class="muted">${UNSEARCHED}</p>`}</section>`
}

const UNSEARCHED = 'Not every table could be searched.'

function madeOf({ datasets, others }: FileDatasets): Html {
  if (datasets.length + others === 0) return NOTHING
  const hidden =
    others > 0 &&
    html`<p class="muted">${formatCount(others, datasets.length === 0 ? 'dataset' : 'more dataset')} that you may not see.</p>`
  return html`<section aria-labelledby="datasets"><h2 id="datasets" class="section-head">Read by ${formatCount(datasets.length + others, 'dataset')}</h2>${
    datasets.length > 0 &&
    linkedRows(
      datasets.map(({ label, collection, url }) => ({ title: label, note: collection, href: url, icon: 'table' })),
    )
  }${hidden}</section>`
}

const NO_DATASETS: FileDatasets = { datasets: [], others: 0, makeUrl: null }

function sameBytes(
  room: FilesRoom,
  { missingSince, size }: FileRecord,
  all: readonly FileRecord[],
  candidates: readonly FileRecord[],
): Html {
  const asked = new Set(candidates.map(({ id }) => id))
  const duplicates = all.filter(({ id }) => !asked.has(id))
  if (duplicates.length === 0) return NOTHING
  return html`<section aria-labelledby="same"><h2 id="same" class="section-head">${size === 0 ? 'Other empty files' : missingSince === null ? 'Same file is already here' : 'Other files with its bytes'}: ${duplicates.length < MAX_DUPLICATES ? formatNumber(duplicates.length) : `${MAX_DUPLICATES} or more`}</h2>${linkedRows(
    duplicates.map((file) => ({
      title: file.filename,
      note: [
        room.sources.byId(file.sourceId)?.label ?? file.sourceSlug,
        ...(folderOf(file) === '' ? [] : [folderOf(file)]),
        formatTime(file.createdAt),
      ].join(' · '),
      href: room.urls.file(file.id),
      picture: thumbnail(shownFile(file, room.urls)),
    })),
  )}<p class="hint">${size === 0 ? 'Empty files have the same bytes, whatever they are for.' : sameWords(missingSince === null, duplicates)}</p></section>`
}

/** Of a file whose own bytes are not there nobody keeps both. */
function sameWords(isThere: boolean, duplicates: readonly FileRecord[]): string {
  const one = duplicates.length === 1
  if (!isThere) return 'Byte for byte the same as this one was.'
  if (duplicates.some(({ missingSince }) => missingSince !== null)) {
    return one
      ? 'Byte for byte the same, and missing from its place.'
      : 'Byte for byte the same. Some are missing from their places.'
  }
  return `Byte for byte the same. ${one ? 'Both' : 'All'} are kept.`
}
