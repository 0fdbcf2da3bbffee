import { TROUBLES, type Trouble } from '../../files/troubles.ts'
import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { readCell } from '../file-columns/cell.ts'
import { troubleOf } from '../file-columns/items.ts'
import { TROUBLE_WORDS } from '../file-columns/trouble-words.ts'
import { FILE_OPERATORS, filterName } from '../filters.ts'
import type { Address } from './address.ts'
import { operatorWords } from './operator-words.ts'
import type { TableData } from './table-data.ts'

/**
 * What is not right with the files of the rows of a page, with the way to all such rows. It costs nothing: the cells say it
 * one by one. A filter that asks for it says it already.
 */
export function troubleLine(data: TableData, address: Address): Html {
  const found = [...data.fileColumns.keys()].flatMap((column) => {
    const counts = [...countRows(data, column)].filter(([trouble]) => !isAsked(data, column, FILE_OPERATORS[trouble]))
    return counts.length === 0 ? [] : [{ column, counts }]
  })
  if (found.length === 0) return NOTHING
  const link = (column: string, [trouble, rows]: readonly [Trouble, number]) => {
    const operator = FILE_OPERATORS[trouble]
    const words = operatorWords(operator, 'file').replace(/^has/, rows === 1 ? 'has' : 'have')
    return html`<a href="${safeUrl(address.with({ [filterName(column, FILE_OPERATORS.any)]: null, [filterName(column, operator)]: '1' }))}" title="${formatCount(rows, 'row')} ${words} in ${column}">${formatNumber(rows)} ${TROUBLE_WORDS[trouble]}</a>`
  }
  const all = (column: string) =>
    html` (<a href="${safeUrl(address.with({ ...without(column), [filterName(column, FILE_OPERATORS.any)]: '1' }))}" title="All rows with a file that is not right in ${column}">all such rows</a>)`
  return html`<div class="sync-line"><p class="muted">On this page, ${found.map(
    ({ column, counts }, at) =>
      html`${at > 0 && '; '}${column}: ${counts.map((one, index) => html`${index > 0 && ', '}${link(column, one)}`)}${
        !isAsked(data, column, FILE_OPERATORS.any) && all(column)
      }`,
  )}.</p></div>`
}

/** What asks for one trouble of a column leaves out the others. */
function without(column: string): Record<string, null> {
  return Object.fromEntries(TROUBLES.map((trouble) => [filterName(column, FILE_OPERATORS[trouble]), null]))
}

function isAsked({ page }: TableData, column: string, operator: string): boolean {
  return page.query.filters.some((one) => one.column === column && one.operator === operator)
}

/** How many rows have such a file in a column. */
function countRows(data: TableData, column: string): ReadonlyMap<Trouble, number> {
  const counts = new Map<Trouble, number>()
  const at = data.page.columns.indexOf(column)
  if (at < 0) return counts
  const rows = data.page.rows.map((row) => new Set(readCell(row[at] ?? null).ids.map((id) => troubleOf(id, data))))
  for (const trouble of TROUBLES) {
    const count = rows.filter((troubles) => troubles.has(trouble)).length
    if (count > 0) counts.set(trouble, count)
  }
  return counts
}
