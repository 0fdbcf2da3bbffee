import { type Html, html } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'

/**
 * What can be done with the selected files. It stands above them at all times, so that selecting moves nothing; its
 * buttons appear with the first file that is selected, without scripts as well.
 *
 * @param words what to do, while nothing is selected
 */
function selectionBar(words: string, buttons: Html): Html {
  return html`<div class="selection-bar" role="group" aria-label="Selected files"><span class="grow" data-selection-text="${words}">${words}</span>${buttons}${button(
    {
      label: 'Clear selection',
      type: 'button',
      kind: 'quiet',
      icon: 'close',
      iconOnly: true,
      small: true,
      more: { 'data-selection-clear': true, hidden: true },
    },
  )}</div>`
}

/** For files that can be deleted. @param hides they keep their bytes (see `keepsBytes`), so that they are hidden */
export function deletingBar(hides: boolean): Html {
  const action = { type: 'submit', small: true, more: { 'data-selection-action': 'delete' } } as const
  return hides
    ? selectionBar(
        'Select files to hide them here. Their bytes stay where they lie.',
        button({ label: 'Hide files', icon: 'fileMissing', ...action }),
      )
    : selectionBar(
        'Select files to move them to the trash.',
        button({ label: 'Move to trash', kind: 'danger', icon: 'trash', ...action }),
      )
}

/** For files in the trash. @param purgeable some of them can be deleted for good */
export function restoringBar(purgeHref: string, purgeable: boolean): Html {
  return selectionBar(
    purgeable ? 'Select files to restore them or to delete them for good.' : 'Select files to restore them.',
    html`${button({
      label: 'Restore selected',
      type: 'submit',
      kind: 'filled',
      icon: 'retry',
      small: true,
      more: { 'data-selection-action': true },
    })}${
      purgeable &&
      button({
        label: 'Delete selected for good…',
        type: 'submit',
        kind: 'danger',
        small: true,
        more: { 'data-selection-action': 'delete', formaction: purgeHref },
      })
    }`,
  )
}
