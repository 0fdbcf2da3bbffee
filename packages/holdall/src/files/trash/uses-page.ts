import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, hiddenFields, linkButton } from '../../web/parts/button.ts'
import { linkedRows } from '../../web/parts/facts.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FileRecord } from '../record.ts'
import type { ManyUses } from '../references.ts'
import type { FilesRoom } from '../room.ts'
import { keepsBytes } from './kept.ts'
import { type UsingRow, usesWords, usingRows } from './uses.ts'
import { filesInWords, keptWords } from './words.ts'

/** So many rows are named; of more, the number is said. */
const NAMED = 20

/**
 * What is said before files that rows use go to the trash, where nothing has said it yet: a page of its own, so that it is said
 * without scripts too.
 * @param back where the files were chosen
 */
export async function usesPage(
  room: FilesRoom,
  c: RouteContext,
  { files, uses, back }: { readonly files: readonly FileRecord[]; readonly uses: ManyUses; readonly back: string },
): Promise<Html> {
  const { urls, frame, sources } = room
  const isKept = files.every((file) => keepsBytes(sources, file))
  const kept = keptWords(sources, files)
  const doing = (what: string) => `Move ${what} to trash`
  const says = usesWords(uses, files.length)
  const rows = usingRows(uses)
  const free = files.filter(({ id }) => !uses.seen.has(id) && !uses.hidden.has(id))
  return renderPage({
    ...(await frame(c)),
    title: `${doing(filesInWords(files))}?`,
    section: 'files',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: doing('files') }],
    body: html`<div class="panel card-page stack"><p>${says ?? `No row uses ${files.length === 1 ? 'it' : 'any of them'}`}.</p>${
      rows.length > 0 && html`${linkedRows(rows.slice(0, NAMED).map((row) => lineOf(row, files)))}`
    }${
      rows.length > NAMED &&
      html`<p class="muted">and ${uses.truncated && 'at least '}${formatCount(rows.length - NAMED, 'more row')}</p>`
    }${says !== null && html`<p>Rows go on holding them, and show them as in the trash until they are restored.</p>`}${kept !== undefined && html`<p>${kept}.</p>`}<div class="actions">${linkButton(
      { label: 'Cancel', href: back, more: { autofocus: true } },
    )}${
      free.length > 0 &&
      free.length < files.length &&
      !uses.truncated &&
      sending(room, free, back, {
        label: doing(free.length === 1 ? 'only the unused one' : `only the ${formatNumber(free.length)} unused`),
      })
    }${sending(room, files, back, { label: doing(filesInWords(files)), kind: isKept ? 'filled' : 'danger-filled' })}</div></div>`,
  })
}

function sending(
  { urls }: FilesRoom,
  files: readonly FileRecord[],
  back: string,
  look: { readonly label: string; readonly kind?: 'filled' | 'danger-filled' },
): Html {
  return html`<form method="post" action="${urls.path('/-/files/-/delete')}">${hiddenFields({ confirm: 'yes', return: back })}${files.map(
    ({ id }) => hiddenFields({ id }),
  )}${button({ ...look, type: 'submit' })}</form>`
}

function lineOf({ label, database, table, column, url, files: ids }: UsingRow, files: readonly FileRecord[]) {
  const held = files.filter(({ id }) => ids.includes(id))
  return {
    title: label,
    note: `${database} / ${table} / ${column} · ${filesInWords(held)}`,
    href: url,
    icon: 'table' as const,
  }
}
