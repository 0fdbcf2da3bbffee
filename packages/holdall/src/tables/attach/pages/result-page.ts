import type { FileBrief } from '../../../files/record.ts'
import { formatCount, formatTime } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { renderPage } from '../../../web/page.ts'
import { linkButton, postButton } from '../../../web/parts/button.ts'
import { fileCell } from '../../../web/parts/file.ts'
import { notice } from '../../../web/parts/notice.ts'
import { dataTable, pager } from '../../../web/parts/table.ts'
import { shownTime } from '../../../web/parts/time.ts'
import type { RouteContext } from '../../../web/route.ts'
import { itemsOf } from '../../file-columns/items.ts'
import { cellFiles } from '../../file-columns/visible.ts'
import { answerPage } from '../../pages/answer.ts'
import { crumbs } from '../../pages/room.ts'
import type { JournalCell } from '../journal-cells.ts'
import { PAGE_LINES } from '../limits.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { labelsOf } from '../row-labels.ts'
import { rowName } from '../row-name.ts'
import { lastOf, type Run } from '../run.ts'
import { statusWords } from './runs-panel.ts'

/** So many files that were left out are named; more are counted. */
const MOST_LEFT_NAMED = 5

/** `GET /{db}/{table}/-/attach/{run}` of a run that was carried out: what it wrote, and its undo. */
export async function resultPage(c: RouteContext, room: AttachRoom, subject: Subject, run: Run): Promise<Response> {
  const { database, table, href, path } = subject
  const cells = await room.journal.cells(run.id)
  const from = Math.min(placeOf(c.req.query('from')), Math.max(0, cells.length - 1))
  const shown = cells.slice(from, from + PAGE_LINES)
  const [frame, files, labels, left] = await Promise.all([
    room.frame(c),
    cellFiles(
      room,
      c.var.actor,
      shown.flatMap((cell) => cell.files),
    ),
    labelsOf(
      subject,
      shown.map(({ key }) => key),
    ),
    leftOut(c, room, run),
  ])
  const { at, by } = lastOf(run)
  const actor = by === null ? '' : ` by ${await room.registry.nameOf(by)}`
  const row = (key: string) => html`<a href="${safeUrl(`${path}/${key}`)}">${rowName(key, labels.get(key))}</a>`
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: titleOf(run),
      lede: html`${statusWords(run)}${actor}, ${shownTime(at)}`,
      crumbs: [
        ...crumbs(room, database.name, table.name, '').slice(0, -1),
        { label: 'Attach many files', href: `${href}?${new URLSearchParams({ column: run.column })}` },
        { label: formatTime(at) },
      ],
      section: 'databases',
      actions: html`${linkButton({ label: `Show ${table.name}`, href: path, kind: 'filled' })}${
        run.status === 'applied' &&
        postButton(`${href}/${run.id}/-/undo`, { label: `Undo ${formatCount(run.cells, 'row')}` })
      }${
        run.status === 'undone' &&
        // The files are still here: choosing the folder again would send all of them a second time.
        postButton(
          href,
          { label: 'Attach again' },
          { column: run.column, ids: [...cells.flatMap(({ files }) => files), ...left.map(({ id }) => id)].join(' ') },
        )
      }`,
      body: html`<div class="stack">${notices(run, cells)}${leftNotice(room, subject, run, left)}${
        shown.length > 0 &&
        html`<section class="panel" aria-label="Rows">${dataTable({
          caption: `What was attached to ${run.column}`,
          columns: [
            { label: 'Row' },
            { label: run.column, kind: 'file' },
            ...(run.status === 'undone' ? [{ label: 'Now' }] : []),
          ],
          rows: shown.map((cell) => ({
            cells: [
              row(cell.key),
              html`<div class="stack-tight">${itemsOf(cell.files, files, room.urls).map((item) => html`<div>${fileCell(item)}</div>`)}</div>`,
              ...(run.status === 'undone' ? [OUTCOMES[cell.outcome ?? 'restored']] : []),
            ],
          })),
          cards: true,
        })}${pages(`${href}/${run.id}`, from, cells.length)}</section>`
      }</div>`,
      ...room.once.take(c, `${href}/${run.id}`),
    }),
  )
}

/** The files of its plan that no row has taken, as far as the actor may see them. */
async function leftOut(c: RouteContext, room: AttachRoom, run: Run): Promise<FileBrief[]> {
  if (run.status !== 'applied' && run.status !== 'undone') return []
  const ids = await room.plans.files(run.id)
  const { files } = await cellFiles(room, c.var.actor, ids)
  return ids.flatMap((id) => files.get(id) ?? [])
}

/** Which files were left out, with what matches them again. Those of a run that was undone go with “Attach again”. */
function leftNotice({ urls }: AttachRoom, { href }: Subject, run: Run, left: readonly FileBrief[]): Html {
  if (left.length === 0) return html``
  const more = left.length - MOST_LEFT_NAMED
  const names = left
    .slice(0, MOST_LEFT_NAMED)
    .map(({ id, filename }, at) => html`${at > 0 && ', '}<a href="${urls.file(id)}">${filename}</a>`)
  return notice({
    tone: 'info',
    title: `${formatCount(left.length, 'file')} left out.`,
    body: html`No row took ${left.length === 1 ? 'it' : 'them'}: ${names}${more > 0 && ` and ${more} more`}.`,
    ...(run.status === 'applied' && {
      actions: postButton(
        href,
        { label: `Match ${left.length === 1 ? 'it' : 'them'} again`, small: true },
        { column: run.column, ids: left.map(({ id }) => id).join(' ') },
      ),
    }),
  })
}

const OUTCOMES: Readonly<Record<NonNullable<JournalCell['outcome']>, string>> = {
  restored: 'As before attaching',
  changed: 'Changed since, and left so',
  gone: 'The row is gone',
}

function titleOf(run: Run): string {
  const files = formatCount(run.files, 'file')
  if (run.status === 'applied') return `${files} attached to ${run.column}`
  if (run.status === 'undone') return `${files} detached from ${run.column}`
  return `${files} for ${run.column}`
}

function notices(run: Run, cells: readonly JournalCell[]): Html {
  const left = cells.filter(({ outcome }) => outcome !== null && outcome !== 'restored').length
  if (run.status === 'failed') {
    return notice({ tone: 'danger', title: 'Nothing was written.', body: run.failureReason ?? '' })
  }
  if (run.status === 'applying' || run.status === 'undoing') {
    return notice({ tone: 'info', title: 'This is being written right now.', body: 'Load the page again in a moment.' })
  }
  if (run.status === 'undone' && left > 0) {
    return notice({
      tone: 'warning',
      title: `${formatCount(left, 'row')} ${left === 1 ? 'was' : 'were'} left as ${left === 1 ? 'it is' : 'they are'}.`,
      body: 'They were changed after the files had been attached, or deleted. The table says which.',
    })
  }
  return html``
}

/** A place in a list as an address gives it; 0 for what is none. */
export function placeOf(text: string | undefined): number {
  return /^\d{1,6}$/.test(text ?? '') ? Number(text) : 0
}

function pages(address: string, from: number, total: number): Html {
  if (total <= PAGE_LINES) return html``
  return pager({
    text: `Rows ${from + 1}–${Math.min(total, from + PAGE_LINES)} of ${total}`,
    firstHref: from === 0 ? null : address,
    nextHref: from + PAGE_LINES < total ? `${address}?from=${from + PAGE_LINES}` : null,
  })
}
