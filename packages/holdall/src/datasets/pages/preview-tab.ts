import { formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { emptyState, notice } from '../../web/parts/notice.ts'
import type { Dataset } from '../records.ts'
import { answerTable } from './answer-table.ts'
import type { Outcome } from './query-tab.ts'

export const PREVIEW_ROWS = 100

/** What the preview asks. */
export function previewSql({ tableName }: Dataset): string {
  return `SELECT * FROM ${tableName} LIMIT ${PREVIEW_ROWS}`
}

/** The first rows. */
export function previewTab(dataset: Dataset, outcome: Outcome): Html {
  if ('error' in outcome) {
    return notice({ tone: 'danger', title: 'The first rows cannot be shown.', body: outcome.error.message })
  }
  const { rows } = outcome.answer
  if (rows.length === 0) {
    return html`<section class="panel">${emptyState({ icon: 'table', title: 'No rows', body: 'The file has columns and no rows.' })}</section>`
  }
  return html`<section class="panel" aria-label="The first rows">${answerTable(
    outcome.answer,
    `The first ${formatNumber(rows.length)} of ${formatNumber(dataset.rowCount)} rows`,
  )}<p class="panel-foot tabular">${
    rows.length < dataset.rowCount
      ? `The first ${formatNumber(rows.length)} of ${formatNumber(dataset.rowCount)} rows`
      : 'All rows'
  }</p></section>`
}
