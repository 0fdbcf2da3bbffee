import { html, nothing, type TemplateResult } from 'lit'
import { formatBytes, formatCount, formatPortion } from '../lib/format.ts'
import type { Task } from '../lib/task.ts'
import { isUnconfirmed, percentOf, taskWords } from '../lib/words.ts'
import { clock, dot } from './marks.ts'
import { reasonBox } from './reason.ts'
import type { Card } from './view.ts'

/** The first step, which is the page's own: bytes, speed and time left while it goes on. */
export function sendingLine(card: Card): TemplateResult {
  const { task, session, sentTime } = card
  if (task === null || session !== null || task.state === 'done')
    return line('done', 'Sent', sentTime, session?.status === 'completed' ? null : sentFacts(card))
  const { state, kept, size } = task
  if (state === 'failed') {
    const still = kept > 0 ? `${formatPortion(kept, size)} kept.` : null
    return line('bad', 'Sending failed', sentTime, reasonBox(task.error ?? '', still))
  }
  if (state === 'waiting') return line('wait', 'Sending', null, 'Waits for its turn')
  if (state === 'paused') return line('paused', 'Paused', sentTime, html`${bar(task, kept, 'paused')}${facts(task)}`)
  if (state === 'comparing')
    return line('now', 'Checking', sentTime, html`${bar(task, task.compared, 'paused')}${facts(task)}`)
  return line('now', 'Sending', sentTime, html`${bar(task, task.sent)}${facts(task)}`)
}

function line(
  state: 'wait' | 'now' | 'done' | 'bad' | 'paused',
  title: string,
  time: number | null,
  what: TemplateResult | string | null,
): TemplateResult {
  return html`<li class=${state} aria-current=${state === 'now' ? 'step' : nothing}>${dot(state, 1)}<h3>${title}</h3>${clock(time, state)}${
    what === null ? nothing : html`<div class="what">${what}</div>`
  }</li>`
}

function bar({ file, size, comparable, state }: Task<unknown>, value: number, className: 'paused' | '' = '') {
  const max = state === 'comparing' && comparable ? comparable : size
  return html`<progress class=${className || nothing} value=${value} max=${Math.max(1, max)} aria-label="Sending ${file.name}"></progress>`
}

/** Left what has gone, right how fast; while something else goes on, what that is. */
function facts(task: Task<unknown>): TemplateResult {
  const { state, sent, size, pace, note } = task
  const words =
    state === 'sending' && !isUnconfirmed(task)
      ? html`<span>${formatPortion(sent, size)}</span><span>${pace || `${percentOf(sent, size)}%`}</span>`
      : html`<span>${taskWords(task).words}</span>`
  return html`<span class="figures">${words}</span>${note === null ? nothing : html`<p>${note}</p>`}`
}

function sentFacts({ size, session }: Card): string {
  const parts = session?.part_count ?? 1
  return parts > 1 ? `${formatBytes(size)} in ${formatCount(parts, 'part')}` : formatBytes(size)
}
