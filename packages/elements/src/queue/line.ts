import { html, nothing, type TemplateResult } from 'lit'
import { endingOf } from '../lib/ending.ts'
import { folderOf } from '../lib/folders.ts'
import { formatBytes, formatPortion } from '../lib/format.ts'
import { isPending, type Task } from '../lib/task.ts'
import { icon, iconButton, nameParts, taskThumbnail } from '../lib/templates.ts'
import { safeUrl } from '../lib/url.ts'
import { percentOf, taskWords } from '../lib/words.ts'
import { type TwinActions, twinNote } from './twins.ts'

/** What can be done with one upload. */
export interface LineActions extends TwinActions {
  readonly pause: (task: Task) => void
  readonly resume: (task: Task) => void
  readonly leave: (task: Task) => void
  /** Why it could not be removed, once it was stored. */
  readonly problem: (task: Task) => string | null
}

/** One upload of a queue. */
export function queueLine(task: Task, actions: LineActions): TemplateResult {
  const { file, stored } = task
  const problem = actions.problem(task)
  const name = stored
    ? html`<a class="file-name" href=${safeUrl(stored.url)} title=${file.name} aria-label=${file.name}>${nameParts(file.name)}</a>`
    : html`<span class="file-name" title=${file.name}>${nameParts(file.name)}</span>`
  const folder = folderOf(file)
  return html`<li data-line=${task.key}>${taskThumbnail(task, 36)}<div>${name}${
    folder === null ? nothing : html`<span class="file-facts from-folder">from ${folder}</span>`
  }${state(task)}${
    task.note === null ? nothing : html`<p class="note">${task.note}</p>`
  }${isPending(task) || task.state === 'done' ? twinNote(task, actions) : nothing}${problem === null ? nothing : html`<p class="why">${problem}</p>`}</div><div class="file-tools">${turn(task, actions)}${
    task.state === 'done'
      ? nothing
      : iconButton({
          label: `${endingOf(task).press} ${file.name}`,
          icon: 'close',
          control: 'leave',
          press: () => actions.leave(task),
        })
  }</div></li>`
}

/** One button in one place: what is pressed keeps the focus, and says the other thing. */
function turn(task: Task, { pause, resume }: LineActions): TemplateResult | typeof nothing {
  const { name } = task.file
  const control = 'turn'
  if (task.state === 'paused')
    return iconButton({ label: `Resume ${name}`, icon: 'play', control, press: () => resume(task) })
  if (task.pausable) return iconButton({ label: `Pause ${name}`, icon: 'pause', control, press: () => pause(task) })
  if (task.state === 'failed' && !task.refused)
    return iconButton({ label: `Retry ${name}`, icon: 'retry', control, press: task.retry })
  return nothing
}

/** The bar and the line of facts. */
function state(task: Task): TemplateResult {
  const { size, sent, kept } = task
  if (task.state === 'done')
    return html`<span class="file-facts done">${icon('check')}Done · ${formatBytes(size)}</span>`
  if (task.state === 'failed') {
    const where = kept > 0 ? ` at ${percentOf(kept, size)}% · ${formatPortion(kept, size)}` : ` · ${formatBytes(size)}`
    return html`${kept > 0 ? bar(task, kept, 'failed') : nothing}<span class="file-facts file-problem">${icon('error')}Failed${where}</span><p class="why">${task.error}</p>`
  }
  const { icon: sign, words, more } = taskWords(task)
  const facts = html`<span class="file-facts">${sign === null ? nothing : icon(sign)}<span>${words}${more === undefined ? nothing : html`<span class="more-facts"> · ${more}</span>`}</span></span>`
  if (task.state === 'comparing') return html`${bar(task, task.compared, 'paused')}${facts}`
  if (task.state === 'paused') return html`${kept > 0 ? bar(task, kept, 'paused') : nothing}${facts}`
  return task.state === 'waiting' && sent === 0 ? facts : html`${bar(task, sent)}${facts}`
}

function bar({ file, size }: Task, value: number, className: '' | 'failed' | 'paused' = ''): TemplateResult {
  return html`<progress class=${className || nothing} value=${value} max=${Math.max(1, size)} aria-label=${file.name}></progress>`
}
