import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { button } from '../../../web/parts/button.ts'
import type { Filled } from '../replacing.ts'

/** One choice for all files whose row holds another one. */
export function replacingBar({ lines, wrong }: Filled): Html {
  if (lines.length === 0) return html``
  const replaced = lines.filter(({ chosen }) => chosen !== null).length
  const fit =
    lines.length === 1
      ? '1 file fits a row that holds a file already.'
      : `${formatNumber(lines.length)} files fit rows that hold a file already.`
  const choice = (way: string, label: string) =>
    button({ label, type: 'submit', name: 'go', value: `replace ${way}`, small: true })
  return html`<div class="doubles"><p>${fit}${wrong.size > 0 && ` ${wrongWords(wrong.size, lines.length)}`} ${lines.length > 1 && 'For all of them at once:'}</p><div class="actions">${
    wrong.size > 0 && choice('not_right', `Replace only what is not right (${formatCount(wrong.size, 'row')})`)
  }${choice('all', `Replace all (${formatCount(lines.length, 'row')})`)}${replaced > 0 && choice('none', 'Replace none')}</div></div>`
}

function wrongWords(wrong: number, all: number): string {
  const rows =
    all === 1
      ? 'What it holds'
      : wrong === all
        ? 'What they hold'
        : `What ${formatNumber(wrong)} of them hold${wrong === 1 ? 's' : ''}`
  return `${rows} is not right: missing, cannot be read, in the trash or gone for good.`
}
