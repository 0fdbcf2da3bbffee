import { html, nothing, type TemplateResult } from 'lit'
import { formatCount, formatNumber } from '../lib/format.ts'
import type { Task } from '../lib/task.ts'
import type { Twin } from '../lib/twins.ts'
import { safeUrl } from '../lib/url.ts'

export interface TwinActions {
  /** What is already here that looks like it. */
  readonly twin: (task: Task) => Twin | null
  readonly isHere: (twin: Twin | null) => boolean
  readonly words: (twin: Twin) => string
  readonly skip: (tasks: readonly Task[]) => void
  readonly keepBoth: (tasks: readonly Task[]) => void
  /** Moves the new file to the trash; null where the actor may not. */
  readonly remove: ((task: Task) => void) | null
}

/** What is here already, below the line of a file that is being sent or is done. It goes on until somebody says otherwise. */
export function twinNote(task: Task, actions: TwinActions): TemplateResult | typeof nothing {
  const twin = actions.twin(task)
  if (twin === null) return nothing
  const others = twin.others > 0 ? ` and ${formatCount(twin.others, 'other')}` : ''
  return html`<p class="note">${actions.words(twin)}: <a href=${safeUrl(twin.url)}>${twin.filename}</a>${others}</p>${
    !actions.isHere(twin) ? nothing : task.state === 'done' ? choicesAfter(task, actions) : choices([task], actions)
  }`
}

/** Who may not move it to the trash has nothing to choose. */
function choicesAfter(task: Task, { remove, keepBoth }: TwinActions): TemplateResult | typeof nothing {
  if (remove === null) return nothing
  const { name } = task.file
  return html`<span class="choices"><button class="button small" type="button" data-control="remove" aria-label="Move this one to trash: ${name}" @click=${() => remove(task)}>Move this one to trash</button><button class="button small quiet" type="button" data-control="keep-both" aria-label="Keep both: ${name}" @click=${() => keepBoth([task])}>Keep both</button></span>`
}

/** The same of all at once, where they are more than one. */
export function twinsLine(tasks: readonly Task[], actions: TwinActions): TemplateResult | typeof nothing {
  if (tasks.length < 2) return nothing
  const count = formatNumber(tasks.length)
  return html`<div class="rest-of-queue twins"><span>${count} of these files are here already under the same name and with the same size.</span>${choices(tasks, actions)}</div>`
}

function choices(tasks: readonly Task[], { skip, keepBoth }: TwinActions): TemplateResult {
  const count = formatNumber(tasks.length)
  const [one, both] = tasks.length === 1 ? ['Skip', 'Keep both'] : [`Skip all ${count}`, `Keep all ${count}`]
  const of = tasks.length === 1 ? `: ${tasks[0]?.file.name}` : ''
  return html`<span class="choices"><button class="button small" type="button" data-control="skip" aria-label="${one}${of}" @click=${() => skip(tasks)}>${one}</button><button class="button small quiet" type="button" data-control="keep-both" aria-label="${both}${of}" @click=${() => keepBoth(tasks)}>${both}</button></span>`
}
