import type { Sources } from '../../sources/sources.ts'
import { formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import type { FileRecord } from '../record.ts'
import { keepsBytes } from '../trash/kept.ts'

/**
 * What can be done with the selected files. It stands above them at all times, so that selecting moves nothing; its
 * buttons appear with the first file that is selected, without scripts as well.
 *
 * @param words what to do, while nothing is selected
 * @param all how many one press selects; 0 where selecting all is nothing that one wants
 */
function selectionBar(words: string, all: number, buttons: Html, uses: Html = NOTHING): Html {
  return html`<div class="selection-bar" role="group" aria-label="Selected files"><span class="grow" data-selection-text="${words}">${words}</span>${
    all > 1 &&
    button({
      label: `Select all ${formatNumber(all)}`,
      small: true,
      more: { 'data-selection-all': true, hidden: true },
    })
  }${uses}${buttons}${button({
    label: 'Clear selection',
    type: 'button',
    kind: 'quiet',
    icon: 'close',
    iconOnly: true,
    small: true,
    more: { 'data-selection-clear': true, hidden: true },
  })}</div>`
}

/** Of which selected files a button speaks: those whose bytes stay, those whose bytes go, some of each. */
type Speaks = 'kept' | 'gone' | 'both'

/**
 * For files that can be deleted. Where some of them keep their bytes (see `keepsBytes`), the button is named by what is
 * selected; without scripts nobody knows that, and it has a name that is true of all.
 *
 * @param isList whether they are files of a list, that one may want to select all of
 */
export function deletingBar(
  sources: Pick<Sources, 'byId'>,
  files: readonly FileRecord[],
  { isList = true }: { readonly isList?: boolean } = {},
): Html {
  const all = isList ? files.length : 0
  const more = (speaks?: Speaks, hidden = false) => ({
    more: { 'data-selection-action': 'delete', 'data-selection-for': speaks, hidden },
  })
  const base = { type: 'submit', small: true } as const
  const hide = { ...base, label: 'Hide files', icon: 'fileMissing' } as const
  const trash = { ...base, label: 'Move to trash', kind: 'danger', icon: 'trash' } as const
  const kept = files.filter((file) => keepsBytes(sources, file)).length
  if (kept === 0)
    return selectionBar('Select files to move them to the trash.', all, button({ ...trash, ...more() }), USES)
  // Beside “Select all” nothing has to be said; without it the bar would be an empty gap.
  const words = (told: string) => (all > 1 ? '' : told)
  if (kept === files.length)
    return selectionBar(words('Select files to hide them.'), all, button({ ...hide, ...more() }), USES)
  return selectionBar(
    words('Select files to remove them from lists.'),
    all,
    html`${button({ ...base, label: 'Remove from lists', ...more('both') })}${button({ ...hide, ...more('kept', true) })}${button({ ...trash, ...more('gone', true) })}`,
    USES,
  )
}

/**
 * Where it is said which rows use what is selected. Once that was said the form has `confirm`, and is not answered by the
 * question that says it to those without scripts.
 */
const USES = html`<details class="menu" data-selection-uses hidden><summary class="button quiet small"></summary><div class="menu-panel"></div></details><input type="hidden" name="confirm" value="yes" disabled data-selection-told>`

/**
 * For files in the trash.
 *
 * @param files how many there are on the page
 * @param purgeable some of them can be deleted for good; those that cannot have `kept` boxes
 */
export function restoringBar(purgeHref: string, files: number, purgeable: boolean): Html {
  return selectionBar(
    purgeable ? 'Select files to restore them or to delete them for good.' : 'Select files to restore them.',
    files,
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
        more: { 'data-selection-action': 'delete', 'data-selection-for': 'gone both', formaction: purgeHref },
      })
    }`,
  )
}
