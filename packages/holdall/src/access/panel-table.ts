import { type Html, html } from '../web/html.ts'
import { dataTable, type TableOptions } from '../web/parts/table.ts'

/** A table with the surface that it stands on; its rows become cards where there is no room for columns. */
export function panelTable(options: TableOptions): Html {
  return html`<div class="panel">${dataTable({ cards: true, ...options })}</div>`
}
