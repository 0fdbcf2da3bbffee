import { html, nothing, type TemplateResult } from 'lit'
import { formatCount, formatNumber } from '../lib/format.ts'
import type { Task } from '../lib/task.ts'

/** More of them are counted. */
const MOST_NAMED = 100

/** What was cancelled together: how many, which, and a way to send them after all. */
export function cancelledLines(tasks: readonly Task[], again: () => void): TemplateResult {
  const more = tasks.length - MOST_NAMED
  return html`<div class="rest-of-queue cancelled"><details><summary>${formatNumber(tasks.length)} cancelled</summary><p>${tasks
    .slice(0, MOST_NAMED)
    .map(({ file }) => file.name)
    .join(
      ', ',
    )}${more > 0 ? html` and ${formatCount(more, 'more', 'more')}` : nothing}</p></details><button class="button small quiet" type="button" data-control="again" @click=${again}>Send ${tasks.length === 1 ? 'it' : 'them'} again</button></div>`
}
