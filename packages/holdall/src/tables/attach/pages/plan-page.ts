import type { FileBrief } from '../../../files/record.ts'
import { formatCount } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { renderPage } from '../../../web/page.ts'
import { button } from '../../../web/parts/button.ts'
import { errorSummary } from '../../../web/parts/field.ts'
import { emptyState, notice } from '../../../web/parts/notice.ts'
import { dataTable } from '../../../web/parts/table.ts'
import type { Actor, RouteContext } from '../../../web/route.ts'
import { readCell } from '../../file-columns/cell.ts'
import { cellFiles } from '../../file-columns/visible.ts'
import { answerPage } from '../../pages/answer.ts'
import { recordsOf, undecidedDoubles, WAYS, type Way } from '../decide-all.ts'
import { type HeldTrouble, troubleIn } from '../held.ts'
import { keptIn, sourcesOf } from '../here.ts'
import { PAGE_LINES } from '../limits.ts'
import { listWords } from '../list.ts'
import { type JudgedLine, outlineOf } from '../outline.ts'
import { attachWords, type Figures, headWords, leftWords } from '../parts.ts'
import { examplePattern } from '../plan.ts'
import { emptyRows } from '../planning.ts'
import type { PlannedLine } from '../plans.ts'
import { filledOf } from '../replacing.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { labelsOf } from '../row-labels.ts'
import { rowName } from '../row-name.ts'
import type { Run } from '../run.ts'
import { sampleValues } from '../sample-values.ts'
import { unreadableIn } from '../unreadable.ts'
import { matchFields } from './match-fields.ts'
import { fileCellOf, type PlanView, type Refused, rowCell, type ShownLine, why } from './plan-line.ts'
import { addressOf, goTo, pageBar, partsBar, type Shown, shownOf } from './plan-parts.ts'
import { linesToMend, messagesOf } from './refused-lines.ts'
import { replacingBar } from './replacing-bar.ts'
import { placeOf } from './result-page.ts'
import { rivalLine, rivalsOf } from './rivals.ts'
import { seenLines } from './seen-line.ts'
import { trail } from './trail.ts'
import { unreadableBar } from './unreadable-bar.ts'
import { withoutFile, withoutFileWords } from './without-file.ts'

/** `GET /{db}/{table}/-/attach/{run}` of a plan: which file goes to which row, and what is still to be decided. */
export async function planPage(
  c: RouteContext,
  room: AttachRoom,
  subject: Subject,
  run: Run,
  refused?: Refused,
): Promise<Response> {
  const { table, href } = subject
  const asked = new URLSearchParams(refused?.here ?? new URL(c.req.url).search)
  const outline = await outlineOf(room, subject, run)
  const unreadable = await unreadableIn(room, c.var.actor, outline)
  const countOf = (part: Shown) =>
    part === 'all' ? outline.files : part === 'unreadable' ? unreadable.files.size : outline.parts[part]
  const shown = shownOf(asked.get('show'), countOf)
  const there = outline.lines.filter(
    ({ part, file }) => shown === 'all' || (shown === 'unreadable' ? unreadable.files.has(file) : part === shown),
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
  const chosen = outline.lines.flatMap((line) => (line.part === 'rows' && line.chosen ? [line.chosen] : []))
  const rivals = rivalsOf(outline.lines, lines)
  const listing = listWords(room, subject, c.var.actor, run.match?.list, c.req.raw.signal)
  const listed = listing.then((list) => (run.match?.allRows ? undefined : list?.conditions))
  const [frame, files, empty, labels, values, sources, troubles, filled, list, only] = await Promise.all([
    room.frame(c),
    recordsOf(
      room,
      c.var.actor,
      [...lines, ...[...rivals.values()].flat()].map(({ file }) => file),
    ),
    listed.then((conditions) =>
      emptyRows(subject, run.column, { chosen, held: outline.held, match: run.match }, conditions),
    ),
    labelsOf(
      subject,
      lines.flatMap(({ chosen: key }) => key || []),
      run.match,
    ),
    noneFits && run.match ? sampleValues(subject, run.match.column) : [],
    sourcesOf(room, c.var.actor, run),
    troublesOf(room, c.var.actor, run, lines),
    filledOf(room, subject, run, outline, c.var.actor),
    listing,
    listed,
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
      lede: html`<span data-live="plan-head">${headWords(outline)}</span><span data-live="plan-rows">${withoutFileWords(empty)}</span>${kept !== '' && ` · ${kept}`}`,
      crumbs: trail(room, subject, run.match?.list, run, 'Plan'),
      section: 'databases',
      body: html`${await seenLines(room, c, sources)}<form class="stack" data-decides method="post" action="${safeUrl(`${href}/${run.id}`)}"><input type="hidden" name="here" value="${here}"><input type="hidden" name="revision" value="${run.revision}" autocomplete="off">${
        // What Enter in a field does: nothing is written by it.
        html`<button class="unseen" type="submit" name="go" value="save" tabindex="-1" aria-hidden="true">Keep choices</button>`
      }${refused && errorSummary('Nothing was attached', messages ?? [])}${
        refused === undefined &&
        run.failureReason !== null &&
        notice({ tone: 'warning', title: 'Nothing was written so far.', body: run.failureReason })
      }${matchFields(subject, run, refused?.posted, examplePattern(nameOf(files, lines)), list)}${notUploaded(run)}${
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
      }<section class="panel" aria-label="Plan"><div data-live="plan-parts">${partsBar(countOf, mends ? null : shown)}</div><div data-live="plan-readable">${unreadableBar(unreadable, outline, shown === 'unreadable' ? null : goTo('unreadable', 0))}</div><div data-live="plan-doubles">${doublesBar(undecidedDoubles(outline).length)}${replacingBar(filled)}</div>${
        lines.length === 0
          ? emptyState({ title: 'No file is in this part of the plan', icon: 'file' })
          : dataTable({
              caption: 'Files and their rows',
              columns: [{ label: 'File', kind: 'file' }, { label: `Row of ${table.name}` }, { label: 'Why' }],
              rows: lines.map((line) => ({
                cells: [
                  fileCellOf(view, line),
                  rowCell(view, line),
                  html`<span class="fine" data-live="why-${line.position}">${why(line, run, troubles.get(line.position))}${rivalLine(view, line)}</span>`,
                ],
              })),
              cards: true,
            })
      }${!mends && pageBar(shown, from, there)}<div class="save-bar" data-live="plan-bar">${saveBar(outline)}</div></section></form><div data-live="plan-without">${withoutFile(subject, run, empty, only !== undefined)}</div>`,
      ...room.once.take(c, `${href}/${run.id}`),
    }),
    refused?.error.status,
  )
}

function nameOf(files: ReadonlyMap<string, FileBrief>, [line]: readonly PlannedLine[]): string | undefined {
  return line && files.get(line.file)?.filename
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
