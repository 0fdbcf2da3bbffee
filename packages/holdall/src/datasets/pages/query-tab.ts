import type { HoldallError } from '../../web/error.ts'
import { formatCount, formatDuration, formatNumber } from '../../web/format.ts'
import { type Html, html, jsonScript, safeUrl } from '../../web/html.ts'
import { attributes } from '../../web/parts/attributes.ts'
import { button } from '../../web/parts/button.ts'
import { fieldError } from '../../web/parts/field.ts'
import { icon } from '../../web/parts/icon.ts'
import { type MenuItem, menu } from '../../web/parts/menu.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import { DEFAULT_ROWS, QUERY_TIMEOUT_MS } from '../engine/limits.ts'
import type { QueryWords } from '../query/words.ts'
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
  /** Where the answer lies as a file of each format; undefined when there is nothing to save. */
  readonly saved?: readonly MenuItem[]
  readonly editor: EditorOptions
}

/** What the editor that takes over the text area is told. */
export interface EditorOptions {
  /** Its script. */
  readonly src: string
  readonly words: QueryWords
  /** Under which name a browser keeps what was asked: another for each person and collection. */
  readonly historyKey: string
}

/**
 * The editor, and under it what it answered. The form is a plain one: what is asked stands in the address. A script asks
 * without leaving the page and puts the parts of the new panel (`data-query-part`) in the place of these.
 */
export function queryPanel({ dataset, action, sql, outcome, saved, editor }: QueryPanelOptions): Html {
  const text = sql ?? `select *\nfrom ${dataset.tableName}\nlimit 100`
  const lines = Math.max(MIN_LINES, Math.min(text.split('\n').length + 1, MAX_LINES))
  const failed = outcome !== undefined && 'error' in outcome ? outcome.error : undefined
  return html`<section class="panel query-panel" aria-labelledby="query"><div class="panel-head"><h2 id="query" class="grow">Query</h2>${historyMenu(editor, action, outcome)}<div data-query-part="saved">${
    saved !== undefined &&
    menu({ label: 'Save all rows', icon: 'download', kind: 'quiet', small: true, groups: [saved] })
  }</div></div><form action="${safeUrl(`${action}#query`)}" data-query-form><input type="hidden" name="tab" value="query"><div class="sql-editor"><label class="unseen" for="sql">SQL</label><textarea id="sql" name="sql" rows="${lines}" spellcheck="false" autocapitalize="off" autocomplete="off" data-sql-editor="${safeUrl(editor.src)}"${
    failed !== undefined && html` aria-invalid="true" aria-describedby="sql-error"`
  }>
${text}</textarea>${jsonScript(editor.words, 'sql-words')}</div><div data-query-part="refusal">${failed !== undefined && html`<div class="sql-error" role="alert">${fieldError(failed.message, 'sql-error')}</div>`}</div><div class="run-bar">${button(
    { label: 'Run', type: 'submit', kind: 'filled', icon: 'play', more: { 'data-query-run': true } },
  )}${button({ label: 'Stop', icon: 'close', more: { 'data-query-stop': true, hidden: true } })}<kbd class="only-wide">Ctrl Enter</kbd><span class="grow run-state"><span class="tabular muted" role="status" data-query-part="said">${outcome !== undefined && 'answer' in outcome && answerLine(outcome.answer)}</span><span class="tabular muted" data-query-time></span><progress max="100" aria-label="How far the query is" data-query-progress hidden></progress></span><span class="faint">Takes up to ${formatDuration(QUERY_TIMEOUT_MS / 1_000)} and shows up to ${formatNumber(DEFAULT_ROWS)} rows. In SQL this dataset is <code>${dataset.tableName}</code>.</span></div></form><div data-query-part="answer">${
    outcome !== undefined && 'answer' in outcome && results(outcome.answer, saved)
  }</div></section>`
}

/** Filled by a script: what was asked stays in the browser. */
function historyMenu({ historyKey }: EditorOptions, action: string, outcome: Outcome | undefined): Html {
  const asked = outcome !== undefined && 'answer' in outcome
  return html`<details class="menu query-history" hidden data-query-history="${historyKey}" data-action="${safeUrl(action)}"${asked && html` data-asked`}><summary class="button quiet small">${icon('clock')}History</summary><div class="menu-panel"><ul data-list></ul><ul><li><button type="button" data-clear>${icon('trash')}<span>Clear history</span></button></li></ul></div></details>`
}

/** "8 rows in 214 ms", "The first 1,000 rows in 214 ms; saving takes all" */
function answerLine({ rows, truncated, elapsedMs }: QueryAnswer): string {
  const count = truncated ? `The first ${formatCount(rows.length, 'row')}` : formatCount(rows.length, 'row')
  const time = elapsedMs < 1_000 ? `${Math.round(elapsedMs)} ms` : `${(elapsedMs / 1_000).toFixed(1)} s`
  return `${count} in ${time}${truncated ? '; saving takes all' : ''}`
}

function results(answer: QueryAnswer, saved: readonly MenuItem[] = []): Html {
  if (answer.rows.length === 0) return html`<p class="panel-body muted">No row answers this query.</p>`
  const bars = barsOf(answer)
  const table = answerTable(answer, 'Query result')
  if (bars === undefined)
    return html`<div class="query-result">${table}</div>${answer.truncated && moreRows(answer, saved)}`
  return html`<div class="query-result with-chart">${table}${barChart(bars)}</div>`
}

/** That there are more rows than these, and how to have them all. */
function moreRows({ rows }: QueryAnswer, saved: readonly MenuItem[]): Html {
  const links = saved.map(({ label, href, more = {} }, at) => {
    const before = at === 0 ? '' : at === saved.length - 1 ? ' or ' : ', '
    return html`${before}<a href="${safeUrl(href)}"${attributes(more)}>${label}</a>`
  })
  return html`<p class="panel-foot">These are the first ${formatNumber(rows.length)} rows; a page shows no more, and the answer has more.${
    links.length > 0 && html` Save all of them as ${links}.`
  }</p>`
}
