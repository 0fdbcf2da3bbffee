import { type Html, html, safeUrl } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import { selectInput, textInput } from '../../web/parts/inputs.ts'
import type { Dataset } from '../records.ts'
import { excelOf } from '../uploads/original.ts'

/** Of which sheet a dataset is that was made of one Excel file, and where another is read instead. */
export function sheetPart(dataset: Dataset, here: string, edits: boolean): Html | false {
  const excel = excelOf(dataset)
  if (excel === undefined || (excel.sheets === undefined && !edits)) return false
  const { sheets, filename } = excel
  const read = sheets && html`Sheet: <strong>${sheets.read}</strong>`
  const others = sheets?.all.filter(({ name }) => name !== sheets.read)
  if (!edits || others?.length === 0) {
    return html`<p class="panel-foot" id="sheets">${read}${others?.length === 0 && html` <span class="muted">It is the only one of ${filename}.</span>`}</p>`
  }
  const choice =
    others === undefined
      ? textInput({ name: 'sheet', autocomplete: 'off', required: true, label: `A sheet of ${filename}` })
      : selectInput({
          name: 'sheet',
          label: `Another sheet of ${filename}`,
          options: others.map(({ name, hidden }) => ({ value: name, label: hidden ? `${name} (hidden)` : name })),
        })
  return html`<form class="panel-foot sheet-line" id="sheets" method="post" action="${safeUrl(`${here}/-/sheet`)}"><span>${read ?? html`Another sheet of ${filename}`}</span>${choice}${button({ label: 'Read another sheet', type: 'submit' })}<span class="muted">It becomes the next version; nothing is sent again.</span></form>`
}

/** Beside where a dataset came from: its sheet, and the way to where another is chosen. */
export function sheetWords(dataset: Dataset, here: string, edits: boolean): Html | false {
  const sheets = excelOf(dataset)?.sheets
  if (sheets === undefined) return false
  return html`, sheet <strong>${sheets.read}</strong>${edits && sheets.all.length > 1 && html` (<a href="${safeUrl(`${here}?tab=files`)}#sheets">read another</a>)`}`
}
