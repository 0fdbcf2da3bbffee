import { html, nothing, type TemplateResult } from 'lit'
import { copyText } from '../lib/copying.ts'
import { formatLimit } from '../lib/format.ts'
import { type Door, UNANSWERED } from '../lib/kept-out.ts'
import type { Task } from '../lib/task.ts'
import { icon } from '../lib/templates.ts'

/**
 * What keeps this page from sending, said before somebody sends. Sending is left as it was: the storage may have been
 * mended since.
 *
 * @param upTo bytes: files up to this size go through the server, whatever the storage lets in
 */
export function keptOutNotice(door: Door, upTo: number): TemplateResult | typeof nothing {
  if (door.keptOut === null) return nothing
  const { says, command, unanswered } = door.keptOut
  const what = upTo > 0 ? `Files over ${formatLimit(upTo)}` : 'Files'
  return html`<div class="notice warning kept-out" role="status">${icon('warning')}<div class="grow"><p><strong>${what} cannot be sent from this page yet.</strong></p><p>${says}</p>${
    command === null
      ? nothing
      : html`<p>This command says to whoever runs the server what has to be set:</p><div class="command"><code tabindex="0">${command}</code>${copyButton(command)}</div>`
  }<p><button class="button small" type="button" data-control="ask-again" aria-busy=${door.asking} @click=${() => door.ask()}>${icon('retry')}${door.asking ? 'Checking…' : 'Check again'}</button></p>${unanswered && !door.asking ? html`<p>${UNANSWERED}</p>` : nothing}</div></div>`
}

/** The same where mostly small files are given: only beside one that is larger, until it is there. */
export function keptOutBeside(
  door: Door,
  tasks: readonly Task<unknown>[],
  upTo: number,
): TemplateResult | typeof nothing {
  return tasks.some((task) => task.size > upTo && !task.refused && task.state !== 'done')
    ? keptOutNotice(door, upTo)
    : nothing
}

function copyButton(command: string): TemplateResult | typeof nothing {
  if (!navigator.clipboard) return nothing
  return html`<button class="button quiet small" type="button" aria-label="Copy the command" @click=${(event: Event) => copyText(command, event.currentTarget as Element)}>${icon('copy')}Copy</button>`
}
