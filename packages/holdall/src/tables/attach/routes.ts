import { readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount, formatNumber } from '../../web/format.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { attachHref } from '../pages/attach-href.ts'
import { asObject, type Json, parseJson } from '../write/body.ts'
import { needsTable } from '../write/room.ts'
import { isForm } from '../write/routes.ts'
import { planAgain } from './again.ts'
import { ATTACH_API } from './api.ts'
import { carryDescriptions } from './carry-descriptions.ts'
import { decideAll, undecidedDoubles } from './decide-all.ts'
import { demandDrawnFrom, postedTo, readFilesForm, readPlanForm } from './forms.ts'
import { cellJson, pairsOf, planJson, runJson } from './json.ts'
import { keepDecisions, keptDecisionWords } from './kept-decisions.ts'
import { MAX_BODY_BYTES, MAX_REFUSED_TOLD } from './limits.ts'
import { outlineOf } from './outline.ts'
import { leftFiles, leftNotice } from './pages/left-files.ts'
import { planPage } from './pages/plan-page.ts'
import { resultPage } from './pages/result-page.ts'
import { startPage } from './pages/start-page.ts'
import { givingWay } from './parts.ts'
import { countStates } from './plan.ts'
import { type EmptyRows, emptyRows, makePlan, type Plan } from './planning.ts'
import type { Choices } from './plans.ts'
import { filledOf, replaceAll } from './replacing.ts'
import { readAttachRequest } from './request.ts'
import { type AttachRoom, columnIn, runIn, type Subject, subjectOf } from './room.ts'
import type { Pair, Run } from './run.ts'
import { leaveOut, putBack, unreadableIn } from './unreadable.ts'

const RUN_PATH = '/:database/:table/-/attach/:run{[0-9a-z]+}'

/** Attaching many files to the rows of a table: planned, written and undone as one. */
export function attachRoutes(room: AttachRoom): Route[] {
  const need = needsTable('update-row', { database: room.databases.get })
  return [
    {
      method: 'GET',
      path: '/:database/:table/-/attach',
      json: true,
      need,
      api: ATTACH_API.start,
      handler: (c) => start(c, room),
    },
    {
      method: 'POST',
      path: '/:database/:table/-/attach',
      need,
      api: ATTACH_API.attach,
      handler: (c) => attach(c, room),
    },
    { method: 'GET', path: RUN_PATH, json: true, need, api: ATTACH_API.run, handler: (c) => show(c, room) },
    { method: 'POST', path: RUN_PATH, need, api: ATTACH_API.carryOut, handler: (c) => carryOut(c, room) },
    { method: 'POST', path: `${RUN_PATH}/-/undo`, need, api: ATTACH_API.undo, handler: (c) => undo(c, room) },
    {
      method: 'POST',
      path: `${RUN_PATH}/-/descriptions`,
      need,
      api: ATTACH_API.descriptions,
      handler: (c) => carryDescriptions(c, room),
    },
  ]
}

async function start(c: RouteContext, room: AttachRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const place = { database: subject.database.name, table: subject.table.name }
  await room.carryOut.settleAll(place)
  const runs = await room.journal.history(place)
  if (c.var.jsonPath) return c.json({ ok: true, columns: [...subject.fileColumns.keys()], runs: runs.map(runJson) })
  return startPage(c, room, subject, runs)
}

async function attach(c: RouteContext, room: AttachRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  if (isForm(c)) return begin(c, room, subject)
  const list = c.req.query('rows')
  const asked = readAttachRequest(asObject(parseJson(await readBytes(c, MAX_BODY_BYTES))), list)
  const { column, rule } = columnIn(subject, asked.column)
  const { actor } = c.var
  const plan =
    asked.pairs === undefined
      ? await makePlan(room, subject, {
          ...asked,
          actor,
          column,
          rule,
          list,
          signal: c.req.raw.signal,
        })
      : undefined
  const pairs = plan === undefined ? (asked.pairs ?? []) : pairsOf(plan.lines)
  const wanted = { ...subject, table: subject.table.name, column, rule, actor, pairs, plan: null, match: plan?.match }
  const planned = plan && planJson(plan, await rowsLeft(room, subject, column, plan, pairs))
  if (asked.dryRun) {
    if (plan === undefined) await room.carryOut.check(wanted)
    return c.json({ ok: true, dry_run: true, column, pairs, ...planned })
  }
  // A script that runs once more finds that its rows hold all of it: that is nobody's mistake.
  const isThere = plan === undefined ? pairs.length > 0 : plan.lines.some(({ state }) => state === 'same')
  const run = await room.carryOut.apply(wanted).catch((error: unknown) => {
    if (isThere && error instanceof HoldallError && error.code === 'attach_nothing') return undefined
    throw error
  })
  return c.json({ ok: true, ...(run && { run: runJson(run) }), column, pairs, ...planned })
}

/** The rows that are without a file once all pairs are written. */
async function rowsLeft(
  room: AttachRoom,
  subject: Subject,
  column: string,
  { conditions, match }: Plan,
  pairs: readonly Pair[],
): Promise<EmptyRows> {
  const chosen = pairs.map(([, key]) => key)
  const place = { database: subject.database.name, table: subject.table.name, column }
  return emptyRows(subject, column, { chosen, held: await room.carryOut.held(place, chosen), match }, conditions)
}

/** A form with files, or with ids of files: makes a plan and leads to its page. */
async function begin(c: RouteContext, room: AttachRoom, subject: Subject): Promise<Response> {
  try {
    const { column, rule, files, refused } = await readFilesForm(c, room, subject)
    const plan = await makePlan(room, subject, {
      actor: c.var.actor,
      column,
      rule,
      files,
      match: undefined,
      replace: false,
      list: c.req.query('rows'),
      signal: c.req.raw.signal,
    })
    const place = { database: subject.database.name, table: subject.table.name, column }
    const told = refused.length > 0 && { refused: refused.slice(0, MAX_REFUSED_TOLD) }
    const id = await room.plans.add(place, c.var.actor?.id ?? null, { ...plan.match, ...told }, plan.lines)
    if (c.var.format === 'json') {
      const run = await room.journal.find(id)
      return c.json({ ok: true, column, pairs: pairsOf(plan.lines), run: runJson(run as Run), ...told })
    }
    return c.redirect(`${subject.href}/${id}`, 303)
  } catch (error) {
    if (!isPageRefusal(c, error)) throw error
    return startPage(c, room, subject, await pastRuns(room, subject), { refused: error })
  }
}

async function show(c: RouteContext, room: AttachRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const run = await runIn(c, room, subject)
  const isPlan = run.status === 'planned'
  if (!c.var.jsonPath) return isPlan ? planPage(c, room, subject, run) : resultPage(c, room, subject, run)
  if (!isPlan) return c.json({ ok: true, run: runJson(run), cells: (await room.journal.cells(run.id)).map(cellJson) })
  const states = await room.plans.counts(run.id)
  const counts = { ...countStates([]), ...Object.fromEntries(states) }
  return c.json({ ok: true, run: runJson(run), counts, pairs: await room.plans.pairs(run.id) })
}

/** The form of a plan's page: keeps what was chosen, then matches again, turns the page or carries the plan out. */
async function carryOut(c: RouteContext, room: AttachRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const run = await runIn(c, room, subject)
  if (run.status === 'undone' && isForm(c)) return again(c, room, subject, run)
  if (run.status !== 'planned') throw new HoldallError('attach_not_planned', { status: run.status })
  const href = `${subject.href}/${run.id}`
  if (!isForm(c)) {
    const body = await readBytes(c, MAX_BODY_BYTES)
    demandRevision(run, body.length > 0 ? asObject(parseJson(body)).revision : undefined)
    return c.json({ ok: true, run: runJson(await applyPlan(c, room, subject, run)) })
  }
  const posted = await postedTo(c)
  try {
    demandDrawnFrom(run, posted)
    const form = await readPlanForm(posted, room, subject, run)
    await room.plans.choose(run, form.choices)
    if (form.problems.size > 0) {
      const [message = ''] = form.problems.values()
      throw new HoldallError('bad_request', { reason: message }, { fields: Object.fromEntries(form.problems) })
    }
    if (form.match !== undefined || form.allRows !== undefined) {
      const { column, rule } = columnIn(subject, run.column)
      const plan = await makePlan(room, subject, {
        actor: c.var.actor,
        column,
        rule,
        files: await room.plans.files(run.id),
        match: form.match ?? (run.match?.column ? run.match : undefined),
        replace: run.match?.replace ?? false,
        list: run.match?.list,
        allRows: form.allRows ?? run.match?.allRows,
        signal: c.req.raw.signal,
      })
      const kept = keepDecisions(plan.lines, await room.plans.allLines(run.id))
      await room.plans.change(run, plan.match, kept.lines)
      const said = keptDecisionWords(kept)
      if (said !== undefined) room.once.write(c, href, { said })
    } else if (form.way !== undefined) {
      const outline = await outlineOf(room, subject, run)
      const decided = await decideAll(room, subject, run, outline, form.way, c.var.actor, c.req.raw.signal)
      await room.plans.chooseMany(run, decided)
      const shared = outline.lines.filter(({ obstacle }) => obstacle === 'shared')
      const open = undecidedDoubles(outline).length - decided.size + shared.length
      const still = open === 0 ? 'none is open' : `${formatNumber(open)} ${open === 1 ? 'is' : 'are'} still open`
      room.once.write(c, href, { said: `${formatCount(decided.size, 'double')} decided, ${still}` })
    } else if (form.replace !== undefined) {
      const filled = await filledOf(room, subject, run, await outlineOf(room, subject, run), c.var.actor)
      const decided = replaceAll(filled, form.replace)
      await room.plans.chooseMany(run, decided)
      await room.plans.replacing(run.id, form.replace)
      const replaced = [...decided.values()].filter((key) => key !== null).length
      const kept = decided.size - replaced
      room.once.write(c, href, {
        said: `${formatCount(replaced, 'row')} ${replaced === 1 ? 'gets' : 'get'} the new file, ${formatNumber(kept)} ${kept === 1 ? 'keeps what it has' : 'keep what they have'}`,
      })
    } else if (form.leaveOut !== undefined) {
      const outline = await outlineOf(room, subject, run)
      const unreadable = await unreadableIn(room, c.var.actor, outline)
      const isMultiple = subject.fileColumns.get(run.column)?.multiple === true
      const decided = form.leaveOut ? leaveOut(unreadable) : putBack(unreadable, outline, isMultiple)
      await room.plans.chooseMany(run, decided)
      room.once.write(c, href, { said: leftOrBack(form.leaveOut, decided) })
    } else if (form.go === 'apply') {
      const applied = await applyPlan(c, room, subject, run)
      if (c.var.format === 'json') return c.json({ ok: true, run: runJson(applied) })
      return c.redirect(href, 303)
    } else if (form.go === 'forget') {
      const left = c.var.format === 'html' ? await leftFiles(room, c.var.actor, run) : []
      await room.plans.forget(run.id)
      // Their ids do not fit into what a redirect can carry.
      if (left.length > 0) {
        const said = leftNotice(room, subject, run, left)
        return startPage(c, room, subject, await pastRuns(room, subject), {
          said,
          column: run.column,
          rows: run.match?.list,
        })
      }
      room.once.write(c, subject.href, { said: 'Plan forgotten. The files stay where they are.' })
      return c.redirect(attachHref(subject.path, { column: run.column, rows: run.match?.list }), 303)
    }
    if (c.var.format === 'json') {
      return c.json({ ok: true, run: runJson((await room.journal.find(run.id)) ?? run) })
    }
    return c.redirect(form.next === '' ? href : `${href}?${form.next}`, 303)
  } catch (error) {
    if (!isPageRefusal(c, error)) throw error
    // What it sent was said of another plan.
    const isOther = error.code === 'attach_plan_changed'
    const refused = { error, here: posted.get('here') ?? '', posted: isOther ? undefined : posted }
    return planPage(c, room, subject, (await room.journal.find(run.id)) ?? run, refused)
  }
}

/** @throws HoldallError `attach_plan_changed`, `bad_request` */
function demandRevision(run: Run, said: Json | undefined): void {
  if (said === undefined) return
  if (typeof said !== 'number' && typeof said !== 'bigint') {
    throw new HoldallError('bad_request', { reason: '"revision" must be a whole number' })
  }
  if (Number(said) !== run.revision) throw new HoldallError('attach_plan_changed')
}

/** `12 files left out`, `12 files put back, 3 of them to be decided` */
function leftOrBack(isOut: boolean, decided: Choices): string {
  if (isOut) return `${formatCount(decided.size, 'file')} left out`
  const open = [...decided.values()].filter((key) => key === null).length
  const still =
    open === 0 ? '' : decided.size === 1 ? ', to be decided' : `, ${formatNumber(open)} of them to be decided`
  return `${formatCount(decided.size, 'file')} put back${still}`
}

/** The form of the page of what was undone: the same plan once more. */
async function again(c: RouteContext, room: AttachRoom, subject: Subject, run: Run): Promise<Response> {
  const form = new URLSearchParams((await readBytes(c, MAX_BODY_BYTES)).toString('utf8'))
  if (form.get('go') !== 'again') throw new HoldallError('attach_not_planned', { status: run.status })
  const { id, changed } = await planAgain(room, subject, run, c.var.actor, c.req.raw.signal)
  const href = `${subject.href}/${id}`
  if (c.var.format === 'json') return c.json({ ok: true, run: runJson((await room.journal.find(id)) as Run) })
  const since = changed === 0 ? '' : ` but for ${formatCount(changed, 'row')} that changed since`
  room.once.write(c, href, { said: `The plan is as it was${since}` })
  return c.redirect(href, 303)
}

function pastRuns(room: AttachRoom, { database, table }: Subject): Promise<Run[]> {
  return room.journal.history({ database: database.name, table: table.name })
}

async function applyPlan(c: RouteContext, room: AttachRoom, subject: Subject, run: Run): Promise<Run> {
  const { column, rule } = columnIn(subject, run.column)
  if (!rule.multiple) {
    const away = givingWay(await room.plans.outline(run.id))
    if (away.size > 0) await room.plans.choose(run, new Map([...away].map((line) => [line, null])))
  }
  return room.carryOut.apply({
    database: subject.database,
    table: subject.table.name,
    column,
    rule,
    actor: c.var.actor,
    ...(await room.plans.pairsToWrite(run)),
  })
}

async function undo(c: RouteContext, room: AttachRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const run = await runIn(c, room, subject)
  if (run.status !== 'applied') throw new HoldallError('attach_not_applied', { status: run.status })
  const after = await room.carryOut.undo(run.id, c.var.actor)
  const changed = (await room.journal.cells(run.id)).filter(({ outcome }) => outcome !== 'restored')
  if (c.var.format === 'json') return c.json({ ok: true, run: runJson(after), changed: changed.map(cellJson) })
  const href = `${subject.href}/${run.id}`
  const left = changed.length === 0 ? '' : `, ${formatCount(changed.length, 'row')} left as changed since`
  room.once.write(c, href, { said: `${formatCount(after.restored ?? 0, 'row')} set back${left}` })
  return c.redirect(href, 303)
}

function isPageRefusal(c: RouteContext, error: unknown): error is HoldallError {
  return c.var.format === 'html' && error instanceof HoldallError && error.status < 500
}
