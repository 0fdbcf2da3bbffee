import type { FileBrief } from '../../../files/record.ts'
import { formatCount, formatNumber, formatTime } from '../../../web/format.ts'
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
import { attachHref } from '../../pages/attach-href.ts'
import type { CellOutcome, CellStanding } from '../../write/protocol.ts'
import { descriptionsIn } from '../descriptions.ts'
import { keptIn, sourcesOf } from '../here.ts'
import type { JournalCell } from '../journal-cells.ts'
import { PAGE_LINES } from '../limits.ts'
import { listHref } from '../list.ts'
import { PARTS, type Part, partOf } from '../parts.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { labelsOf } from '../row-labels.ts'
import { rowName } from '../row-name.ts'
import { lastOf, type Run } from '../run.ts'
import { descriptionsNotice } from './descriptions-notice.ts'
import { readReplaced, replacedPanel } from './replaced-panel.ts'
import { statusWords } from './runs-panel.ts'
import { trail } from './trail.ts'

/** So many files that were left out are named; more are counted. */
const MOST_LEFT_NAMED = 5

/** So many rows that undoing left as they are are named; more are counted. */
const MOST_ROWS_NAMED = 10

/** `GET /{db}/{table}/-/attach/{run}` of a run that was carried out: what it wrote, and its undo. */
export async function resultPage(c: RouteContext, room: AttachRoom, subject: Subject, run: Run): Promise<Response> {
  const { table, href, path } = subject
  const list = run.match?.list
  const cells = await room.journal.cells(run.id)
  const from = Math.min(placeOf(c.req.query('from')), Math.max(0, cells.length - 1))
  const shown = cells.slice(from, from + PAGE_LINES)
  const replaced = await readReplaced(room, c.var.actor, run.status === 'applied' ? cells : [])
  const [frame, files, labels, left, kept, outcomes] = await Promise.all([
    room.frame(c),
    cellFiles(
      room,
      c.var.actor,
      shown.flatMap((cell) => cell.files),
    ),
    labelsOf(
      subject,
      [...shown, ...leftCells(cells).slice(0, MOST_ROWS_NAMED), ...replaced.first].map(({ key }) => key),
      run.match,
    ),
    leftOut(c, room, run),
    sourcesOf(room, c.var.actor, run).then(keptIn),
    run.status === 'applied' ? room.carryOut.standing(run, cells) : cells.map(({ outcome }) => outcome ?? 'restored'),
  ])
  const descriptions =
    run.status === 'applied' ? await descriptionsIn(room, c.var.actor, run, cells, outcomes) : { open: [], copied: [] }
  const changeable = outcomes.filter((outcome) => outcome === 'held').length
  // What stands as it was attached needs no column that says so.
  const showsNow = run.status === 'undone' || (run.status === 'applied' && changeable < cells.length)
  const words = run.status === 'applied' ? STANDING : OUTCOMES
  const { at, by } = lastOf(run)
  const actor = by === null ? '' : ` by ${await room.registry.nameOf(by)}`
  const row = (key: string) => html`<a href="${safeUrl(`${path}/${key}`)}">${rowName(key, labels.get(key))}</a>`
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: titleOf(run, cells),
      lede: html`${run.status === 'applied' && changeable < cells.length ? `On ${formatNumber(changeable)} of ${formatCount(cells.length, 'row')}` : statusWords(run)}${actor}, ${shownTime(at)}${kept !== '' && ` · ${kept}`}`,
      crumbs: trail(room, subject, list, run, formatTime(at)),
      section: 'databases',
      actions: html`${linkButton({ label: list ? 'Back to the list' : `Show ${table.name}`, href: listHref(subject, list), kind: 'filled' })}${
        run.status === 'applied' &&
        changeable > 0 &&
        postButton(`${href}/${run.id}/-/undo`, { label: `Undo ${formatCount(changeable, 'row')}` })
      }${run.status === 'undone' && postButton(`${href}/${run.id}`, { label: 'Attach again' }, { go: 'again' })}`,
      body: html`<div class="stack">${notices(run, cells, row)}${leftNotice(room, subject, run, left)}${descriptionsNotice(descriptions, `${href}/${run.id}`)}${replacedPanel(room, replaced, run.column, row)}${
        shown.length > 0 &&
        html`<section class="panel" aria-label="Rows">${dataTable({
          caption: `What was attached to ${run.column}`,
          columns: [{ label: 'Row' }, { label: run.column, kind: 'file' }, ...(showsNow ? [{ label: 'Now' }] : [])],
          rows: shown.map((cell, at) => ({
            cells: [
              row(cell.key),
              html`<div class="stack-tight">${itemsOf(cell.files, files, room.urls).map((item) => html`<div>${fileCell(item)}</div>`)}</div>`,
              ...(showsNow ? [words[outcomes[from + at] ?? 'gone']] : []),
            ],
          })),
          cards: true,
        })}${pages(`${href}/${run.id}`, from, cells.length)}</section>`
      }</div>`,
      ...room.once.take(c, `${href}/${run.id}`),
    }),
  )
}

interface LeftFile {
  readonly file: FileBrief
  readonly part: Part
}

/** The files of its plan that no row has taken, as far as the actor may see them. */
async function leftOut(c: RouteContext, room: AttachRoom, run: Run): Promise<LeftFile[]> {
  if (run.status !== 'applied' && run.status !== 'undone') return []
  const lines = await room.plans.allLines(run.id)
  const left = lines.filter((line) => partOf(line) !== 'there')
  const { files } = await cellFiles(
    room,
    c.var.actor,
    left.map(({ file }) => file),
  )
  return left.flatMap((line) => {
    const file = files.get(line.file)
    return file === undefined ? [] : [{ file, part: partOf(line) }]
  })
}

/** Which files were not attached, and why, with what matches them again. Those of a run that was undone go with “Attach again”. */
function leftNotice({ urls }: AttachRoom, subject: Subject, run: Run, left: readonly LeftFile[]): Html {
  if (left.length === 0) return html``
  const names = (some: readonly LeftFile[]) => {
    const more = some.length - MOST_LEFT_NAMED
    const named = some
      .slice(0, MOST_LEFT_NAMED)
      .map(({ file }, at) => html`${at > 0 && ', '}<a href="${urls.file(file.id)}">${file.filename}</a>`)
    return html`${named}${more > 0 && ` and ${formatNumber(more)} more`}`
  }
  const reasons = PARTS.flatMap((part) => {
    const some = left.filter((one) => one.part === part)
    return some.length === 0
      ? []
      : [html`<span class="reason">${reasonWords(part, some.length, run)}: ${names(some)}.</span> `]
  })
  return notice({
    tone: 'info',
    title: `${formatCount(left.length, 'file')} ${left.length === 1 ? 'was' : 'were'} not attached.`,
    body: html`${reasons}`,
    ...(run.status === 'applied' && {
      actions: postButton(
        attachHref(subject.path, { rows: run.match?.allRows ? undefined : run.match?.list }),
        { label: `Match ${left.length === 1 ? 'it' : 'them'} again`, small: true },
        { column: run.column, ids: left.map(({ file }) => file.id).join(' ') },
      ),
    }),
  })
}

function reasonWords(part: Part, count: number, { status }: Run): string {
  const number = formatNumber(count)
  switch (part) {
    case 'none':
      return `No row fits ${count === 1 ? 'it' : number}`
    case 'text':
      return `${count === 1 ? 'Its row holds' : `The rows of ${number} hold`} text that is no file, which was left as it is`
    case 'missing':
      return `${number} ${count === 1 ? 'is' : 'are'} missing from the storage`
    case 'left':
      return `${number} ${count === 1 ? 'was' : 'were'} left out by choice`
    case 'copy':
      // Those bytes may be what undoing took from the row.
      return status === 'undone'
        ? `${count === 1 ? 'Its row' : `The rows of ${number}`} had the same bytes then`
        : `${count === 1 ? 'Its row has' : `The rows of ${number} have`} the same bytes already`
    case 'refused':
      return `The column does not take ${count === 1 ? 'it' : number}`
    default:
      return `Nobody decided on ${count === 1 ? 'it' : number}`
  }
}

const OUTCOMES: Readonly<Record<CellStanding, string>> = {
  held: 'As attached',
  restored: 'As before attaching',
  changed: 'Changed since, and left so',
  gone: 'The row is gone',
}
/** Before it is undone. */
const STANDING: typeof OUTCOMES = { ...OUTCOMES, changed: 'Changed since: Undo leaves it so' }

function titleOf(run: Run, cells: readonly JournalCell[]): string {
  const files = formatCount(run.files, 'file')
  if (run.status === 'applied') return `${files} attached to ${run.column}`
  if (run.status === 'undone') {
    const detached = cells.reduce((sum, cell) => sum + (cell.outcome === 'restored' ? cell.files.length : 0), 0)
    return `${detached === run.files ? files : `${formatNumber(detached)} of ${files}`} detached from ${run.column}`
  }
  return `${files} for ${run.column}`
}

/** What undoing left as it is. */
function leftCells(cells: readonly JournalCell[]): JournalCell[] {
  return cells.filter(({ outcome }) => outcome !== null && outcome !== 'restored')
}

/** @param row names a row and leads to it */
function notices(run: Run, cells: readonly JournalCell[], row: (key: string) => Html): Html {
  const leftRows = leftCells(cells)
  const left = leftRows.length
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
      body: html`${sinceWords(cells)} ${leftRows.slice(0, MOST_ROWS_NAMED).map(({ key }, at) => html`${at > 0 && ', '}${row(key)}`)}${left > MOST_ROWS_NAMED && ` and ${formatNumber(left - MOST_ROWS_NAMED)} more`}`,
    })
  }
  return html``
}

/** `1 row was changed after its files had been attached. 2 rows are gone.` */
function sinceWords(cells: readonly JournalCell[]): string {
  const count = (wanted: CellOutcome) => cells.filter(({ outcome }) => outcome === wanted).length
  const [changed, gone] = [count('changed'), count('gone')]
  return [
    changed === 1 && '1 row was changed after its files had been attached.',
    changed > 1 && `${formatNumber(changed)} rows were changed after their files had been attached.`,
    gone > 0 && `${formatCount(gone, 'row')} ${gone === 1 ? 'is' : 'are'} gone.`,
  ]
    .filter(Boolean)
    .join(' ')
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
