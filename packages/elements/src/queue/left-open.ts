import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { formatBytes, formatCount } from '../lib/format.ts'
import { icon, nameParts, typeTile } from '../lib/templates.ts'
import type { LeftOpen } from '../lib/unfinished.ts'

/** More of them are counted. */
const MOST_SHOWN = 5

export interface LeftOpenActions {
  /** A file that was chosen for one of them, and is not its file. */
  readonly wrong: { readonly key: string; readonly text: string } | null
  readonly choose: (one: LeftOpen) => void
  readonly discard: (one: LeftOpen) => void
}

/** Uploads that were begun on another day, page or computer: whoever has the file can go on. */
export function leftOpenLines(list: readonly LeftOpen[], actions: LeftOpenActions): TemplateResult {
  const more = list.length - MOST_SHOWN
  return html`<ul aria-label="Not finished">${repeat(
    list.slice(0, MOST_SHOWN),
    ({ key }) => key,
    (one) => line(one, actions),
  )}</ul>${more > 0 ? html`<p class="rest-of-queue">and ${formatCount(more, 'more', 'more')} not finished</p>` : nothing}`
}

function line(one: LeftOpen, { wrong, choose, discard }: LeftOpenActions): TemplateResult {
  const { name, size, received } = one
  return html`<li class="left-open" data-line=${one.key}>${typeTile(null, name)}<div><span class="file-name" title=${name}>${nameParts(name)}</span><progress class="paused" value=${received} max=${size} aria-label="${name}, not finished"></progress><span class="file-facts">${formatBytes(received)} of ${formatBytes(size)} sent · Choose the same file to go on</span>${
    wrong?.key === one.key ? html`<p class="why">${wrong.text}</p>` : nothing
  }</div><div class="answers"><button class="button small" type="button" data-control="choose-same" aria-label="Choose file ${name}" @click=${() => choose(one)}>${icon('upload')}Choose file</button><button class="button small quiet" type="button" data-control="discard" aria-label="Discard ${name}" @click=${() => discard(one)}>Discard</button></div></li>`
}
