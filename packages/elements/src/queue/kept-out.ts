import { html, nothing, type TemplateResult } from 'lit'
import { copyText } from '../lib/copying.ts'
import { formatLimit } from '../lib/format.ts'
import type { KeptOut } from '../lib/kept-out.ts'
import { icon } from '../lib/templates.ts'

/**
 * What keeps this page from sending, said before somebody sends. Sending is left as it was: the storage may have been
 * mended since.
 *
 * @param upTo bytes: files up to this size go through the server, whatever the storage lets in
 * @param again asks once more
 */
export function keptOutNotice(
  keptOut: KeptOut | null,
  upTo: number,
  again: () => void,
): TemplateResult | typeof nothing {
  if (keptOut === null) return nothing
  const { says, command } = keptOut
  const what = upTo > 0 ? `Files over ${formatLimit(upTo)}` : 'Files'
  return html`<div class="notice warning kept-out" role="status">${icon('warning')}<div class="grow"><p><strong>${what} cannot be sent from this page yet.</strong></p><p>${says}</p>${
    command === null
      ? nothing
      : html`<p>This command says to whoever runs the server what has to be set:</p><div class="command"><code tabindex="0">${command}</code>${copyButton(command)}</div>`
  }<p><button class="button small" type="button" data-control="ask-again" @click=${again}>${icon('retry')}Check again</button></p></div></div>`
}

function copyButton(command: string): TemplateResult | typeof nothing {
  if (!navigator.clipboard) return nothing
  return html`<button class="button quiet small" type="button" aria-label="Copy the command" @click=${(event: Event) => copyText(command, event.currentTarget as Element)}>${icon('copy')}Copy</button>`
}
