import { html, nothing, type TemplateResult } from 'lit'
import { absentWords } from '../lib/absent.ts'
import { ENDING, endingOf } from '../lib/ending.ts'
import { fileFacts } from '../lib/files.ts'
import { isPending, type Task } from '../lib/task.ts'
import { absentName, icon, iconButton, nameParts, stateLine, taskThumbnail, thumbnail } from '../lib/templates.ts'
import { safeUrl } from '../lib/url.ts'
import { taskWords } from '../lib/words.ts'
import { type Item, nameOf } from './items.ts'
import type { Reordering } from './reordering.ts'

/** A line of a field's list, and what can be done with it. */
export interface Line {
  readonly item: Item
  readonly at: number
  readonly of: number
  readonly multiple: boolean
  /** What stays though this upload failed. */
  readonly kept: Item | null
  readonly reordering: Reordering
  readonly press: (event: KeyboardEvent) => void
  readonly choose: () => void
  readonly retry: (task: Task) => void
  readonly remove: () => void
  /** @param control the button that was pressed, which keeps the focus */
  readonly move: (by: number, control: string) => void
}

export function fieldLine(line: Line): TemplateResult {
  const { item, reordering } = line
  const side = line.multiple ? 48 : 72
  return html`<li data-item=${item.key} @keydown=${line.press} @dragover=${reordering.over} @dragleave=${reordering.leave} @drop=${(event: DragEvent) => reordering.drop(event, item)}>
    ${line.multiple && line.of > 1 ? grip(line) : nothing}
    ${picture(item, side)}
    <div class="file-text">${words(line)}</div>
    <div class="file-tools">${tools(line)}</div>
  </li>`
}

/** Where nothing is attached yet: the room that the first file takes, so that nothing moves when it comes. */
export function emptyLine(multiple: boolean): TemplateResult {
  return html`<div class="file-vacant ${multiple ? '' : 'single'}"><span class="type-tile" aria-hidden="true">${icon('image')}</span><span class="file-facts">${multiple ? 'No files' : 'No file'}</span></div>`
}

/** Dragging is a shortcut: the buttons do the same, so the grip says nothing to screen readers. */
function grip({ item, reordering }: Line): TemplateResult {
  return html`<span class="grip" draggable="true" title="Drag to reorder" aria-hidden="true" @dragstart=${(event: DragEvent) => reordering.start(event, item)} @dragend=${reordering.end}>${icon('grip')}</span>`
}

function picture(item: Item, side: number): TemplateResult {
  if (item.kind === 'task') return taskThumbnail(item.task, side)
  if (item.kind === 'file') return thumbnail(item.file, side)
  return html`<span class="type-tile">${icon(absentWords(item.absent).sign)}</span>`
}

function words({ item, kept }: Line): TemplateResult {
  if (item.kind === 'absent') {
    const { note, hint } = absentWords(item.absent)
    return html`<span title=${note === null ? hint : nothing}>${absentName(item.absent)}</span>${note === null ? nothing : html`<span class="file-facts">${note}</span>`}<span class="file-facts">Removing it here detaches it.</span>`
  }
  if (item.kind === 'file') {
    const { file } = item
    return html`<a class="file-name" href=${safeUrl(file.url)} title=${file.filename} aria-label=${file.filename}>${nameParts(file.filename)}</a><span class="file-facts">${fileFacts(file)}</span>${stateLine(file)}`
  }
  const { task } = item
  return html`<span class="file-name" title=${task.file.name}>${nameParts(task.file.name)}</span>${progress(task, kept ? `${nameOf(kept)} is kept.` : '')}`
}

/** @param kept what a failure leaves as it was */
function progress(task: Task, kept: string): TemplateResult {
  const { file, size, sent, compared, state } = task
  if (state === 'failed')
    return html`<span class="file-problem">${icon('error')}<span>${whyFailed(task, kept)}</span></span>`
  const still = state === 'paused' || state === 'comparing'
  const value = state === 'comparing' ? compared : sent
  return html`<progress class=${still ? 'paused' : nothing} value=${value} max=${Math.max(1, size)} aria-label="Uploading ${file.name}"></progress><span class="file-facts tabular">${taskWords(task).words}</span>${
    task.note === null ? nothing : html`<span class="file-facts">${task.note}</span>`
  }`
}

/** What ends in a command has nothing after it. */
function whyFailed({ error, keptOut }: Task, kept: string): string {
  const words = keptOut ? [kept, error] : [error, kept]
  return words.filter(Boolean).join(' ')
}

function tools(line: Line): TemplateResult {
  const { item, remove } = line
  const name = nameOf(item)
  if (item.kind === 'task' && isPending(item.task)) {
    return html`${turn(item.task)}<button class="button small" type="button" aria-label="${ENDING.cancel.press} ${name}" @click=${remove}>${ENDING.cancel.press}</button>`
  }
  if (item.kind === 'task' && item.task.refused) {
    return html`<button class="button small" type="button" @click=${line.choose}>Choose another file</button><button class="button quiet small" type="button" aria-label="${endingOf(item.task).press} ${name}" data-control="remove" @click=${remove}>${endingOf(item.task).press}</button>`
  }
  const retry =
    item.kind === 'task'
      ? html`<button class="button small" type="button" aria-label="Retry ${name}" @click=${() => line.retry(item.task)}>Retry</button>`
      : nothing
  const order = line.multiple && line.of > 1 ? html`${mover(line, -1)}${mover(line, 1)}` : nothing
  return html`${retry}${order}${iconButton({ label: `${item.kind === 'task' ? endingOf(item.task).press : 'Detach'} ${name}`, icon: 'close', control: 'remove', press: remove })}`
}

function turn(task: Task): TemplateResult | typeof nothing {
  const paused = task.state === 'paused'
  if (!paused && !task.pausable) return nothing
  const label = `${paused ? 'Resume' : 'Pause'} ${task.file.name}`
  return iconButton({
    label,
    icon: paused ? 'play' : 'pause',
    control: 'turn',
    press: paused ? task.resume : task.pause,
  })
}

function mover(line: Line, by: 1 | -1): TemplateResult {
  const up = by < 0
  const direction = up ? 'up' : 'down'
  return iconButton({
    label: `Move ${nameOf(line.item)} ${direction}`,
    icon: up ? 'chevronUp' : 'chevronDown',
    control: direction,
    disabled: up ? line.at === 0 : line.at === line.of - 1,
    press: () => line.move(by, direction),
  })
}
