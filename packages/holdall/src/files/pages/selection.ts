import { type Html, html } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'

/**
 * What can be done with the selected files. It stands above them at all times, so that selecting moves nothing; where
 * scripts run, its buttons appear with the first file that is selected.
 *
 * @param hides the files keep their bytes (see `keepsBytes`), so that they are hidden rather than deleted
 */
export function selectionBar(hides: boolean): Html {
  const words = hides
    ? 'Select files to hide them here. Their bytes stay where they lie.'
    : 'Select files to move them to the trash.'
  return html`<div class="selection-bar" role="group" aria-label="Selected files"><span class="grow" data-selection-text="${words}">${words}</span>${button(
    {
      label: hides ? 'Hide files' : 'Move to trash',
      type: 'submit',
      kind: hides ? 'outlined' : 'danger',
      icon: hides ? 'fileMissing' : 'trash',
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
