import type { Source } from '../../sources/sources.ts'
import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { attributes } from '../../web/parts/attributes.ts'
import { icon } from '../../web/parts/icon.ts'
import type { FilesRoom } from '../room.ts'
import { type Folder, MAX_FOLDER_COUNT } from '../search/folders.ts'
import type { Listing } from './listing.ts'

/** More than these are folded away: what people came for are the files. */
const SHOWN_OPEN = 24

/** Where a list is in the folders of its source, and the folders below, as long as nothing else is asked for. */
export async function folderNav(room: FilesRoom, listing: Listing, source: Source | undefined): Promise<Html> {
  const { q, hash, type, state, folder } = listing.asked
  if (source === undefined) return folder === '' ? NOTHING : onlyBelow(listing)
  const plain = q === '' && hash === undefined && type === '' && state === undefined
  const { folders, more } = plain ? await room.registry.folders(source.id, folder) : { folders: [], more: false }
  if (folder === '' && folders.length === 0) return NOTHING
  return html`<nav class="folders" aria-label="Folders">${crumbs(listing, source)}${
    folders.length > 0 && (folder === '' ? below : belowFolder)(listing, folders, more)
  }</nav>`
}

/** Where files of several sources are listed, a folder is only a filter. */
function onlyBelow({ asked, hrefOf }: Listing): Html {
  return html`<p class="muted"><span class="breakable">Only files below the folder ${asked.folder}.</span> <a href="${safeUrl(hrefOf({ folder: '' }))}">All folders</a></p>`
}

function crumbs({ asked, hrefOf }: Listing, { label }: Source): Html {
  if (asked.folder === '') return NOTHING
  const parts = asked.folder.split('/')
  const steps = parts.map((name, at) => ({ name, path: parts.slice(0, at + 1).join('/') }))
  return html`<ol class="folder-path"><li><a href="${safeUrl(hrefOf({ folder: '' }))}">${label}</a></li>${steps.map(
    ({ name, path }) =>
      html`<li>${path === asked.folder ? html`<span aria-current="location">${named(name)}</span>` : html`<a href="${safeUrl(hrefOf({ folder: path }))}">${named(name)}</a>`}</li>`,
  )}</ol>`
}

/** Two slashes in a row have nothing between them. */
function named(name: string): Html | string {
  return name === '' ? html`<i>no name</i>` : name
}

/** Who is inside a folder is on the way to one below it: the first ones stand there, only what is beyond is folded away. */
function belowFolder(listing: Listing, folders: readonly Folder[], more: boolean): Html {
  if (folders.length <= SHOWN_OPEN) return below(listing, folders, more)
  const count = `${more ? 'More than ' : ''}${formatCount(folders.length - SHOWN_OPEN, 'folder')} more`
  return html`${folderList(listing, folders.slice(0, SHOWN_OPEN))}${folded(count, folderList(listing, folders.slice(SHOWN_OPEN)), more, false)}`
}

function below(listing: Listing, folders: readonly Folder[], more: boolean): Html {
  const count = `${more ? 'More than ' : ''}${formatCount(folders.length, 'folder')}`
  return folded(count, folderList(listing, folders), more, folders.length <= SHOWN_OPEN)
}

function folded(count: string, list: Html, more: boolean, open: boolean): Html {
  return html`<details class="fold"${attributes({ open })}><summary>${icon('chevronRight')}${count}</summary>${list}${more && html`<p class="hint">Not all are listed: a search for the name of a folder finds what lies in it.</p>`}</details>`
}

function folderList({ hrefOf }: Listing, folders: readonly Folder[]): Html {
  return html`<ul class="folder-list">${folders.map(
    (folder) =>
      html`<li><a href="${safeUrl(hrefOf({ folder: folder.path }))}">${named(folder.name)}</a> <span class="faint tabular">${howMany(folder)}</span></li>`,
  )}</ul>`
}

/** What is there first: a missing file is only listed. */
function howMany({ files, missing }: Folder): string {
  if (files > MAX_FOLDER_COUNT) return `${formatNumber(MAX_FOLDER_COUNT)}+`
  return `${formatNumber(files - missing)}${missing > 0 ? ` (${formatNumber(missing)} more missing)` : ''}`
}
