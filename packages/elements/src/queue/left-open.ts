import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { ENDING } from '../lib/ending.ts'
import { formatAgo, formatBytes, formatCount } from '../lib/format.ts'
import { icon, nameParts, typeTile } from '../lib/templates.ts'
import type { LeftOpen } from '../lib/unfinished.ts'

/** More of them are counted. */
const MOST_SHOWN = 5

export interface LeftOpenActions {
  /** A file that was chosen for one of them, and is not its file. */
  readonly wrong: { readonly key: string; readonly text: string } | null
  /** The one whose discarding was asked about: somebody may be sending it. */
  readonly doubtful?: string | null
  readonly choose: (one: LeftOpen) => void
  readonly discard: (one: LeftOpen) => void
  readonly keep?: () => void
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

function line(one: LeftOpen, actions: LeftOpenActions): TemplateResult {
  const { wrong, doubtful } = actions
  const { name, size, received } = one
  return html`<li class="left-open" data-line=${one.key}>${typeTile(null, name)}<div><span class="file-name" title=${name}>${nameParts(name)}</span><progress class="paused" value=${received} max=${size} aria-label="${name}, not finished"></progress><span class="file-facts">${received === 0 ? 'Nothing of it has arrived yet · Choose the same file to send it' : `${formatBytes(received)} of ${formatBytes(size)} sent · Choose the same file to go on`}</span>${lastPart(one)}${
    wrong?.key === one.key ? html`<p class="why">${wrong.text}</p>` : nothing
  }${doubtful === one.key ? html`<p class="note">${doubt(one)}</p>` : nothing}</div><div class="answers">${
    doubtful === one.key ? certainly(one, actions) : answers(one, actions)
  }</div></li>`
}

function answers(one: LeftOpen, { choose, discard }: LeftOpenActions): TemplateResult {
  const { name } = one
  return html`<button class="button small" type="button" data-control="choose-same" aria-label="Choose file ${name}" @click=${() => choose(one)}>${icon('upload')}Choose file</button><button class="button small quiet" type="button" data-control="discard" aria-label="Discard ${name}" @click=${() => discard(one)}>${ENDING.discard.press}</button>`
}

/** Where "Discard" stood is what changes nothing: pressed twice, nothing is lost. */
function certainly(one: LeftOpen, { discard, keep }: LeftOpenActions): TemplateResult {
  const { name } = one
  return html`<button class="button small" type="button" data-control="discard-moving" aria-label="Discard ${name} all the same" @click=${() => discard(one)}>Discard all the same</button><button class="button small quiet" type="button" data-control="discard" aria-label="Keep ${name}" @click=${keep}>Keep</button>`
}

function lastPart({ received, idle, begun, moving }: LeftOpen): TemplateResult | typeof nothing {
  if (received === 0 && begun !== null) return html`<span class="file-facts">Begun ${formatAgo(begun)}</span>`
  if (idle === null) return nothing
  const words = `ast part ${formatAgo(idle)}`
  return html`<span class="file-facts">${moving ? `Arriving now from elsewhere · l${words}` : `L${words}`}</span>`
}

function doubt(one: LeftOpen): string {
  return `${seen(one)}: another tab, another computer or a command may be sending it. Discarding ends that.`
}

function seen({ idle, begun, moving }: LeftOpen): string {
  if (moving) return 'It is arriving now'
  if (begun !== null && (idle === null || begun < idle)) return `It was begun ${formatAgo(begun)}`
  return `Its last part arrived ${formatAgo(idle ?? 0)}`
}
