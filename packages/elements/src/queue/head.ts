import { html, nothing, type TemplateResult } from 'lit'
import { ENDING } from '../lib/ending.ts'
import { formatBytes, formatDuration, formatNumber, formatPortion, paceWords } from '../lib/format.ts'
import type { IconName } from '../lib/icons.ts'
import { isActive, isPending, type Task } from '../lib/task.ts'
import { icon } from '../lib/templates.ts'
import { overall, sentHere, type Uploads } from '../lib/uploads.ts'
import type { Summary } from './summary.ts'

/** What can be done with all uploads of a queue. */
export interface HeadActions {
  readonly pause: () => void
  readonly resume: () => void
  readonly retry: () => void
  readonly cancel: () => void
  readonly clear: () => void
  readonly fold: () => void
}

export interface Head extends HeadActions {
  readonly uploads: Uploads
  readonly summary: Summary
  /** What was cancelled together, and is in the list no more. */
  readonly cancelled: readonly Task[]
  /** Only the bar over all is shown. */
  readonly folded: boolean
}

/** The head of a queue, and the bar over all that is in it; where that is one file, its own line says it. */
export function queueHead(head: Head): TemplateResult {
  const { folded } = head
  return html`<div class="panel-head"><h2 class="grow"><button class="button quiet small" type="button" data-control="fold" aria-expanded=${folded ? 'false' : 'true'} @click=${head.fold}>Uploads${icon(folded ? 'chevronRight' : 'chevronDown')}</button></h2>${forAll(head)}${ending(head)}</div>
    ${folded || head.uploads.tasks.length + head.cancelled.length > 1 ? overBar(head) : nothing}`
}

/** One button in one place: what is pressed keeps the focus, and says the other thing. */
function forAll({ summary, uploads, pause, resume, retry }: Head): TemplateResult | typeof nothing {
  if (summary.pausable) return button('all', 'pause', 'Pause all', pause)
  if (summary.counts.paused > 0) return button('all', 'play', 'Resume all', resume)
  if (summary.again > 1 && uploads.pending === 0)
    return button('all', 'retry', `Retry ${formatNumber(summary.again)}`, retry)
  return nothing
}

function ending({ uploads, cancel, clear }: Head): TemplateResult {
  return uploads.pending > 0
    ? button('end', 'close', `${ENDING.cancel.press} all`, cancel)
    : button('end', null, `${ENDING.clear.press} list`, clear)
}

function button(control: string, sign: IconName | null, words: string, press: () => void): TemplateResult {
  return html`<button class="button small quiet" type="button" data-control=${control} @click=${press}>${sign === null ? nothing : icon(sign)}${words}</button>`
}

function overBar(head: Head): TemplateResult {
  const { uploads, summary, cancelled } = head
  const { counts } = summary
  const { sent, total: wanted } = overall(uploads.tasks)
  const all = uploads.tasks.length + cancelled.length
  const total = cancelled.reduce((sum, { size }) => sum + size, wanted)
  const state =
    uploads.pending === 0
      ? counts.failed > 0
        ? 'failed'
        : cancelled.length > 0
          ? 'paused'
          : 'done'
      : counts.paused === uploads.pending
        ? 'paused'
        : nothing
  return html`<div class="overall"><p><span><b>${formatNumber(counts.done)} of ${formatNumber(all)}</b> done${
    counts.failed > 0 ? `, ${formatNumber(counts.failed)} failed` : nothing
  }${cancelled.length > 0 ? ` · ${formatNumber(cancelled.length)} cancelled` : nothing}</span><span class="muted">${paceOf(head, sent, wanted)}</span></p><progress class=${state} value=${total === 0 ? counts.done : sent} max=${total === 0 ? all : total} aria-label="All uploads"></progress></div>`
}

function paceOf({ uploads, summary }: Head, sent: number, total: number): string {
  const { pending, pace } = uploads
  if (pending === 0) return allWords(uploads)
  // What is not confirmed yet is not done: a full bar says what it waits for.
  if (total > 0 && sent >= total) return `${formatBytes(total)} sent · waiting until all of it is confirmed`
  // The last one is measured once: its line and this say the same.
  const last = pending === 1 ? summary.lines.find(isPending) : undefined
  if (last !== undefined && isActive(last)) return [formatPortion(sent, total), last.pace].filter(Boolean).join(' · ')
  if (summary.counts.paused === pending) return `Paused · ${formatPortion(sent, total)}`
  const portion = formatPortion(sent, total)
  return pace === null ? portion : `${portion} · ${paceWords(pace.speed, pace.left)}`
}

/** What was sent from here and how long that took; what was there before, and pauses, would make a speed that never was. */
function allWords({ tasks, busy }: Uploads): string {
  const sent = sentHere(tasks)
  const resumed = tasks.reduce((sum, task) => sum + (task.state === 'done' ? task.resumed : 0), 0)
  const seconds = busy / 1000
  return `${formatBytes(sent)} sent${seconds >= 1 ? ` in ${formatDuration(seconds)}` : ''}${
    resumed > 0 ? `, ${formatBytes(resumed)} were here before` : ''
  }`
}
