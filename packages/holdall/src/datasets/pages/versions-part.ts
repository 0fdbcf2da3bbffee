import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { linkButton, postButton } from '../../web/parts/button.ts'
import { badge } from '../../web/parts/chips.ts'
import { dataTable, type TableRow } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import { type Change, isOfRows } from '../joining/changes.ts'
import type { OlderVersion } from '../joining/versions.ts'
import type { Dataset } from '../records.ts'

/** Changes that are listed, beside the last one of each version; each file stands in the list above. */
const MOST_CHANGES = 50
/** Files that are called by their names where they were taken out. */
const MOST_TOLD = 5
/** Files of an addition that the address of the question has room for. */
const MOST_NAMED = 100

export interface VersionsOptions {
  /** The dataset's page. */
  readonly here: string
  /** Whether whoever looks may go back. */
  readonly edits: boolean
  /** The last first. */
  readonly changes: readonly Change[]
  readonly older: readonly OlderVersion[]
}

/** What became of a dataset, when and by whom: whoever may can undo an addition, or go back to a version before. */
export function versionsPart(dataset: Dataset, { here, edits, changes, older }: VersionsOptions): Html | false {
  if (changes.length < 2) return false
  const newest = new Set(
    [...Map.groupBy(changes.filter(isOfRows), ({ version }) => version).values()].map(([first]) => first),
  )
  const listed = changes.filter((change, at) => at < MOST_CHANGES || newest.has(change))
  const left = changes.length - listed.length
  // The last one of a version that is told is how it began.
  const begun = new Map(changes.filter(isOfRows).map(({ version, after }) => [version, after.files]))
  const options = { here, edits, present: dataset.version, older, begun }
  return html`<section class="panel below" aria-labelledby="versions"><div class="panel-head"><h2 id="versions" class="grow">Versions</h2></div>${dataTable(
    {
      caption: 'What became of the dataset, and its versions, the last first',
      columns: [
        { label: 'Version', kind: 'key' },
        { label: 'What happened' },
        { label: 'When' },
        { label: 'Rows', kind: 'numeric' },
        { label: 'Files', kind: 'numeric' },
        { label: 'Size', kind: 'numeric' },
        { label: 'Kept until' },
        ...(edits ? [{ label: 'Undo' }] : []),
      ],
      rows: listed.map((change) => changeRow(change, newest.has(change), options)),
    },
  )}<p class="panel-foot">${left > 0 && `Before those, ${formatCount(left, 'more change')}: their files are in the list above. `}Adding files keeps the version. Replacing it, and taking files out, make the next one.</p></section>`
}

interface RowOptions {
  readonly here: string
  readonly edits: boolean
  readonly present: number
  readonly older: readonly OlderVersion[]
  /** How many files each version had when it was made. */
  readonly begun: ReadonlyMap<number, number>
}

/** @param isNewest the last of its version, which stands for it: what can be done with a version is there */
function changeRow(change: Change, isNewest: boolean, options: RowOptions): TableRow {
  const { here, edits, present, older, begun } = options
  const { version, after } = change
  const isPresent = version === present
  const more = after.files - (begun.get(version) ?? after.files)
  const added = more > 0 ? `, with ${formatCount(more, 'file')} added` : ''
  const kept = older.find((one) => one.version === version)?.keptUntil
  const undo = edits && (isPresent ? takeOutAgain(change, here) : isNewest && goBackTo(version, here))
  return {
    cells: [
      isNewest
        ? html`${linkTo(version, here, isPresent)}${added}${isPresent && html` ${badge('Current', 'success')}`}`
        : `Version ${version}${added}`,
      whatHappened(change, edits && here),
      whenAndBy(change),
      withDifference(after.rows, change.rows),
      withDifference(after.files, change.files),
      formatBytes(after.bytes),
      isPresent || !isNewest ? '' : kept == null ? 'As long as the dataset' : shownTime(kept),
      undo || '',
    ],
  }
}

function linkTo(version: number, here: string, isPresent: boolean): Html {
  return html`<a href="${safeUrl(`${here}?tab=files${isPresent ? '' : `&version=${version}`}`)}">Version ${version}</a>`
}

/** @param here where whoever edits sees why something failed */
function whatHappened({ what, came, files, went = [] }: Change, here: string | false): Html | string {
  if (what === 'trashed') return 'Moved to the trash'
  if (what === 'untrashed') return 'Restored from the trash'
  if (what === 'restored') return 'Made current again'
  if (what === 'taken_out') return takenOut(files, went)
  const [first, ...others] = came
  const count = formatCount(came.length, 'file')
  const which = others.length > 0 ? count : html`<span class="muted breakable">${first?.filename ?? ''}</span>`
  if (what === 'not_added' || what === 'not_replaced') {
    const why =
      here && html` <a href="${safeUrl(`${here}/-/${what === 'not_added' ? 'add' : 'replace'}#waiting`)}">See why</a>`
    return html`${badge('Failed', 'danger')} ${what === 'not_added' ? 'Not added' : 'Not replaced with'}: ${which}${why}`
  }
  if (what === 'added') return others.length > 0 ? `${count} added` : html`1 file added: ${which}`
  return html`${what === 'created' ? 'Created from' : 'Replaced with'} ${which}`
}

function takenOut(files: number | null, went: readonly { readonly filename: string }[]): Html | string {
  if (files === null) return 'Files taken out'
  const count = `${formatCount(-files, 'file')} taken out`
  if (went.length === 0) return count
  const left = went.length - MOST_TOLD
  const names = went.slice(0, MOST_TOLD).map(({ filename }) => filename)
  return html`${count}: <span class="muted breakable">${names.join(', ')}${left > 0 && ` and ${formatNumber(left)} more`}</span>`
}

function whenAndBy({ at, by }: Change): Html {
  return html`${at === null ? html`<span class="muted">not written down</span>` : shownTime(at)}${by !== null && html` <span class="muted">by ${by}</span>`}`
}

/** "620 +120" */
function withDifference(after: number, difference: number | null): Html | string {
  if (difference === null || difference === 0 || difference === after) return formatNumber(after)
  const sign = difference > 0 ? '+' : '−'
  return html`${formatNumber(after)} <span class="muted">${sign}${formatNumber(Math.abs(difference))}</span>`
}

function takeOutAgain({ what, came }: Change, here: string): Html | false {
  if (what !== 'added' || came.length > MOST_NAMED) return false
  const names = came.map(({ path = '' }) => ['file', path.slice(path.lastIndexOf('/') + 1)])
  const question = `${here}/-/take-out?${new URLSearchParams(names)}`
  return linkButton({ label: `Take out ${formatCount(came.length, 'file')}…`, href: question, small: true })
}

function goBackTo(version: number, here: string): Html {
  return postButton(
    `${here}/-/versions`,
    { label: `Make version ${version} current`, small: true },
    { version: String(version) },
  )
}
