import type { Sources } from '../../sources/sources.ts'
import { formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { attributes } from '../../web/parts/attributes.ts'
import { button } from '../../web/parts/button.ts'
import type { FileRecord } from '../record.ts'
import { keepsBytes } from '../trash/kept.ts'
import { KEPT_WORDS } from '../trash/words.ts'

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
type Speaks = 'kept' | 'gone' | 'both' | 'gone both'

/**
 * For files that can be moved to the trash. Where some of them keep their bytes (see `keepsBytes`), that is said beside the
 * button, and of those alone it is no danger; without scripts nobody knows what is selected, and it is said of some.
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
  const entry = { ...base, label: 'Move to trash', icon: 'trash' } as const
  const trash = { ...entry, kind: 'danger' } as const
  const kept = files.filter((file) => keepsBytes(sources, file)).length
  if (kept === 0)
    return selectionBar('Select files to move them to the trash.', all, button({ ...trash, ...more() }), USES)
  // Beside “Select all” there is little room for words; without it the bar would be an empty gap.
  const words = all > 1 ? '' : 'Select files to move them to the trash.'
  const stays = (told: string, speaks?: Speaks, hidden = false) =>
    html`<span class="selection-note"${attributes({ 'data-selection-for': speaks, hidden })}>${told}.</span>`
  if (kept === files.length)
    return selectionBar(words, all, html`${stays(KEPT_WORDS.all)}${button({ ...entry, ...more() })}`, USES)
  return selectionBar(
    words,
    all,
    html`${stays(KEPT_WORDS.some, 'both')}${stays(KEPT_WORDS.all, 'kept', true)}${button({ ...entry, ...more('kept', true) })}${button({ ...trash, ...more('gone both') })}`,
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
