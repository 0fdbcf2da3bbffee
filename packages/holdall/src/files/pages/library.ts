import { whoMaySee } from '../../access/who-may.ts'
import type { Source } from '../../sources/sources.ts'
import { formatBytes, formatCount } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { attributes } from '../../web/parts/attributes.ts'
import { linkButton } from '../../web/parts/button.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import { INSTANCE, type RouteContext } from '../../web/route.ts'
import { READINGS } from '../background/to-read.ts'
import type { SourceTotals } from '../registry.ts'
import { type FilesRoom, sourcesFor } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import type { FileList } from '../search/file-list.ts'
import { syncPanel } from '../sync/panel.ts'
import { folderNav } from './folders.ts'
import { storageName } from './index.ts'
import { leftOpenLine } from './left-open.ts'
import { parametersOf } from './list-address.ts'
import { type Listing, listedFiles, listToolbar } from './listing.ts'
import { countedFiles } from './missing-words.ts'
import { nothingFound } from './nothing-found.ts'
import { toReadNote, toReadOfThem } from './to-read.ts'
import { uploadHref } from './upload-href.ts'
import { seenBy } from './who-may.ts'

export interface Library {
  readonly source: Source
  readonly asked: Asked
  readonly list: FileList
  readonly totals: SourceTotals
}

/** GET `/-/files/browse/{source}`: the files of a source as tiles or as a list. */
export async function libraryPage(room: FilesRoom, c: RouteContext, library: Library): Promise<Html> {
  const { urls, frame } = room
  const { source, asked, list, totals } = library
  const listing: Listing = {
    asked: { ...asked, source: '' },
    list,
    from: 'library',
    isReading: asked.state === 'unreadable' && (await room.registry.isReadingWhole()),
    caption: `Files of ${source.label}`,
    hrefOf: (changes) =>
      urls.path(`/-/files/browse/${encodeURIComponent(source.slug)}`, parametersOf({ ...asked, source: '' }, changes)),
  }
  const toolbar = { action: urls.source(source.slug), label: 'This source', searchLabel: 'Search this source' }
  const takesFiles = source.availability.available && source.capabilities.can_upload
  const uploadable = takesFiles && (await sourcesFor(room, c.var.actor, 'files-upload')).includes(source)
  const upload = linkButton({ label: 'Upload files', href: uploadHref(room, source), kind: 'filled', icon: 'upload' })
  const settings =
    (await room.permissions.allowed(c.var.actor, 'files-manage-sources', INSTANCE)) &&
    linkButton({ label: 'Settings', href: urls.path(`/-/files/sources/${encodeURIComponent(source.slug)}`) })
  const readOnly = source.availability.available && !source.capabilities.can_upload && !source.capabilities.can_delete
  const where = source.storageType === 'filesystem' ? 'in a folder' : `in ${storageName(source.storageType)}`
  const missing = (await room.registry.missing([source.id])).get(source.id) ?? 0
  const toRead = await room.registry.toRead([source.id], READINGS)
  return renderPage({
    ...(await frame(c)),
    title: source.label,
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: source.label }],
    lede:
      totals.files === 0
        ? undefined
        : html`<span data-live="totals"${attributes({ 'data-live-on': toRead.files > 0 && `The files of ${source.label} were read` })}>${countedFiles(totals.files, missing)}, ${formatBytes(totals.bytes)} ${where}${readOnly && ', read only'}${toReadOfThem(toRead)}</span>`,
    actions: html`${uploadable && totals.files > 0 && upload}${settings}`,
    said: room.once?.take(c, urls.source(source.slug)).said,
    body: html`${unavailable(source)}${await seenByLine(room, c, source)}${await syncPanel(room, c, source)}${uploadable && (await leftOpenLine(room, source, c.var.actor))}${totals.files > 0 && listToolbar(listing, toolbar)}<div data-results>${totals.files > 0 && (await folderNav(room, listing, source))}${
      totals.files > 0 && (await toReadNote(room, asked, [source.id]))
    }${
      list.files.length > 0
        ? await listedFiles(room, c.var.actor, listing)
        : totals.files > 0
          ? await nothingFound(room, listing, { asked: [source.id], all: [source.id] })
          : noFiles(source, {
              upload: uploadable ? upload : undefined,
              readOnly,
              datasets: (await room.countDatasets?.(c.var.actor))?.get(source.id) ?? 0,
              datasetsHref: urls.path('/-/datasets'),
            })
    }</div>`,
  })
}

async function seenByLine(room: FilesRoom, c: RouteContext, source: Source): Promise<Html> {
  const seen = await seenBy(room, c, source)
  if (seen === undefined) return NOTHING
  return html`<div class="sync-line"><p class="muted">${whoMaySee(seen.who, 'these files')} <a href="${safeUrl(seen.changeHref)}">Change who may</a></p></div>`
}

function unavailable({ availability, label }: Source): Html {
  if (availability.available) return NOTHING
  return notice({
    tone: 'warning',
    title: `${label} cannot be reached: ${availability.reason}.`,
    body: 'Its files are listed, but none can be opened until it is back.',
    role: 'status',
  })
}

interface Empty {
  readonly upload: Html | undefined
  readonly readOnly: boolean
  /** Those that have their objects there, as far as whoever looks may see them. */
  readonly datasets: number
  readonly datasetsHref: string
}

function noFiles(source: Source, { upload, readOnly, datasets, datasetsHref }: Empty): Html {
  if (datasets > 0) {
    return emptyState({
      icon: 'table',
      title: 'No files but those of datasets',
      body: html`What lies in ${source.label} belongs to ${formatCount(datasets, 'dataset')}, and is listed among the <a href="${safeUrl(datasetsHref)}">datasets</a>.`,
      actions: upload,
    })
  }
  return emptyState({
    icon: 'image',
    title: 'No files yet',
    body:
      upload === undefined
        ? readOnly
          ? `${source.label} is read only: what lies there is listed here once it was looked through.`
          : `What is uploaded to ${source.label} is listed here.`
        : 'Upload some here, or drop them onto a row of a table with a file column.',
    actions: upload,
  })
}
