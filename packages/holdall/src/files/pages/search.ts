import type { Source } from '../../sources/sources.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { emptyState } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'
import type { Asked } from '../search/asked.ts'
import type { FileList } from '../search/file-list.ts'
import { folderNav } from './folders.ts'
import { ROWS_SECTION } from './found-rows.ts'
import { parametersOf } from './list-address.ts'
import { filesInWords, type Listing, listedFiles, listToolbar } from './listing.ts'
import { countedFiles } from './missing-words.ts'
import { nothingFound } from './nothing-found.ts'
import { SEARCH_PATH } from './tiles.ts'
import { toReadNote } from './to-read.ts'

interface Found {
  readonly asked: Asked
  /** The sources that the actor may browse. */
  readonly browsable: readonly Source[]
  readonly list: FileList
  /** Whether rows are searched as well: they come later. */
  readonly withRows: boolean
}

/** GET `/-/files/search`: the files of every source that the actor may browse. */
export async function searchPage(room: FilesRoom, c: RouteContext, found: Found): Promise<Html> {
  const { urls, frame } = room
  const { asked, browsable, list, withRows } = found
  const labels = new Map(browsable.map(({ id, label }) => [id, label]))
  const listing: Listing = {
    asked,
    list,
    from: 'search',
    isReading: asked.state === 'unreadable' && (await room.registry.isReadingWhole()),
    caption: 'Files found',
    hrefOf: (changes) => urls.path(SEARCH_PATH, parametersOf(asked, changes)),
    ...(browsable.length > 1 && { sourceOf: (file) => labels.get(file.sourceId) ?? file.sourceSlug }),
  }
  const sources = browsable.map(({ slug, label }) => ({ value: slug, label }))
  const path = listing.hrefOf({ cursor: asked.cursor })
  return renderPage({
    ...(await frame(c)),
    title: asked.q === '' ? 'Search' : `${asked.q} · Search`,
    heading: 'Search',
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: 'Search' }],
    said: room.once?.take(c, path).said,
    body: html`${listToolbar(listing, {
      action: urls.path(SEARCH_PATH),
      label: 'Files',
      searchLabel: 'Search files and tables',
      autofocus: asked.q === '',
      sources: sources.length > 1 ? [{ value: '', label: 'All sources' }, ...sources] : undefined,
    })}<div data-results>${await places(room, c, asked.q)}${besideRows(
      html`${await folderNav(
        room,
        listing,
        browsable.find(({ slug }) => slug === asked.source),
      )}${await results(room, c, found, listing)}`,
      withRows,
    )}</div>`,
  })
}

function besideRows(files: Html, withRows: boolean): Html {
  if (!withRows) return files
  return html`<div class="beside-rows"><div><p class="to-rows"><a href="#rows">Rows of tables are below</a></p>${files}</div>${ROWS_SECTION}</div>`
}

async function places({ findPlaces }: FilesRoom, c: RouteContext, q: string): Promise<Html> {
  const found = (await findPlaces?.(c.var.actor, q)) ?? []
  if (found.length === 0) return NOTHING
  const rows = found.map(({ name, kind, url }) => ({ title: name, note: kind, href: url }))
  return html`<section class="places" aria-labelledby="places"><h2 id="places" class="section-head">Tables and databases</h2>${linkedRows(rows)}</section>`
}

async function results(room: FilesRoom, c: RouteContext, found: Found, listing: Listing): Promise<Html> {
  const { asked, browsable, list } = found
  if (browsable.length === 0) {
    return emptyState({ title: 'There are no files that you may see', body: 'Whoever runs this server can allow it.' })
  }
  const all = browsable.map(({ id }) => id)
  const named = browsable.filter(({ slug }) => slug === asked.source).map(({ id }) => id)
  const sources = { asked: asked.source === '' ? all : named, all }
  const note = await toReadNote(room, asked, sources.asked)
  if (list.files.length === 0) return html`${note}${await nothingFound(room, listing, sources)}`
  return html`<p class="found">${await summary(room, found)}</p>${note}${await listedFiles(room, c.var.actor, listing)}`
}

async function summary({ registry }: FilesRoom, { asked, browsable, list }: Found): Promise<string> {
  const { q, source } = asked
  if (isOfAll(asked)) {
    const sources = browsable.filter(({ slug }) => source === '' || slug === source).map(({ id }) => id)
    const missing = [...(await registry.missing(sources)).values()].reduce((sum, one) => sum + one, 0)
    return countedFiles(list.total, missing)
  }
  const files = filesInWords(list)
  const words = q === '' ? files : `${files} for “${q}”`
  const order = list.truncated ? ', newest first' : ''
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${order}`
}

/** Whether nothing is asked for: then it is said how many of all files are there. */
function isOfAll({ q, hash, type, state, folder }: Asked): boolean {
  return q === '' && hash === undefined && type === '' && state === undefined && folder === ''
}
