import type { Source } from '../../sources/sources.ts'
import { formatBytes, formatCount } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import { fileTiles } from '../../web/parts/file.ts'
import { searchInput } from '../../web/parts/inputs.ts'
import { INSTANCE, type RouteContext } from '../../web/route.ts'
import { DOUBLES_PATH } from '../doubles/page.ts'
import type { SourceTotals } from '../registry.ts'
import { type FilesRoom, sourcesFor } from '../room.ts'
import { shownFile } from '../shown.ts'
import { deletableBy } from '../trash/rights.ts'
import { leftOpenAmongLine } from './left-open.ts'
import { countedFiles } from './missing-words.ts'
import { SEARCH_PATH, TILE_SIDE } from './tiles.ts'
import { uploadHref } from './upload-href.ts'

const RECENT = 24

/** GET `/-/files`: the sources that the actor may browse or upload to, and what came last. */
export async function indexPage(room: FilesRoom, c: RouteContext): Promise<Html> {
  const { registry, urls, frame } = room
  const { actor } = c.var
  const [browsable, uploadable, deletable, totals, manages, datasets] = await Promise.all([
    sourcesFor(room, actor, 'files-browse'),
    sourcesFor(room, actor, 'files-upload'),
    deletableBy(room, actor),
    registry.totals(),
    room.permissions.allowed(actor, 'files-manage-sources', INSTANCE),
    room.countDatasets?.(actor),
  ])
  const ids = browsable.map(({ id }) => id)
  const [recent, missing, leftOpen] = await Promise.all([
    registry.list({ sources: ids, limit: RECENT }),
    registry.missing(ids),
    leftOpenAmongLine(room, uploadable, actor),
  ])
  const slugs = new Set([...browsable, ...uploadable].map(({ slug }) => slug))
  const shown = room.sources.list().filter(({ slug }) => slugs.has(slug))
  const files = browsable.reduce((sum, { id }) => sum + (totals.get(id)?.files ?? 0), 0)
  const rows = shown.map((source) => ({
    title: source.label,
    note: sourceNote(
      source,
      browsable.includes(source) ? (totals.get(source.id) ?? EMPTY) : undefined,
      missing.get(source.id),
      datasets?.get(source.id),
    ),
    href: browsable.includes(source) ? urls.source(source.slug) : uploadHref(room, source),
    end:
      uploadable.includes(source) && source.capabilities.can_upload
        ? linkButton({
            label: 'Upload files',
            href: uploadHref(room, source),
            icon: 'upload',
            small: true,
            kind: 'quiet',
            more: { 'aria-label': `Upload files to ${source.label}` },
          })
        : undefined,
  }))
  return renderPage({
    ...(await frame(c)),
    title: 'Files',
    section: 'files',
    lede: `${countedFiles(
      files,
      [...missing.values()].reduce((sum, one) => sum + one, 0),
    )} in ${formatCount(browsable.length, 'source')}${unseenWords(shown.length - browsable.length)}`,
    actions: html`${files > 0 && linkButton({ label: 'Duplicates', href: urls.path(DOUBLES_PATH) })}${
      deletable.sources.length > 0 && linkButton({ label: 'Unused files', href: urls.path('/-/files/unused') })
    }${
      (deletable.sources.length > 0 || (deletable.own?.sources.length ?? 0) > 0) &&
      linkButton({ label: 'Trash', href: urls.path('/-/files/trash'), icon: 'trash' })
    }${manages && linkButton({ label: 'Add a source…', href: urls.path('/-/files/sources'), icon: 'plus' })}`,
    body: html`<div class="stack">${leftOpen}<form class="toolbar" role="search" aria-label="Files" action="${urls.path(SEARCH_PATH)}">${searchInput({ name: 'q', label: 'Search all sources', placeholder: 'Name, description or words inside' })}${button({ label: 'Search', type: 'submit' })}</form><section aria-labelledby="sources"><h2 id="sources" class="section-head">Sources</h2>${linkedRows(rows)}</section>${
      recent.files.length > 0 &&
      html`<section aria-labelledby="recent"><h2 id="recent" class="section-head">Added last</h2>${fileTiles(
        recent.files.map((file) => shownFile(file, urls, TILE_SIDE)),
      )}</section>`
    }</div>`,
  })
}

const EMPTY: SourceTotals = { files: 0, bytes: 0, hashed: 0 }

/** One line about a source: how much, where, and whether it can be reached. What datasets are made of is no file of it. */
function sourceNote(source: Source, totals: SourceTotals | undefined, missing = 0, datasets = 0): string {
  const isOnlyDatasets = datasets > 0 && totals?.files === 0
  const parts =
    totals === undefined || isOnlyDatasets ? [] : [countedFiles(totals.files, missing), formatBytes(totals.bytes)]
  if (datasets > 0) parts.push(formatCount(datasets, 'dataset'))
  parts.push(storageName(source.storageType))
  if (!source.availability.available) parts.push(`unavailable: ${source.availability.reason}`)
  return parts.join(' · ')
}

/** Sources that are listed and whose files are not counted: who looks may only send files there. */
function unseenWords(count: number): string {
  return count > 0 ? ` · ${count} more to upload to` : ''
}

/** What people call a kind of storage. */
export function storageName(type: string): string {
  return type === 'filesystem' ? 'folder' : type
}
