import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { button } from '../../../web/parts/button.ts'
import type { Outline } from '../outline.ts'
import type { Unreadable } from '../unreadable.ts'

/**
 * How many of the files of a plan cannot be read, with one choice for all of them, and of how many that is not known yet;
 * nothing where neither is.
 *
 * @param show what a button sends to show only those; null where they are what is shown
 */
export function unreadableBar(
  { lines, open, left, reading }: Unreadable,
  { files }: Pick<Outline, 'files'>,
  show: string | null,
): Html {
  const one = lines.length === 1
  const act = (label: string, value: string) => button({ label, type: 'submit', name: 'go', value, small: true })
  const actions = [
    ...(open.length > 0
      ? [act(one ? 'Leave it out' : `Leave out ${formatCount(open.length, 'file')}`, 'unreadable out')]
      : []),
    ...(left.length > 0
      ? [act(one ? 'Put it back' : `Put back ${formatCount(left.length, 'file')}`, 'unreadable back')]
      : []),
    ...(show !== null ? [act(one ? 'Show it' : 'Show them', show)] : []),
  ]
  return html`${
    lines.length > 0 &&
    html`<div class="doubles"><p>${foundWords(lines, files)} ${one ? 'Its page says' : 'Their pages say'} why.</p>${
      actions.length > 0 && html`<div class="actions">${actions}</div>`
    }</div>`
  }${
    reading > 0 &&
    html`<div class="doubles"><p class="muted">${formatCount(reading, 'file')} ${reading === 1 ? 'is' : 'are'} still being read: whether ${reading === 1 ? 'it' : 'they'} can be is not known yet.</p></div>`
  }`
}

function foundWords(found: Unreadable['lines'], files: number): string {
  const going = found.filter(({ part }) => part === 'rows').length
  const which = files === 1 ? 'The file' : `${formatNumber(found.length)} of ${formatCount(files, 'file')}`
  const where =
    going === 0
      ? ''
      : found.length === 1
        ? ', and it goes to a row'
        : going === found.length
          ? ', and all of them go to a row'
          : `, and ${formatNumber(going)} of them ${going === 1 ? 'goes' : 'go'} to a row`
  return `${which} cannot be read${where}.`
}
