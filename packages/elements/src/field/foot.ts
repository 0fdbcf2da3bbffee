import { html, nothing, type TemplateResult } from 'lit'
import type { Held } from '../lib/dragging.ts'
import { acceptList, acceptWords } from '../lib/files.ts'
import { formatLimit } from '../lib/format.ts'
import { type Offer, offerNote } from '../lib/offer.ts'
import { icon } from '../lib/templates.ts'
import { safeUrl } from '../lib/url.ts'
import { type Item, nameOf } from './items.ts'

/** What stands under a field's list: the ways to attach, what a new file replaces, what went wrong. */
export interface Foot {
  /** What the field is called. */
  readonly label: string
  readonly multiple: boolean
  /** Whether the field holds anything. */
  readonly filled: boolean
  /** Whether the one file is on its way. */
  readonly busy: boolean
  readonly replaced: Item | null
  readonly problem: string | null
  /** The description of the file that is replaced. */
  readonly offer: Offer | null
  readonly copy: () => void
  readonly leave: () => void
  readonly held: Held
  readonly accept: string | null
  /** bytes */
  readonly maxSize: number | null
  /** Null where files may not be uploaded, or not be picked. */
  readonly choose: (() => void) | null
  readonly pick: (() => void) | null
}

export function fieldFoot(foot: Foot): TemplateResult | typeof nothing {
  const { choose, pick, problem } = foot
  if (choose === null && pick === null) return nothing
  const replaces = foot.replaced ? replacing(foot.replaced) : nothing
  if (foot.busy) {
    return html`<div class="file-choose single busy">${replaces}<span class="to-end">${rule(foot)}</span></div>`
  }
  const words =
    foot.replaced && !foot.held
      ? replaces
      : html`<span class="to-end drop-words">${dropWords(foot)}</span>${foot.multiple ? nothing : html`<span class="to-end touch-words">${rule(foot)}</span>`}`
  return html`<div class="file-choose ${foot.multiple ? '' : 'single'}">
    ${problem === null ? nothing : html`<span class="field-note file-problem">${icon('error')}<span>${problem}${foot.filled ? ' What was here is kept.' : ''}</span></span>`}
    ${foot.offer === null ? nothing : html`<span class="field-note">${offerNote(foot.offer, foot)}</span>`}
    ${choose === null ? nothing : chooseButton(foot, choose)}
    ${pick === null ? nothing : html`<button class="button small" type="button" @click=${pick}>${icon('image')}Pick from library</button>`}
    ${choose === null && !foot.replaced ? nothing : words}
  </div>`
}

/** The words say what becomes of what is there. */
function chooseButton({ label, multiple, filled }: Foot, choose: () => void): TemplateResult {
  const words = multiple ? (filled ? 'Add files' : 'Choose files') : filled ? 'Replace' : 'Choose file'
  const link = words === 'Replace' ? '' : words === 'Add files' ? 'to ' : 'for '
  return html`<button class="button small" type="button" aria-label="${words} ${link}${label}" @click=${choose}>${icon('upload')}${words}</button>`
}

function replacing(replaced: Item): TemplateResult {
  const name = nameOf(replaced)
  return html`<span class="replacing"><span>Replaces</span> ${
    replaced.kind === 'file'
      ? html`<a href=${safeUrl(replaced.file.url)} title=${name}>${name}</a>`
      : html`<span>the file that is not shown</span>`
  } <span>when you save</span></span>`
}

function dropWords({ held, accept, multiple, filled }: Foot): string {
  if (held === 'unwelcome') return `Takes ${acceptList(accept) ?? 'other types'}`
  if (held) return 'Drop to attach'
  if (!filled) return `or drop or paste ${multiple ? 'them' : 'it'} here`
  return `or drop or paste ${multiple ? 'more' : 'another'} here`
}

/** "One image, up to 100 MB" */
function rule({ accept, maxSize }: Foot): string {
  const kind = acceptWords(accept)?.one.replace(/^an? |^one of /, '') ?? 'file'
  return `One ${kind}${maxSize ? `, up to ${formatLimit(maxSize)}` : ''}`
}
