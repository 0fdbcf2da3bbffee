import { html, nothing, svg, type TemplateResult } from 'lit'
import { type AbsentFile, absentWords } from './absent.ts'
import { type FileSummary, fileFacts, fileState, splitName, typeLabel } from './files.ts'
import { ICONS, type IconName } from './icons.ts'
import type { Task } from './task.ts'
import { safeUrl } from './url.ts'

export function icon(name: IconName, className = 'icon'): TemplateResult {
  return html`<svg class=${className} viewBox="0 0 16 16" aria-hidden="true">${svg`<path d=${ICONS[name]}></path>`}</svg>`
}

/** The two parts of a name, of which the first may shrink. */
export function nameParts(filename: string): TemplateResult {
  const { stem, ending } = splitName(filename)
  return html`<span class="stem">${stem}</span><span class="ending">${ending}</span>`
}

export function thumbnail(file: FileSummary, side: number): TemplateResult {
  const picture = pictureOrType(file, side)
  if (!file.missing_since) return picture
  return html`<span class="with-sign">${picture}<span class="sign">${icon('fileMissing')}</span></span>`
}

function pictureOrType(file: FileSummary, side: number): TemplateResult {
  return file.thumbnail_url
    ? html`<img class="thumb" src=${safeUrl(file.thumbnail_url)} width=${side} height=${side} alt="" />`
    : typeTile(file.content_type, file.filename)
}

export function taskThumbnail(task: Task, side: number): TemplateResult {
  return task.preview
    ? html`<img class="thumb" src=${safeUrl(task.preview)} width=${side} height=${side} alt="" @error=${task.dropPreview} />`
    : typeTile(task.file.type, task.file.name)
}

export function typeTile(contentType: string | null, filename: string): TemplateResult {
  return html`<span class="type-tile" aria-hidden="true">${typeLabel(contentType, filename)}</span>`
}

/** The cell of one file, as the server writes it. */
export function fileCell(file: FileSummary): TemplateResult {
  return html`<span class="file-cell"><a class="thumb-link" href=${safeUrl(file.url)} tabindex="-1" aria-hidden="true">${thumbnail(file, 40)}</a><span class="file-text"><a href=${safeUrl(file.url)} aria-label=${file.filename} title=${file.filename}><span class="file-name">${nameParts(file.filename)}</span></a><span class="file-facts">${fileFacts(file)}</span>${stateLine(file)}</span></span>`
}

/** The cell of a file that is not there, as the server writes it. */
export function absentCell(absent: AbsentFile): TemplateResult {
  const { sign, note, hint } = absentWords(absent)
  return html`<span class=${absent.state === 'unavailable' ? 'file-cell absent not-shown' : 'file-cell absent'} title=${note === null ? hint : nothing}><span class="type-tile">${icon(sign)}</span><span class="file-text"><span>${absentName(absent)}</span>${note === null ? nothing : html`<span class="file-facts">${note}</span>`}</span></span>`
}

export function absentName(absent: AbsentFile): TemplateResult | string {
  const { name } = absentWords(absent)
  return absent.state === 'trashed' ? html`<span class="file-name">${nameParts(name)}</span>` : name
}

/** What has become of a file's bytes, as the server writes it. */
export function stateLine(file: FileSummary): TemplateResult | typeof nothing {
  const state = fileState(file)
  return state === null ? nothing : html`<span class="file-facts file-state">${icon(state.sign)}${state.words}</span>`
}

export interface IconButton {
  readonly label: string
  readonly icon: IconName
  readonly press: () => void
  readonly disabled?: boolean
  /** Finds the button again after the list was drawn anew. */
  readonly control?: string
}

export function iconButton(button: IconButton): TemplateResult {
  return html`<button class="button quiet small only-icon" type="button" aria-label=${button.label} title=${button.label} data-control=${button.control ?? nothing} ?disabled=${button.disabled} @click=${button.press}>${icon(button.icon)}</button>`
}
