import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { button } from '../../../web/parts/button.ts'
import type { JudgedLine, Outline } from '../outline.ts'

/**
 * How many of the files of a plan cannot be read, and of how many that is not known yet; nothing where neither is.
 *
 * @param show what a button sends to show only those; null where they are what is shown
 */
export function unreadableBar(
  { lines, files }: Pick<Outline, 'lines' | 'files'>,
  unreadable: ReadonlySet<string>,
  reading: number,
  show: string | null,
): Html {
  const found = lines.filter(({ file }) => unreadable.has(file))
  return html`${
    found.length > 0 &&
    html`<div class="doubles"><p>${foundWords(found, files)} ${found.length === 1 ? 'Its page says' : 'Their pages say'} why.</p>${
      show !== null &&
      html`<div class="actions">${button({ label: found.length === 1 ? 'Show it' : 'Show them', type: 'submit', name: 'go', value: show, small: true })}</div>`
    }</div>`
  }${
    reading > 0 &&
    html`<div class="doubles"><p class="muted">${formatCount(reading, 'file')} ${reading === 1 ? 'is' : 'are'} still being read: whether ${reading === 1 ? 'it' : 'they'} can be is not known yet.</p></div>`
  }`
}

function foundWords(found: readonly JudgedLine[], files: number): string {
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
