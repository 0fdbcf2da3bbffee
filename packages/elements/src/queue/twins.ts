import { html, nothing, type TemplateResult } from 'lit'
import { type Twin, twinWords } from '../lib/alike.ts'
import { formatNumber } from '../lib/format.ts'
import type { Task } from '../lib/task.ts'
import { safeUrl } from '../lib/url.ts'

export interface TwinActions {
  readonly skip: (tasks: readonly Task[]) => void
  readonly keepBoth: (tasks: readonly Task[]) => void
}

/** What is here already, below the line of a file that is being sent. It goes on until somebody says otherwise. */
export function twinNote(task: Task, twin: Twin | null, actions: TwinActions): TemplateResult | typeof nothing {
  if (twin === null) return nothing
  const words = twinWords(twin)
  return html`<p class="note">${words.slice(0, 1).toUpperCase()}${words.slice(1)}: <a href=${safeUrl(twin.file.url)}>${twin.file.filename}</a></p>${
    twin.inSource ? choices([task], actions) : nothing
  }`
}

/** The same of all at once, where they are more than one. */
export function twinsLine(tasks: readonly Task[], actions: TwinActions): TemplateResult | typeof nothing {
  if (tasks.length < 2) return nothing
  const count = formatNumber(tasks.length)
  return html`<div class="rest-of-queue twins"><span>${count} of these files are already here under the same name and with the same size.</span>${choices(tasks, actions)}</div>`
}

function choices(tasks: readonly Task[], { skip, keepBoth }: TwinActions): TemplateResult {
  const count = formatNumber(tasks.length)
  const [one, both] = tasks.length === 1 ? ['Skip', 'Keep both'] : [`Skip all ${count}`, `Keep all ${count}`]
  const of = tasks.length === 1 ? `: ${tasks[0]?.file.name}` : ''
  return html`<span class="choices"><button class="button small" type="button" data-control="skip" aria-label="${one}${of}" @click=${() => skip(tasks)}>${one}</button><button class="button small quiet" type="button" data-control="keep-both" aria-label="${both}${of}" @click=${() => keepBoth(tasks)}>${both}</button></span>`
}
