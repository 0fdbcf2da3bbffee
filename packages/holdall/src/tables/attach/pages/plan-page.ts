import type { FileBrief } from '../../../files/record.ts'
import { HoldallError } from '../../../web/error.ts'
import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { renderPage } from '../../../web/page.ts'
import { attributes } from '../../../web/parts/attributes.ts'
import { button } from '../../../web/parts/button.ts'
import { errorSummary } from '../../../web/parts/field.ts'
import { icon } from '../../../web/parts/icon.ts'
import { emptyState, notice } from '../../../web/parts/notice.ts'
import { dataTable } from '../../../web/parts/table.ts'
import type { Actor, RouteContext } from '../../../web/route.ts'
import { readCell } from '../../file-columns/cell.ts'
import { cellFiles } from '../../file-columns/visible.ts'
import { answerPage } from '../../pages/answer.ts'
import { recordsOf, undecidedDoubles, WAYS, type Way } from '../decide-all.ts'
import { positionOf } from '../forms.ts'
import { type HeldTrouble, troubleIn } from '../held.ts'
import { keptIn, sourcesOf } from '../here.ts'
import { PAGE_LINES } from '../limits.ts'
import { listFor, listWords } from '../list.ts'
import { type JudgedLine, type Outline, outlineOf } from '../outline.ts'
import { attachWords, type Figures, headWords, leftWords, type Part } from '../parts.ts'
import { examplePattern } from '../plan.ts'
import { type EmptyRows, emptyRows } from '../planning.ts'
import type { PlannedLine } from '../plans.ts'
import { filledOf } from '../replacing.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { labelsOf } from '../row-labels.ts'
import { rowName } from '../row-name.ts'
import { refusedRows } from '../row-problems.ts'
import type { Run } from '../run.ts'
import { sampleValues } from '../sample-values.ts'
import { matchFields } from './match-fields.ts'
import { controlOf, fileCellOf, type PlanView, type Refused, rowCell, type ShownLine, why } from './plan-line.ts'
import { replacingBar } from './replacing-bar.ts'
import { placeOf } from './result-page.ts'
import { rivalLine, rivalsOf } from './rivals.ts'
import { seenLines } from './seen-line.ts'
import { trail } from './trail.ts'
import { unreadableBar } from './unreadable-bar.ts'

/** The parts of a plan, each a page of its own. */
const SHOWN = {
  all: 'All',
  rows: 'To a row',
  decide: 'To decide',
  none: 'Without a row',
  text: 'Holds text',
  missing: 'Missing',
  left: 'Left out',
  copy: 'Same bytes there',
  there: 'There already',
  refused: 'Not taken',
  // In one of the others as well.
  unreadable: 'Cannot be read',
} as const satisfies Record<Part | 'all' | 'unreadable', string>
type Shown = keyof typeof SHOWN

/** `GET /{db}/{table}/-/attach/{run}` of a plan: which file goes to which row, and what is still to be decided. */
export async function planPage(
  c: RouteContext,
  room: AttachRoom,
  subject: Subject,
  run: Run,
  refused?: Refused,
): Promise<Response> {
  const { table, href } = subject
  const asked = new URLSearchParams(refused?.form.posted.get('here') ?? new URL(c.req.url).search)
  const outline = await outlineOf(room, subject, run)
  const { unreadable, reading } = await readabilityIn(room, c.var.actor, outline)
  const countOf = (part: Shown) =>
    part === 'all' ? outline.files : part === 'unreadable' ? unreadable.size : outline.parts[part]
  const shown = shownOf(asked.get('show'), countOf)
  const there = outline.lines.filter(
    ({ part, file }) => shown === 'all' || (shown === 'unreadable' ? unreadable.has(file) : part === shown),
  )
  const first = placeOf(asked.get('from') ?? undefined)
  const from = Math.max(
    0,
    there.findIndex(({ position }) => position >= first),
  )
  const page = there.slice(from, from + PAGE_LINES)
  // What was refused is shown, wherever in the plan it stands.
  const toMend = refused === undefined ? [] : linesToMend(outline.lines, refused.error)
  const mends = toMend.some((line) => !page.includes(line))
  const judged = mends ? toMend.slice(0, PAGE_LINES) : page
  const planned = await room.plans.linesAt(
    run.id,
    judged.map(({ position }) => position),
  )
  const lines = planned.map((line, at): ShownLine => ({ ...(judged[at] as JudgedLine), ...line }))
  const noneFits = run.files > 0 && outline.parts.none === run.files
  const fresh = outline.lines.flatMap(({ chosen, fills }) => (fills && chosen !== null ? [chosen] : []))
  const rivals = rivalsOf(outline.lines, lines)
  const [frame, files, empty, labels, values, sources, troubles, filled, list] = await Promise.all([
    room.frame(c),
    recordsOf(
      room,
      c.var.actor,
      [...lines, ...[...rivals.values()].flat()].map(({ file }) => file),
    ),
    emptyOf(room, subject, run, c.var.actor, new Set(fresh)),
    labelsOf(
      subject,
      lines.flatMap(({ chosen: key }) => key || []),
    ),
    noneFits && run.match ? sampleValues(subject, run.match.column) : [],
    sourcesOf(room, c.var.actor, run),
    troublesOf(room, c.var.actor, run, lines),
    filledOf(room, subject, run, outline, c.var.actor),
    listWords(room, subject, c.var.actor, run.match?.list, c.req.raw.signal),
  ])
  const kept = keptIn(sources)
  const here = addressOf(shown, from === 0 ? 0 : (page[0]?.position ?? 0))
  const messages = refused && messagesOf(refused.error, lines, (key) => rowName(key, labels.get(key)), files)
  const problems = Object.fromEntries(
    (messages ?? []).flatMap(({ field, message }) => (field ? [[field, message]] : [])),
  )
  const view: PlanView = { room, subject, run, files, labels, rivals, troubles, refused, problems }
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: `Attach ${formatCount(run.files, 'file')} to ${run.column}`,
      lede: html`<span data-live="plan-head">${headWords(outline)}</span>${kept !== '' && ` · ${kept}`}`,
      crumbs: trail(room, subject, run.match?.list, run, 'Plan'),
      section: 'databases',
      body: html`${await seenLines(room, c, sources)}<form class="stack" data-decides method="post" action="${safeUrl(`${href}/${run.id}`)}"><input type="hidden" name="here" value="${here}">${
        // What Enter in a field does: nothing is written by it.
        html`<button class="unseen" type="submit" name="go" value="save" tabindex="-1" aria-hidden="true">Keep choices</button>`
      }${refused && errorSummary('Nothing was written', messages ?? [])}${
        refused === undefined &&
        run.failureReason !== null &&
        notice({ tone: 'warning', title: 'Nothing was written so far.', body: run.failureReason })
      }${matchFields(subject, run, refused?.form.posted, examplePattern(nameOf(files, lines)), list)}${notUploaded(run)}${
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
      }<section class="panel" aria-label="Plan"><div data-live="plan-parts">${parts(countOf, mends ? null : shown)}</div><div data-live="plan-readable">${unreadableBar(outline, unreadable, reading, shown === 'unreadable' ? null : goTo('unreadable', 0))}</div><div data-live="plan-doubles">${doublesBar(undecidedDoubles(outline).length)}${replacingBar(filled)}</div>${
        lines.length === 0
          ? emptyState({ title: 'No file is in this part of the plan', icon: 'file' })
          : dataTable({
              caption: 'Files and their rows',
              columns: [{ label: 'File', kind: 'file' }, { label: `Row of ${table.name}` }, { label: 'Why' }],
              rows: lines.map((line) => ({
                cells: [
                  fileCellOf(view, line),
                  rowCell(view, line),
                  html`<span class="fine">${why(line, run, troubles.get(line.position))}${rivalLine(view, line)}</span>`,
                ],
              })),
              cards: true,
            })
      }${!mends && pageBar(shown, from, there)}<div class="save-bar" data-live="plan-bar">${saveBar(outline)}</div></section></form>${withoutFile(subject, run, empty)}`,
      ...room.once.take(c, `${href}/${run.id}`),
    }),
    refused?.error.status,
  )
}

/** Which files of a plan cannot be read, of those that the actor may see. */
async function readabilityIn(
  room: AttachRoom,
  actor: Actor | null,
  { lines }: Outline,
): Promise<{ unreadable: ReadonlySet<string>; reading: number }> {
  const { unreadable, reading } = await room.registry.readability(lines.map(({ file }) => file))
  return { unreadable: new Set((await recordsOf(room, actor, unreadable)).keys()), reading }
}

/** What a button of the form sends to turn to another part. */
function goTo(shown: Shown, from: number): string {
  return `to?${addressOf(shown, from)}`
}

function addressOf(shown: Shown, from: number): string {
  const parameters = new URLSearchParams()
  parameters.set('show', shown)
  if (from > 0) parameters.set('from', String(from))
  return parameters.toString()
}

function nameOf(files: ReadonlyMap<string, FileBrief>, [line]: readonly PlannedLine[]): string | undefined {
  return line && files.get(line.file)?.filename
}

/** What was asked for; else what is to be decided, as long as there is any of it. */
function shownOf(asked: string | null, countOf: (part: Shown) => number): Shown {
  const part = (Object.keys(SHOWN) as Shown[]).find((one) => one === asked) ?? 'decide'
  return countOf(part) > 0 ? part : 'all'
}

/** Of the list to which the plan is matched; of all rows where that cannot be read. */
async function emptyOf(
  room: AttachRoom,
  subject: Subject,
  run: Run,
  actor: Actor | null,
  chosen: ReadonlySet<string>,
): Promise<EmptyRows & { readonly isOfList: boolean }> {
  const list = await listFor(room, subject, actor, run.match ?? {}).catch((error: unknown) => {
    if (error instanceof HoldallError && error.status < 500) return undefined
    throw error
  })
  return { ...(await emptyRows(subject, run.column, chosen, list)), isOfList: list !== undefined }
}

/** What is left, and what carries the rest out. */
function saveBar(figures: Figures): Html {
  return html`<span class="fine muted">${leftWords(figures)}</span><div class="actions">${button({ label: 'Forget plan', type: 'submit', kind: 'quiet', name: 'go', value: 'forget' })}${button({ label: 'Keep choices', type: 'submit', name: 'go', value: 'save' })}${figures.parts.rows > 0 && button({ label: attachWords(figures), type: 'submit', kind: 'filled', name: 'go', value: 'apply' })}</div>`
}

/** What is not right with what the rows of lines hold now: of the row that was chosen, else of the one that fits. */
async function troublesOf(
  room: AttachRoom,
  actor: Actor | null,
  run: Run,
  lines: readonly ShownLine[],
): Promise<Map<number, HeldTrouble>> {
  const rows = lines.flatMap(({ position, chosen, fits }) => {
    const key = chosen || fits
    return key ? [[position, key] as const] : []
  })
  const held = await room.carryOut.held(
    run,
    rows.map(([, key]) => key),
  )
  const known = await cellFiles(
    room,
    actor,
    [...held.values()].flatMap((cell) => readCell(cell).ids),
  )
  return new Map(
    rows.flatMap(([position, key]) => {
      const trouble = troubleIn(held.get(key), known)
      return trouble === undefined ? [] : [[position, trouble] as const]
    }),
  )
}

/** The lines that a refusal is about. */
function linesToMend(lines: readonly JudgedLine[], error: HoldallError): JudgedLine[] {
  const typed = new Set(Object.keys(error.fields).flatMap((name) => positionOf(name) ?? []))
  const keys = new Set(refusedRows(error).map(({ key }) => key))
  return lines.filter(({ position, chosen }) => typed.has(position) || (chosen !== null && keys.has(chosen)))
}

/** What was wrong, each with the field that mends it: of a row that cannot take its files, the first file's. */
function messagesOf(
  error: HoldallError,
  lines: readonly ShownLine[],
  nameOfRow: (key: string) => string,
  files: ReadonlyMap<string, FileBrief>,
): { field?: string; label?: string; message: string }[] {
  const rows = refusedRows(error)
  if (rows.length > 0) {
    const shown = rows.flatMap(({ key, message }) =>
      lines
        .filter(({ chosen }) => chosen === key)
        .map((line) => ({
          field: controlOf(line),
          label: `Row ${nameOfRow(key)}, ${files.get(line.file)?.filename ?? 'a file'}`,
          message,
        })),
    )
    if (shown.length > 0) return shown
  }
  const fields = Object.entries(error.fields).filter(([name]) => name === 'pattern' || positionOf(name) !== undefined)
  if (fields.length === 0) return error.errors.slice(0, 10).map((message) => ({ message }))
  return fields.map(([field, message]) => {
    const line = lines.find(({ position }) => position === positionOf(field))
    return { field, label: line ? (files.get(line.file)?.filename ?? 'Row') : 'Pattern', message }
  })
}

/** One choice for all doubles. */
function doublesBar(open: number): Html {
  if (open === 0) return html``
  const words = `${formatCount(open, 'file')} ${open === 1 ? 'shares its row with another one' : 'share their rows with others'} and ${open === 1 ? 'is' : 'are'} to be decided.`
  return html`<div class="doubles"><p>${words} For all of them at once:</p><div class="actions">${WAYS.map((way) =>
    button({ label: WAY_LABELS[way], type: 'submit', name: 'go', value: `all ${way}`, small: true }),
  )}</div></div>`
}

const WAY_LABELS: Readonly<Record<Way, string>> = {
  exact: 'Take the one whose name fits exactly',
  same: 'Where the bytes are the same, take the first',
  out: 'Leave them out',
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
function parts(countOf: (part: Shown) => number, shown: Shown | null): Html {
  const there = (Object.keys(SHOWN) as Shown[]).filter((part) => part === 'all' || part === shown || countOf(part) > 0)
  return html`<div class="plan-parts" role="group" aria-label="Part of the plan">${there.map(
    (part) =>
      html`<button type="submit" name="go" value="${goTo(part, 0)}"${attributes({ 'aria-current': part === shown ? 'true' : null })}>${SHOWN[part]} <span class="tabular muted">${formatNumber(countOf(part))}</span></button>`,
  )}</div>`
}

/** @param from how many lines of the part stand before the page */
function pageBar(shown: Shown, from: number, lines: readonly JudgedLine[]): Html {
  const total = lines.length
  if (total <= PAGE_LINES) return html``
  // A place in the plan: what is decided meanwhile leaves its part, and nothing is skipped.
  const to = (place: number) => goTo(shown, place)
  const next = lines[from + PAGE_LINES]
  return html`<div class="pager"><span class="tabular">Files ${formatNumber(from + 1)}–${formatNumber(Math.min(total, from + PAGE_LINES))} of ${formatNumber(total)}</span><nav aria-label="Pages">${
    from > 0 && button({ label: 'First page', type: 'submit', name: 'go', value: to(0) })
  }${next !== undefined && button({ label: 'Next page', type: 'submit', name: 'go', value: to(next.position), endIcon: 'chevronRight' })}</nav></div>`
}

/** Rows that still have no file when the plan has been carried out. */
function withoutFile(
  { path, table }: Subject,
  { column }: Run,
  { count, rows, isOfList }: Awaited<ReturnType<typeof emptyOf>>,
): Html {
  const all = isOfList ? 'the list' : table.name
  if (count === 0) return html`<p class="muted after-panel">Every row of ${all} has a file in ${column} then.</p>`
  const words = count === null ? 'Some rows' : formatCount(count, 'row')
  return html`<details class="panel fold-panel after-panel"><summary>${icon('chevronRight')}<strong>Rows without a file</strong> <span class="muted">${words} of ${all} still ${count === 1 ? 'has' : 'have'} none in ${column} then</span></summary><ul class="linked">${rows.map(
    ({ key, label }) =>
      html`<li><a class="grow" href="${safeUrl(`${path}/${key}`)}"><strong>${rowName(key, label)}</strong></a></li>`,
  )}</ul>${count !== null && count > rows.length && html`<p class="panel-body fine muted">These are the first ${rows.length}.</p>`}</details>`
}
