import { type Html, html } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'

/**
 * What can be done with the selected files. It stands above them at all times, so that selecting moves nothing; where
 * scripts run, its buttons appear with the first file that is selected.
 */
export function selectionBar(): Html {
  return html`<div class="selection-bar" role="group" aria-label="Selected files"><span class="grow" data-selection-text>Select files to move them to the trash.</span>${button(
    {
      label: 'Move to trash',
      type: 'submit',
      kind: 'danger',
      icon: 'trash',
      small: true,
      more: { 'data-selection-action': true },
    },
  )}${button({
    label: 'Clear selection',
    type: 'button',
    kind: 'quiet',
    icon: 'close',
    iconOnly: true,
    small: true,
    more: { 'data-selection-clear': true, hidden: true },
  })}</div>`
}
