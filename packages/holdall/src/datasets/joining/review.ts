import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { postButton } from '../../web/parts/button.ts'
import { badge } from '../../web/parts/chips.ts'
import { notice } from '../../web/parts/notice.ts'
import { dataTable, type TableRow } from '../../web/parts/table.ts'
import type { Batch } from './batches.ts'
import type { Differences } from './differences.ts'
import { failedPanel, type ReviewOptions } from './failed-panel.ts'
import { asItWas, failedAt } from './history.ts'
import type { WaitingBatch, WaitingFile } from './waiting.ts'

/** Columns that are listed; of files with thousands, the rest is counted. */
const MOST_LISTED = 200

/** Files that wait: what differs, or failed, and what can be done about it. */
export function reviewPanel(waiting: WaitingBatch, options: ReviewOptions): Html {
  const { action, name, changes } = options
  const { batch, files, canBeAdded } = waiting
  if (files.every(({ session }) => session.status === 'failed')) return failedPanel(waiting, options)
  const isNew = batch.mode === 'replace'
  const count = formatCount(files.length, 'file')
  const heading = `waits-${batch.id}`
  const decide = (decision: string, more: object = {}) => ({ batch: batch.id, decision, ...more })
  const rows = files.reduce((sum, { looked }) => sum + (looked?.rowCount ?? 0), 0)
  const head = html`<div class="panel-head"><h2 id="${heading}" class="grow">${count} for ${name}</h2>${
    canBeAdded ? badge('Waits for you', 'warning') : badge('Not added')
  }</div>`
  const failed = files.filter(({ session }) => session.status === 'failed')
  return html`<section class="panel review" aria-labelledby="${heading}">${head}<div class="panel-body stack">${failed.map(
    (file) => failedNotice(file, { action, batch: batch.id }),
  )}${failed.length === 0 && stillMissing(batch.fileCount, files)}${groupsOf(waiting).map((group) =>
    groupPart(group, batch.mode),
  )}</div><div class="panel-foot review-foot">${
    canBeAdded &&
    postButton(
      action,
      { label: isNew ? `Replace with ${count}` : `Add ${count}`, kind: 'filled', icon: isNew ? 'check' : 'plus' },
      decide('add'),
    )
  }${postButton(action, { label: `Discard ${count}`, kind: 'danger' }, decide('discard'))}${
    failed.length > 0 &&
    html`<span class="aside">They are added together or not at all. Nothing of them is in ${asItWas(name, failedAt(failed), changes)}.</span>`
  }${
    canBeAdded &&
    html`<span class="aside">${formatNumber(rows)} ${isNew ? '' : 'more '}${rows === 1 ? 'row' : 'rows'}${isNew && ' instead of those that are there'}</span>`
  }</div></section>`
}

function failedNotice(
  { session }: WaitingFile,
  { action, batch }: { readonly action: string; readonly batch: string },
): Html {
  return notice({
    tone: 'danger',
    title: `${session.filename} is not added.`,
    body: session.failure?.exc_str ?? '',
    actions: postButton(
      action,
      { label: 'Go on without it', small: true },
      { batch, decision: 'discard', upload: session.id },
    ),
  })
}

function stillMissing(expected: number, files: readonly WaitingFile[]): Html | false {
  const there = files.filter(({ looked }) => looked !== null).length
  if (there >= expected) return false
  return notice({
    tone: 'info',
    title: `${formatNumber(there)} of ${formatCount(expected, 'file')} ${there === 1 ? 'is' : 'are'} here.`,
    body: 'They are added together or not at all, once the others have come.',
  })
}

interface Group {
  readonly files: readonly WaitingFile[]
  readonly differences: Differences
}

/** Files that differ in the same way are told of once; those that replace what is there are compared together. */
function groupsOf({ files, replaces }: WaitingBatch): Group[] {
  if (replaces !== null) return [{ files: files.filter(({ looked }) => looked !== null), differences: replaces }]
  const groups = Map.groupBy(
    files.filter(({ looked }) => looked?.differences),
    ({ looked }) => JSON.stringify(looked?.differences),
  )
  return [...groups.values()].map((same) => ({ files: same, differences: same[0]?.looked?.differences as Differences }))
}

function groupPart({ files, differences }: Group, mode: Batch['mode']): Html {
  const rows = mode === 'append' ? rowsOf(differences) : replacedRows(differences)
  const left = rows.length - MOST_LISTED
  const caption = `Columns that differ in ${files.map(({ session }) => session.filename).join(', ')}`
  return html`<div class="stack-tight">${files.map(fileLine)}${
    rows.length === 0
      ? html`<p>All ${formatCount(differences.same, 'column')} are the same.</p>`
      : html`${dataTable({
          caption,
          columns: [
            { label: 'Column', kind: 'key' },
            { label: 'In the dataset' },
            { label: mode === 'append' ? 'In the file' : 'In the new version' },
            { label: 'Then' },
          ],
          rows: rows.slice(0, MOST_LISTED),
        })}<p class="hint">${left > 0 && `${formatCount(left, 'more column')} differ. `}${
          differences.same === 0
            ? 'No column is'
            : `${formatCount(differences.same, 'column')} ${differences.same === 1 ? 'is' : 'are'}`
        } the same.</p>`
  }</div>`
}

function fileLine({ session, looked }: WaitingFile): Html {
  const facts =
    looked === null
      ? ''
      : `${formatNumber(looked.rowCount)} ${looked.rowCount === 1 ? 'row' : 'rows'}, ${formatBytes(looked.sizeBytes)}`
  return html`<p><strong class="breakable">${session.filename}</strong> <span class="muted">${facts}</span>${
    looked?.isThere && html` ${badge('A file just like it is there already', 'warning')}`
  }</p>`
}

/** What goes and changes first: columns that come take nothing away. */
function replacedRows({ added, missing, changed }: Differences): TableRow[] {
  const none = html`<em class="null">none</em>`
  return [
    ...missing.map(({ name, type }) => ({
      cells: [html`${name} ${badge('Goes', 'warning')}`, code(type), none, 'The column is gone'],
    })),
    ...changed.map(({ name, from, to }) => ({
      cells: [html`${name} ${badge('Changes', 'warning')}`, code(from), code(to), html`The column is ${code(to)}`],
    })),
    ...added.map(({ name, type }) => ({
      cells: [html`${name} ${badge('New', 'accent')}`, none, code(type), 'The column is there'],
    })),
  ]
}

function code(type: string): Html {
  return html`<code>${type}</code>`
}

function rowsOf({ added, missing, changed }: Differences): TableRow[] {
  return [
    ...changed.map(({ name, from, to, becomes }) => ({
      cells: [
        name,
        code(from),
        code(to),
        becomes === null ? badge('No type holds both', 'danger') : html`${code(becomes)} holds both`,
      ],
    })),
    ...added.map(({ name, type }) => ({
      cells: [
        html`${name} ${badge('New', 'accent')}`,
        html`<em class="null">none</em>`,
        code(type),
        'Rows that are there read NULL',
      ],
    })),
    ...missing.map(({ name, type }) => ({
      cells: [
        html`${name} ${badge('Missing', 'warning')}`,
        code(type),
        html`<em class="null">none</em>`,
        'Rows of the file read NULL',
      ],
    })),
  ]
}
