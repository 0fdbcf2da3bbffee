import type { HoldallError } from '../../web/error.ts'
import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { fieldError } from '../../web/parts/field.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import { DEFAULT_ROWS } from '../engine/limits.ts'
import type { Dataset } from '../records.ts'
import { answerTable } from './answer-table.ts'
import { barChart, barsOf } from './bars.ts'

const MIN_LINES = 4
const MAX_LINES = 24

export type Outcome =
  | { readonly answer: QueryAnswer }
  /** The statement was refused or failed; said beside it. */
  | { readonly error: HoldallError }

export interface QueryPanelOptions {
  readonly dataset: Dataset
  /** Where the form leads, without parameters. */
  readonly action: string
  /** What was asked; undefined when nothing was yet. */
  readonly sql: string | undefined
  readonly outcome?: Outcome
  /** What was asked, as a file; undefined when there is nothing to save. */
  readonly saveHref?: string
}

/** The editor, and under it what it answered. The form is a plain one: what is asked stands in the address. */
export function queryPanel({ dataset, action, sql, outcome, saveHref }: QueryPanelOptions): Html {
  const text = sql ?? `select *\nfrom ${dataset.tableName}\nlimit 100`
  const lines = Math.max(MIN_LINES, Math.min(text.split('\n').length + 1, MAX_LINES))
  const failed = outcome !== undefined && 'error' in outcome ? outcome.error : undefined
  return html`<section class="panel query-panel" aria-labelledby="query"><div class="panel-head"><h2 id="query" class="grow">Query</h2>${
    saveHref !== undefined &&
    linkButton({ label: 'Save as CSV', href: saveHref, icon: 'download', kind: 'quiet', small: true })
  }</div><form action="${safeUrl(`${action}#query`)}"><input type="hidden" name="tab" value="query"><div class="sql-editor"><label class="unseen" for="sql">SQL</label><textarea id="sql" name="sql" rows="${lines}" spellcheck="false" autocapitalize="off" autocomplete="off"${
    failed !== undefined && html` aria-invalid="true" aria-describedby="sql-error"`
  }>
${text}</textarea></div>${failed !== undefined && html`<div class="sql-error" role="alert">${fieldError(failed.message, 'sql-error')}</div>`}<div class="run-bar">${button(
    { label: 'Run', type: 'submit', kind: 'filled', icon: 'play' },
  )}<span class="grow tabular muted" role="status">${outcome !== undefined && 'answer' in outcome && answerLine(outcome.answer)}</span><span class="faint">Up to ${formatNumber(DEFAULT_ROWS)} rows. The table is <code>${dataset.tableName}</code>.</span></div></form>${
    outcome !== undefined && 'answer' in outcome && results(outcome.answer)
  }</section>`
}

/** "8 rows in 214 ms" */
function answerLine({ rows, truncated, elapsedMs }: QueryAnswer): string {
  const count = truncated ? `The first ${formatCount(rows.length, 'row')}` : formatCount(rows.length, 'row')
  const time = elapsedMs < 1_000 ? `${Math.round(elapsedMs)} ms` : `${(elapsedMs / 1_000).toFixed(1)} s`
  return `${count} in ${time}`
}

function results(answer: QueryAnswer): Html {
  if (answer.rows.length === 0) return html`<p class="panel-body muted">No row answers this query.</p>`
  const bars = barsOf(answer)
  const table = answerTable(answer, 'Query result')
  if (bars === undefined) return html`<div class="query-result">${table}</div>`
  return html`<div class="query-result with-chart">${table}${barChart(bars)}</div>`
}
