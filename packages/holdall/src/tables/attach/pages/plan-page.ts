import type { FileBrief } from '../../../files/record.ts'
import type { HoldallError } from '../../../web/error.ts'
import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { renderPage } from '../../../web/page.ts'
import { attributes } from '../../../web/parts/attributes.ts'
import { button } from '../../../web/parts/button.ts'
import { errorSummary } from '../../../web/parts/field.ts'
import { emptyState, notice } from '../../../web/parts/notice.ts'
import { dataTable } from '../../../web/parts/table.ts'
import type { RouteContext } from '../../../web/route.ts'
import { visibleFiles } from '../../file-columns/visible.ts'
import { answerPage } from '../../pages/answer.ts'
import { crumbs } from '../../pages/room.ts'
import { PAGE_LINES } from '../limits.ts'
import { examplePattern, type LineState, STATES } from '../plan.ts'
import { type EmptyRows, emptyRows } from '../planning.ts'
import type { PlannedLine } from '../plans.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { labelsOf } from '../row-labels.ts'
import { rowName } from '../row-name.ts'
import type { Run } from '../run.ts'
import { sampleValues } from '../sample-values.ts'
import { matchFields } from './match-fields.ts'
import { fileCellOf, type Refused, rowCell, why } from './plan-line.ts'
import { placeOf } from './result-page.ts'

/** The parts of a plan, each a page of its own. */
const SHOWN = {
  all: { label: 'All', states: STATES },
  rows: { label: 'To a row', states: ['matched'] },
  decide: { label: 'To decide', states: ['several', 'double', 'filled'] },
  none: { label: 'Without a row', states: ['no_row'] },
  other: { label: 'Not attached', states: ['refused', 'same'] },
} as const satisfies Record<string, { label: string; states: readonly LineState[] }>
type Shown = keyof typeof SHOWN

/** `GET /{db}/{table}/-/attach/{run}` of a plan: which file goes to which row, and what is still to be decided. */
export async function planPage(
  c: RouteContext,
  room: AttachRoom,
  subject: Subject,
  run: Run,
  refused?: Refused,
): Promise<Response> {
  const { database, table, href } = subject
  const asked = new URLSearchParams(refused?.form.posted.get('here') ?? new URL(c.req.url).search)
  const shown: Shown = Object.hasOwn(SHOWN, asked.get('show') ?? '') ? (asked.get('show') as Shown) : 'all'
  const { states, chosen } = await room.plans.counts(run.id)
  const countOf = (part: Shown) => SHOWN[part].states.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  const total = countOf(shown)
  const from = Math.min(placeOf(asked.get('from') ?? undefined), Math.max(0, total - 1))
  const lines = await room.plans.lines(run.id, SHOWN[shown].states, from)
  const pairs = await room.plans.pairs(run.id)
  const noneFits = run.files > 0 && states.get('no_row') === run.files
  const [frame, files, empty, labels, values] = await Promise.all([
    room.frame(c),
    visibleFiles(
      room.registry,
      c.var.actor,
      lines.map(({ file }) => file),
    ),
    emptyRows(subject, run.column, new Set(pairs.map(([, key]) => key))),
    labelsOf(
      subject,
      lines.flatMap(({ chosen: key }) => key ?? []),
    ),
    noneFits && run.match ? sampleValues(subject, run.match.column) : [],
  ])
  const here = addressOf(shown, from)
  const view = { room, subject, run, files, labels, refused }
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: `Attach ${formatCount(run.files, 'file')} to ${run.column}`,
      lede: ledeOf(states),
      crumbs: [
        ...crumbs(room, database.name, table.name, '').slice(0, -1),
        { label: 'Attach many files', href: `${href}?${new URLSearchParams({ column: run.column })}` },
        { label: 'Plan' },
      ],
      section: 'databases',
      body: html`<form class="stack" method="post" action="${safeUrl(`${href}/${run.id}`)}"><input type="hidden" name="here" value="${here}">${
        // What Enter in a field does: nothing is written by it.
        html`<button class="unseen" type="submit" name="go" value="save" tabindex="-1" aria-hidden="true">Keep choices</button>`
      }${refused && errorSummary('Nothing was written', summaryOf(refused.error))}${
        refused === undefined &&
        run.failureReason !== null &&
        notice({ tone: 'warning', title: 'Nothing was written so far.', body: run.failureReason })
      }${matchFields(subject, run, refused?.form.posted, examplePattern(nameOf(files, lines)))}${notUploaded(run)}${
        noneFits &&
        values.length > 0 &&
        notice({
          tone: 'info',
          title: `No name fits a value of ${run.match?.column ?? 'the column'}.`,
          body: `Values look like ${values.join(', ')}. Choose another column or another way, and match again.`,
        })
      }${
        run.match?.complete === false &&
        notice({
          tone: 'warning',
          title: 'The table is too large to look at all of it.',
          body: 'Files may have a row that is not shown here.',
        })
      }<section class="panel" aria-label="Plan">${parts(countOf, shown)}${
        lines.length === 0
          ? emptyState({ title: 'No file is in this part of the plan', icon: 'file' })
          : dataTable({
              caption: 'Files and their rows',
              columns: [{ label: 'File', kind: 'file' }, { label: `Row of ${table.name}` }, { label: 'Why' }],
              rows: lines.map((line) => ({
                cells: [fileCellOf(view, line), rowCell(view, line), html`<span class="fine">${why(line, run)}</span>`],
              })),
              cards: true,
            })
      }${pageBar(shown, from, total)}<div class="save-bar"><span class="fine muted">${chosenWords(run, chosen)}</span><div class="actions">${button({ label: 'Forget plan', type: 'submit', kind: 'quiet', name: 'go', value: 'forget' })}${button({ label: 'Keep choices', type: 'submit', name: 'go', value: 'save' })}${chosen > 0 && button({ label: `Attach ${formatCount(chosen, 'file')}`, type: 'submit', kind: 'filled', name: 'go', value: 'apply' })}</div></div></section></form>${withoutFile(subject, run, empty)}`,
      ...room.once.take(c, `${href}/${run.id}`),
    }),
    refused?.error.status,
  )
}

function addressOf(shown: Shown, from: number): string {
  const parameters = new URLSearchParams()
  if (shown !== 'all') parameters.set('show', shown)
  if (from > 0) parameters.set('from', String(from))
  return parameters.toString()
}

function nameOf(files: ReadonlyMap<string, FileBrief>, [line]: readonly PlannedLine[]): string | undefined {
  return line && files.get(line.file)?.filename
}

function ledeOf(states: ReadonlyMap<LineState, number>): string {
  const count = (...wanted: LineState[]) => wanted.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  const decide = count('several', 'double', 'filled')
  const words = [
    `${formatNumber(count('matched'))} ${count('matched') === 1 ? 'goes' : 'go'} to a row`,
    decide > 0 && `${formatNumber(decide)} to decide`,
    count('no_row') > 0 && `${formatNumber(count('no_row'))} without a row`,
    count('same') > 0 && `${formatNumber(count('same'))} there already`,
    count('refused') > 0 && `${formatNumber(count('refused'))} not taken`,
  ]
  return words.filter(Boolean).join(' · ')
}

function chosenWords({ files }: Run, chosen: number): string {
  const left = files - chosen
  return left === 0
    ? 'Every file goes to a row.'
    : `${formatCount(left, 'file')} ${left === 1 ? 'is' : 'are'} left out.`
}

function summaryOf(error: HoldallError) {
  const fields = Object.entries(error.fields).filter(([name]) => name.startsWith('typed.') || name === 'pattern')
  if (fields.length === 0) return error.errors.slice(0, 10).map((message) => ({ message }))
  return fields.map(([field, message]) => ({ field, label: field === 'pattern' ? 'Pattern' : 'Row', message }))
}

function notUploaded({ match }: Run): Html | false {
  const refused = match?.refused ?? []
  return (
    refused.length > 0 &&
    notice({
      tone: 'warning',
      title: `${formatCount(refused.length, 'file')} could not be uploaded.`,
      body: html`${refused.map((reason) => html`${reason}<br>`)}`,
    })
  )
}

/** The parts as buttons of the form, so that turning to another keeps what was chosen here. */
function parts(countOf: (part: Shown) => number, shown: Shown): Html {
  const there = (Object.keys(SHOWN) as Shown[]).filter((part) => part === 'all' || part === shown || countOf(part) > 0)
  return html`<div class="plan-parts" role="group" aria-label="Part of the plan">${there.map(
    (part) =>
      html`<button type="submit" name="go" value="${`to?${addressOf(part, 0)}`}"${attributes({ 'aria-current': part === shown ? 'true' : null })}>${SHOWN[part].label} <span class="tabular muted">${formatNumber(countOf(part))}</span></button>`,
  )}</div>`
}

function pageBar(shown: Shown, from: number, total: number): Html {
  if (total <= PAGE_LINES) return html``
  const to = (place: number) => `to?${addressOf(shown, place)}`
  const next = from + PAGE_LINES
  return html`<div class="pager"><span class="tabular">Files ${formatNumber(from + 1)}–${formatNumber(Math.min(total, next))} of ${formatNumber(total)}</span><nav aria-label="Pages">${
    from > 0 && button({ label: 'First page', type: 'submit', name: 'go', value: to(0) })
  }${next < total && button({ label: 'Next page', type: 'submit', name: 'go', value: to(next), endIcon: 'chevronRight' })}</nav></div>`
}

/** Rows that still have no file when the plan has been carried out. */
function withoutFile({ path, table }: Subject, { column }: Run, { count, rows }: EmptyRows): Html {
  if (count === 0)
    return html`<p class="muted after-panel">Every row of ${table.name} has a file in ${column} then.</p>`
  const words = count === null ? 'Some rows' : formatCount(count, 'row')
  return html`<details class="panel fold-panel after-panel"><summary><strong>Rows without a file</strong> <span class="muted">${words} of ${table.name} still ${count === 1 ? 'has' : 'have'} none in ${column} then</span></summary><ul class="linked">${rows.map(
    ({ key, label }) =>
      html`<li><a class="grow" href="${safeUrl(`${path}/${key}`)}"><strong>${rowName(key, label)}</strong></a></li>`,
  )}</ul>${count !== null && count > rows.length && html`<p class="panel-body fine muted">These are the first ${rows.length}.</p>`}</details>`
}
