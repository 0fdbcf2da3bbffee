import { html, nothing, type TemplateResult } from 'lit'
import { absentWords } from '../lib/absent.ts'
import type { Held } from '../lib/dragging.ts'
import { ENDING } from '../lib/ending.ts'
import { acceptList, nameAndState } from '../lib/files.ts'
import { formatCount } from '../lib/format.ts'
import type { Task } from '../lib/task.ts'
import { absentCell, fileCell, icon, iconButton, nameParts, taskThumbnail, thumbnail } from '../lib/templates.ts'
import { overall } from '../lib/uploads.ts'
import { safeUrl } from '../lib/url.ts'
import { isUnconfirmed, percentOf } from '../lib/words.ts'
import { type Shown, STRIP_LENGTH } from './shown.ts'

/** The cell of one file. */
export function oneFile({ id, node, file, absent }: Shown): TemplateResult {
  return html`<span data-id=${id}>${node ?? (file ? fileCell(file) : absent ? absentCell(absent) : nothing)}</span>`
}

/** The cell of a list: the first files, then how many more. @param base the server's, ending in a slash */
export function strip(shown: readonly Shown[], base: string, rowUrl: string): TemplateResult {
  const more = shown.length - STRIP_LENGTH
  return html`<span class="file-strip">${shown.slice(0, STRIP_LENGTH).map((one) => one.node ?? stripItem(one, base))}${
    more > 0 ? html`<a class="more" href=${safeUrl(rowUrl)}>+${more} more</a>` : nothing
  }</span>`
}

function stripItem({ id, file, absent }: Shown, base: string): TemplateResult {
  if (absent) {
    const { sign, short, hint } = absentWords(absent)
    return html`<span class=${absent.state === 'unavailable' ? 'type-tile not-shown' : 'type-tile'} data-id=${id} title=${hint}>${icon(sign)}<span class="unseen">${short}</span></span>`
  }
  if (!file) {
    return html`<a data-id=${id} href=${safeUrl(`${base}-/files/${id}`)} aria-label="File ${id}"><span class="type-tile">${icon('file')}</span></a>`
  }
  return html`<a data-id=${id} href=${safeUrl(file.url)} aria-label=${nameAndState(file)} title=${nameAndState(file)}>${thumbnail(file, 36)}</a>`
}

/** An empty place, as the server writes it. */
export function emptySlot(rowUrl: string, label: string): TemplateResult {
  return html`<a class="file-slot" href=${safeUrl(`${rowUrl}/-/update`)}><span class="square">${icon('plus', 'icon rest')}${icon('upload', 'icon invite')}</span><span><span class="rest">Add a file</span><span class="invite">Drop a file or choose</span><span class="held">Drop to attach</span><span class="unseen"> to ${label}</span></span></a>`
}

/** An empty place that takes nothing. */
export function noFile(): TemplateResult {
  return html`<span class="faint fine">No file</span>`
}

/** What can be done with a filled cell. @param cell `only`: the name of its one file; null in a cell of several */
export function cellTools(cell: {
  readonly label: string
  readonly rowUrl: string
  readonly only: string | null
  readonly choose: () => void
  readonly detach: () => void
}): TemplateResult {
  const { label, only, choose, detach } = cell
  return html`<span class="cell-tools">${
    only === null
      ? html`${iconButton({ label: `Add files to ${label}`, icon: 'plus', press: choose })}<a class="button quiet small only-icon" href="${safeUrl(`${cell.rowUrl}/-/update`)}" aria-label="Reorder or detach: ${label}" title="Reorder or detach">${icon('edit')}</a>`
      : html`${iconButton({ label: `Replace ${only}`, icon: 'upload', press: choose })}${iconButton({ label: `Detach ${only}`, icon: 'close', press: detach })}`
  }</span>`
}

/** Before a finger takes a file off its row: the buttons stand beside names that are pressed to open them. */
export function detachQuestion(
  name: string,
  answers: { readonly detach: () => void; readonly keep: () => void },
): TemplateResult {
  return html`<span class="cell-problem"><span>Detach ${name}?</span><span class="cell-answers"><button class="button small" type="button" data-control="keep" @click=${answers.keep}>Keep</button><button class="button small" type="button" @click=${answers.detach}>Detach</button></span></span>`
}

/** What becomes of files that are held over the cell; an empty one has these words in its slot. */
export function heldWords(
  held: Exclude<Held, null>,
  accept: string | null,
  empty: boolean,
): TemplateResult | typeof nothing {
  if (held === 'unwelcome') return html`<span class="cell-held">Takes ${acceptList(accept) ?? 'other types'}</span>`
  return empty ? nothing : html`<span class="cell-held">Drop to attach</span>`
}

/** Uploads on their way, in the place of what the cell holds. */
export function progress(pending: readonly Task[], all: readonly Task[], cancel: () => void): TemplateResult {
  const { sent, total } = overall(all)
  const [task] = pending
  const name =
    all.length === 1 && task
      ? html`<span class="file-name" title=${task.file.name}>${nameParts(task.file.name)}</span>`
      : html`<span>${formatCount(all.length, 'file')}</span>`
  const compared = task?.state === 'comparing' ? task.compared : 0
  const still = pending.every(({ state }) => state === 'paused' || state === 'comparing')
  return html`<span class="file-cell">${task ? taskThumbnail(task, 40) : nothing}<span class="file-text">${name}<progress class=${still ? 'paused' : nothing} value=${Math.max(sent, compared)} max=${Math.max(1, total)} aria-label="Uploading ${all.length === 1 ? task?.file.name : formatCount(all.length, 'file')}"></progress><span class="file-facts tabular">${words(pending, sent, total)}</span></span>${turn(pending)}${iconButton(
    { label: `${ENDING.cancel.press} the upload`, icon: 'close', press: cancel },
  )}</span>`
}

/** A cell has room for a few words. */
function words(pending: readonly Task[], sent: number, total: number): string {
  const [task] = pending
  const percent = `${percentOf(sent, total)}%`
  if (pending.every(({ state }) => state === 'paused')) return `Paused at ${percent}`
  if (pending.every((one) => one.state === 'finishing' || isUnconfirmed(one))) return 'Checking'
  if (task?.state === 'comparing') return 'Checking what is here'
  if (task?.state === 'retrying') return `${percent} · trying again`
  const left = task?.pace.split(' · ').at(1)
  return left ? `${percent} · ${left}` : percent
}

/** Where pausing keeps what was sent. */
function turn(pending: readonly Task[]): TemplateResult | typeof nothing {
  if (pending.some(({ pausable }) => pausable)) {
    const press = () => {
      for (const task of pending) task.pause()
    }
    return iconButton({ label: 'Pause the upload', icon: 'pause', control: 'turn', press })
  }
  if (!pending.some(({ state }) => state === 'paused')) return nothing
  const press = () => {
    for (const task of pending) task.resume()
  }
  return iconButton({ label: 'Resume the upload', icon: 'play', control: 'turn', press })
}

/** What went wrong, and what can be done about it: sending the same again, or another file. */
export interface Problem {
  readonly text: string
  readonly retry: (() => void) | null
  /** Something of it was kept, and goes with the message. */
  readonly kept?: boolean
}

/** Beside what the cell holds, which goes on holding it. */
export function problemNote(
  { text, retry, kept = false }: Problem,
  answers: { readonly kept: string; readonly choose: () => void; readonly dismiss: () => void },
): TemplateResult {
  return html`<span class="cell-problem"><span class="file-problem" title=${text}>${firstSentences(text)}${answers.kept}</span><span class="cell-answers">${
    retry
      ? html`<button class="button small" type="button" @click=${retry}>Retry</button>`
      : html`<button class="button small" type="button" @click=${answers.choose}>Choose another file</button>`
  }<button class="button quiet small" type="button" @click=${answers.dismiss}>${kept ? ENDING.discard.press : 'Dismiss'}</button></span></span>`
}

/** Why files were not attached. */
export function problemOf(failed: readonly Task[]): Problem {
  const [task] = failed
  const again = failed.filter((one) => !one.refused)
  function retry(): void {
    for (const one of again) one.retry()
  }
  const which = failed.length === 1 ? task?.file.name : formatCount(failed.length, 'file')
  return {
    text: `${which} not attached. ${task?.error ?? ''}`,
    retry: again.length > 0 ? retry : null,
    kept: failed.some(({ kept }) => kept > 0),
  }
}

/** A cell has room for what happened and why; what to do is in the title and in the row's form. */
function firstSentences(text: string): string {
  return text.split(/(?<=[.!?])\s/, 2).join(' ')
}
