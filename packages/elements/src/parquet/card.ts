import type { DatasetStatus, SchemaPreview } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { ENDING } from '../lib/ending.ts'
import { formatBytes, formatCount } from '../lib/format.ts'
import { icon, typeTile } from '../lib/templates.ts'
import { badgeOf } from './badge.ts'
import { type CardActions, footOf } from './foot.ts'
import { isConverted } from './magic.ts'
import { clock, dot } from './marks.ts'
import { reason } from './reason.ts'
import { sendingLine } from './sending.ts'
import { shortReason } from './short-reason.ts'
import { silenceLine } from './silence.ts'
import { type Step, type StepName, type StepState, stepsOf } from './steps.ts'
import type { Card } from './view.ts'

/** What the steps are called while they wait, run, are done and have failed. */
const TITLES: Readonly<Record<StepName, Readonly<Record<StepState, string>>>> = {
  combine: { wait: 'Combining', now: 'Combining', done: 'Combined', bad: 'Combining failed' },
  convert: { wait: 'Converting', now: 'Converting', done: 'Converted', bad: 'Converting failed' },
  infer: { wait: 'Inferring', now: 'Inferring', done: 'Inferred', bad: 'Inferring failed' },
  register: { wait: 'Registering', now: 'Registering', done: 'Registered', bad: 'Registering failed' },
}

/** An upload as a list of its steps. @param label of the collection */
export function cardOf(card: Card, label: string, actions: CardActions): TemplateResult {
  const { key, name, size, session, silentSince } = card
  const steps = silentSince === null ? stepsOf(session, name) : stoodStill(stepsOf(session, name, silentSince))
  return html`<section class="panel upload-card" data-line=${key} aria-label=${name}><div class="upload-head">${typeTile(isConverted(name) ? '' : 'application/vnd.apache.parquet', name)}<div class="grow"><h2 tabindex="-1" data-rest>${breakable(name)}</h2><span class="size">${formatBytes(size)}${
    session !== null && !session.is_own ? ' · sent by somebody else' : nothing
  }</span></div>${badgeOf(card)}</div>
    <ol class="steps" aria-label="Progress">${sendingLine(card)}${steps.map((step, at) => stepLine(step, at, card, label))}</ol>
    ${silentSince === null ? nothing : silenceLine(silentSince)}${card.trouble === null ? nothing : html`<p class="trouble" role="alert">${icon('error')}<span>${card.trouble}</span></p>`}
    <div class="upload-foot">${footOf(card, actions)}</div></section>`
}

/** Nobody knows whether it still runs: nothing turns, and its time is that of the last answer. */
function stoodStill(steps: readonly Step[]): Step[] {
  return steps.map((step) => (step.state === 'now' ? { ...step, state: 'wait' } : step))
}

function stepLine({ name, state, time }: Step, at: number, card: Card, label: string): TemplateResult {
  const what = state === 'bad' ? reason(card.session) : factsOf(name, state, card, label)
  return html`<li class=${state} aria-current=${state === 'now' ? 'step' : nothing}>${dot(state, at + 2)}<h3>${TITLES[name][state]}</h3>${clock(time, state)}${
    what === null ? nothing : html`<div class="what">${what}</div>`
  }</li>`
}

function factsOf(name: StepName, state: StepState, { task, session }: Card, label: string) {
  if (state === 'done') return session === null ? null : doneFacts(name, session)
  const failed = session?.status === 'failed' || task?.state === 'failed'
  if (state === 'wait' && failed) return 'Not started'
  const now = state === 'now'
  if (name === 'combine') return now ? 'Putting the parts together' : 'Puts the parts together'
  if (name === 'convert') return now ? 'Making Parquet of it; what was sent is kept' : 'Makes Parquet of it'
  if (name === 'infer') return now ? 'Reading the columns from the file' : 'Reads the columns from the file'
  if (session?.waits_for === 'confirmation')
    return `${whyItWaits(session)}. Nothing is ${session.mode === 'replace' ? 'replaced' : 'added'} before somebody has looked at it`
  if (session?.waits_for === 'files') return 'Waits for the files that it came with'
  const what = WHAT[session?.mode ?? 'create']
  return now ? `Adding ${what} ${label}` : `Adds ${what} ${label}`
}

function whyItWaits({ differences }: DatasetStatus): string {
  const { added_count: added = 0, missing_count: missing = 0, changed_count: changed = 0 } = differences ?? {}
  return added + missing + changed > 0
    ? 'Columns differ from those of the dataset'
    : 'A file just like it is there already'
}

/** What is added, before the name of where. */
const WHAT = { create: 'the table to', append: 'the rows to', replace: 'a new version of' } as const

/** What is known by now; once there is a dataset, only what is worth keeping. */
function doneFacts(name: StepName, session: DatasetStatus): TemplateResult | string | null {
  const { status, parquet_schema_preview: preview, table_name: table, part_count: parts } = session
  if (name === 'combine')
    return status === 'completed'
      ? null
      : parts === 1
        ? 'One part'
        : `${formatCount(parts, 'part')}, all sizes as planned`
  if (name === 'convert') return status === 'completed' ? sheetRead(session) : conversionFacts(session)
  if (name === 'infer') return preview === null ? null : schemaFacts(preview)
  return table === null ? null : html`As <code>${table}</code>`
}

/** What was decided where it could have been something else. */
function conversionFacts({ conversion }: DatasetStatus): string | null {
  if (conversion == null) return null
  const { sheet, warnings } = conversion
  const [first] = warnings
  if (first !== undefined)
    return warnings.length === 1
      ? first.message
      : `${first.message} ${formatCount(warnings.length - 1, 'more remark')}.`
  return sheet === null ? null : `Of the sheet “${sheet}”`
}

/** Which of several sheets it is of. */
function sheetRead({ conversion, sheets }: DatasetStatus): string | null {
  return conversion?.sheet && (sheets?.length ?? 0) > 1 ? `Of the sheet “${conversion.sheet}”` : null
}

function schemaFacts({ columns, row_count: rows, truncated }: SchemaPreview): string {
  const more = truncated ? 'More than ' : ''
  return `${more}${formatCount(columns.length, 'column')}, ${formatCount(rows, 'row')}`
}

/** Uploads that had failed when the page came: a line each, which opens. */
export function failedOnes(
  cards: readonly Card[],
  label: string,
  actions: CardActions & { readonly removeAll: () => void },
): TemplateResult {
  return html`<section class="panel failed-uploads" aria-label="Failed uploads"><div class="panel-head"><h2 class="grow">${formatCount(cards.length, 'failed upload')}</h2>${
    cards.length < 2
      ? nothing
      : html`<button class="button small" type="button" data-control="remove-all" @click=${actions.removeAll}>${ENDING.discard.press} all</button>`
  }</div>${repeat(
    cards,
    ({ key }) => key,
    (card) =>
      html`<details><summary>${icon('chevronRight')}<span class="name">${breakable(card.name)}</span> <span class="why">${shortReason(card.session?.failure_reason?.exc_str ?? '')}</span></summary>${cardOf(card, label, actions)}</details>`,
  )}</section>`
}

/** A name that may break where its words end. */
function breakable(name: string): TemplateResult[] {
  return name.split(/(?<=[_\s-])|(?=\.\w+$)/u).map((part, at) => (at === 0 ? html`${part}` : html`<wbr />${part}`))
}
