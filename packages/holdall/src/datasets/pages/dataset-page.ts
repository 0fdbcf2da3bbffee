import type { Uploads } from '../../uploads/engine.ts'
import { EDITOR_PATH } from '../../web/assets.ts'
import { elementsVersion } from '../../web/elements-bundle.ts'
import { HoldallError } from '../../web/error.ts'
import { formatBytes, formatCount, formatDay, formatDuration, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import type { Log } from '../../web/log.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton, postButton } from '../../web/parts/button.ts'
import { badge } from '../../web/parts/chips.ts'
import { icon } from '../../web/parts/icon.ts'
import { type MenuItem, menu } from '../../web/parts/menu.ts'
import { notice } from '../../web/parts/notice.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { RouteContext } from '../../web/route.ts'
import { crumbsTo } from '../collections/form-page.ts'
import type { Collection } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import { historyOf } from '../joining/history.ts'
import { underWayNotices } from '../joining/under-way.ts'
import { filesOfVersion } from '../joining/versions.ts'
import { collectionHref, collectionResource, type DatasetsRoom, datasetHref } from '../place.ts'
import type { KeptAnswers } from '../query/answers.ts'
import type { Asks } from '../query/ask.ts'
import { answerInLines, type Followed, wantsLines } from '../query/lines.ts'
import { whoAsks, whoseAnswers } from '../query/routes.ts'
import { queryWords } from '../query/words.ts'
import type { Dataset } from '../records.ts'
import { type ReferenceState, referenceState } from '../references/state.ts'
import { type DatasetStatistics, withoutValues } from '../statistics/statistics.ts'
import type { Statistics } from '../statistics/worker.ts'
import { RETENTION_MS } from '../trash/limits.ts'
import { columnPanel } from './column-panel.ts'
import { columnsTab } from './columns-tab.ts'
import { filesTab, referencedFile } from './files-tab.ts'
import { noRowsNotice } from './no-rows.ts'
import { pipelineTime } from './pipeline.ts'
import { type EditorOptions, type Outcome, type QueryPanelOptions, queryPanel } from './query-tab.ts'
import { rowGroupsTab } from './row-groups-tab.ts'
import { sheetWords } from './sheet-part.ts'
import { versionsPart } from './versions-part.ts'

/** Each at `?tab=`, but the rows, which have an address of their own. */
const TABS = ['rows', 'columns', 'query', 'row-groups', 'files'] as const
type Tab = (typeof TABS)[number]

export type DatasetPagesRoom = DatasetsRoom & {
  readonly asks: Asks
  readonly answers: KeptAnswers
  readonly statistics: Pick<Statistics, 'of' | 'prefer'>
  readonly uploads: Pick<Uploads, 'find'>
  readonly log: Log
}

/** GET `/-/datasets/{organization}/{collection}/{dataset}`: one panel of it, which `tab` names. */
export async function datasetPage(
  room: DatasetPagesRoom,
  c: RouteContext,
  collection: Collection,
  dataset: Dataset,
): Promise<Response> {
  const asks = await mayAsk(room, c, collection, dataset)
  const tab = shownTab(c.req.query('tab'), asks)
  if (tab === 'rows') return c.redirect(`${datasetHref(room.urls, collection, dataset.id)}/rows`, 302)
  if (tab === 'query' && wantsLines(c)) return await followedQuery(room, c, collection, dataset)
  const panel = await panelOf(room, c, { collection, dataset, tab, asks })
  return await showDataset(room, c, { collection, dataset, tab, panel })
}

interface Panel {
  readonly body: Html
  readonly status: number
}

interface Shown {
  readonly collection: Collection
  readonly dataset: Dataset
  readonly tab: Tab
  readonly panel: Panel
  /** Which rows an export takes; without it, all of them. */
  readonly exported?: URLSearchParams
}

/** The page of a dataset around the panel of a tab. */
export async function showDataset(
  room: DatasetPagesRoom,
  c: RouteContext,
  { collection, dataset, tab, panel, exported = new URLSearchParams() }: Shown,
): Promise<Response> {
  const { urls, permissions } = room
  const here = datasetHref(urls, collection, dataset.id)
  const resource = collectionResource(collection.organization, collection.id)
  const [frame, asks, edits] = await Promise.all([
    room.frame(c),
    mayAsk(room, c, collection, dataset),
    permissions.allowed(c.var.actor, 'edit-collection', resource),
  ])
  const trashed = dataset.deletionRequestedAt !== null
  const reference = await referenceState(room.sources, dataset)
  const underWay = edits && !trashed && (await underWayNotices(room, dataset, here))
  const name = stemOf(dataset.filename)
  const page = renderPage({
    ...frame,
    title: name,
    heading: name,
    section: 'datasets',
    said: room.once.take(c, here).said,
    crumbs: crumbsTo(room, { label: collection.label, href: collectionHref(urls, collection) }, { label: name }),
    lede: factsLine(dataset),
    actions: html`${asks && exportMenu(here, exported)}${
      edits && !trashed && linkButton({ label: 'Add files', href: `${here}/-/add`, icon: 'plus' })
    }${
      edits &&
      !trashed &&
      menu({
        label: 'Dataset actions',
        iconOnly: true,
        groups: [
          [
            { label: 'Rename', href: `${here}/-/rename`, icon: 'edit' },
            { label: 'Replace with a new version', href: `${here}/-/replace`, icon: 'retry' },
          ],
          [{ label: 'Move to trash', href: `${here}/-/delete`, post: {}, icon: 'trash', danger: true }],
        ],
      })
    }`,
    width: 'full',
    body: html`${trashed && trashNotice(dataset, here, edits)}${underWay}${!trashed && !asks && noRowsNotice(c, collection)}${referenceNotice(reference)}${provenance(room, dataset, here, edits && !trashed)}${tabLinks(dataset, here, tab, asks)}${panel.body}`,
  })
  return c.html(await page, panel.status as 200)
}

/** @throws HoldallError `dataset_version_gone` */
async function filesPanel(
  room: DatasetPagesRoom,
  c: RouteContext,
  { collection, dataset, asks }: PanelOptions,
): Promise<Html> {
  const { database, permissions } = room
  const here = datasetHref(room.urls, collection, dataset.id)
  const resource = collectionResource(collection.organization, collection.id)
  const mayEdit = (await permissions.allowed(c.var.actor, 'edit-collection', resource)) === true
  const edits = mayEdit && dataset.deletionRequestedAt === null
  const { changes, older } = await historyOf(room, dataset)
  const asked = c.req.query('version') ?? ''
  const version = /^\d{1,9}$/.test(asked) ? Number(asked) : dataset.version
  if (version !== dataset.version && !older.some((one) => one.version === version)) {
    throw new HoldallError('dataset_version_gone', { version })
  }
  const files = version === dataset.version ? dataset.files : await filesOfVersion(database, dataset.id, version)
  const versions = versionsPart(dataset, { here, edits, changes, older })
  return filesTab(room, dataset, { here, asks, edits, shown: { version, files }, versions })
}

/** Whether somebody may read the rows of a dataset. */
export async function mayAsk(
  { permissions }: DatasetPagesRoom,
  c: RouteContext,
  { organization, id }: Collection,
  { deletionRequestedAt }: Dataset,
): Promise<boolean> {
  const resource = collectionResource(organization, id)
  return deletionRequestedAt === null && (await permissions.allowed(c.var.actor, 'query-collection', resource)) === true
}

function shownTab(asked: string | undefined, asks: boolean): Tab {
  const tab = TABS.find((name) => name === asked) ?? (asked === 'preview' ? 'rows' : 'columns')
  return !asks && (tab === 'query' || tab === 'rows') ? 'columns' : tab
}

interface PanelOptions {
  readonly collection: Collection
  readonly dataset: Dataset
  readonly tab: Exclude<Tab, 'rows'>
  readonly asks: boolean
}

/** The panel of a tab, with the status of what was asked in it. */
async function panelOf(
  room: DatasetPagesRoom,
  c: RouteContext,
  { collection, dataset, tab, asks }: PanelOptions,
): Promise<Panel> {
  const action = datasetHref(room.urls, collection, dataset.id)
  switch (tab) {
    case 'query': {
      const editor = await editorOf(room, c, collection, dataset)
      const sql = askedSql(c)
      if (sql === undefined) return { body: queryPanel({ dataset, action, sql, editor }), status: 200 }
      return answerPanel(room, c, { dataset, action, sql, editor }, await ask(room, c, collection, { sql }))
    }
    case 'row-groups':
      return { body: rowGroupsTab(dataset), status: 200 }
    case 'files':
      return { body: await filesPanel(room, c, { collection, dataset, tab, asks }), status: 200 }
    case 'columns': {
      const statistics = await statisticsOf(room, dataset, asks)
      const place = { here: action, asks }
      const position = dataset.columns.findIndex(({ name }) => name === c.req.query('column'))
      if (position >= 0) return { body: columnPanel(dataset, position, statistics, place), status: 200 }
      const editor = asks && (await editorOf(room, c, collection, dataset))
      const query = editor && html`<div class="below">${queryPanel({ dataset, action, sql: undefined, editor })}</div>`
      return { body: html`${columnsTab(dataset, statistics, place)}${query}`, status: 200 }
    }
  }
}

/** The statement that the address holds; undefined where nothing is asked. */
function askedSql(c: RouteContext): string | undefined {
  const sql = c.req.query('sql')?.replaceAll('\r\n', '\n')
  return sql === undefined || sql.trim() === '' ? undefined : sql
}

function answerPanel(
  { answers }: DatasetPagesRoom,
  c: RouteContext,
  asked: Omit<QueryPanelOptions, 'outcome' | 'saved'> & { readonly sql: string },
  outcome: Outcome,
): Panel {
  if (!('answer' in outcome)) return { body: queryPanel({ ...asked, outcome }), status: statusOf(outcome) }
  const kept = answers.keep(outcome.answer, whoseAnswers(c, asked.dataset))
  const parameters = new URLSearchParams({ sql: asked.sql, ...(kept !== undefined && { _answer: kept }) })
  return {
    body: queryPanel({ ...asked, outcome, saved: exportItems(asked.action, parameters) }),
    status: statusOf(outcome),
  }
}

/** The panel of a query for a page that is there already: it follows how far it is, and takes the panel from the last line. */
async function followedQuery(
  room: DatasetPagesRoom,
  c: RouteContext,
  collection: Collection,
  dataset: Dataset,
): Promise<Response> {
  const sql = askedSql(c)
  if (sql === undefined) throw new HoldallError('bad_request', { reason: 'sql must be a text: one SELECT.' })
  const action = datasetHref(room.urls, collection, dataset.id)
  const editor = await editorOf(room, c, collection, dataset)
  return answerInLines(c, room.log, async (followed) => {
    const outcome = await ask(room, c, collection, { sql, followed })
    const { body, status } = answerPanel(room, c, { dataset, action, sql, editor }, outcome)
    return { status, panel: String(await body), tabs: String(await tabLinks(dataset, action, 'query', true)) }
  })
}

async function statisticsOf(
  { statistics }: DatasetPagesRoom,
  dataset: Dataset,
  asks: boolean,
): Promise<DatasetStatistics> {
  const known = await statistics.of(dataset)
  if (known.partial && dataset.deletionRequestedAt === null) statistics.prefer(dataset.id)
  return asks ? known : withoutValues(known)
}

async function editorOf(
  { urls, database }: DatasetPagesRoom,
  c: RouteContext,
  collection: Collection,
  dataset: Dataset,
): Promise<EditorOptions> {
  return {
    src: urls.path(EDITOR_PATH, { v: elementsVersion() }),
    words: await queryWords(database, collection, dataset),
    historyKey: ['holdall queries', collection.organization, collection.id, c.var.actor?.id ?? ''].join('/'),
  }
}

async function ask(
  { asks }: DatasetPagesRoom,
  c: RouteContext,
  collection: Collection,
  { sql, followed }: { readonly sql: string; readonly followed?: Followed },
): Promise<Outcome> {
  try {
    return { answer: await asks.query({ collection, sql, ...whoAsks(c), ...followed }) }
  } catch (error) {
    if (error instanceof HoldallError && error.code !== 'internal') return { error }
    throw error
  }
}

function statusOf(outcome: Outcome): number {
  return 'error' in outcome ? outcome.error.status : 200
}

/** "48,219,604 rows  8 columns  1.24 GB in 3 files  version 2" */
function factsLine(dataset: Dataset): Html {
  const { rowCount, columnCount, sizeBytes, version } = dataset
  const data = dataFilesOf(dataset)
  return html`<span class="facts-line"><span><strong>${formatNumber(rowCount)}</strong> ${rowCount === 1 ? 'row' : 'rows'}</span><span><strong>${formatNumber(
    columnCount,
  )}</strong> ${columnCount === 1 ? 'column' : 'columns'}</span><span><strong>${formatBytes(sizeBytes)}</strong>${data > 0 && ` in ${formatCount(data, 'file')}`}</span><span>version <strong>${version}</strong></span></span>`
}

/** What was sent and converted is kept beside them, and is no part of the table. */
function dataFilesOf({ files }: Dataset): number {
  return files.filter(({ role }) => role === 'data').length
}

function provenance({ sources }: DatasetPagesRoom, dataset: Dataset, here: string, edits: boolean): Html {
  const [first, ...others] = dataset.files.filter(({ role }) => role === 'data')
  const time = pipelineTime(dataset.stepsLog)
  const reference = referencedFile(dataset)
  // Its own name, while it is part of it: the first file may have been taken out.
  const name = first === undefined || first.filename === dataset.filename ? dataset.filename : first.filename
  const from = reference === undefined ? name : `${sources.byId(reference.sourceId)?.label ?? ''}/${reference.path}`
  const by = reference === undefined ? 'uploaded' : 'made a dataset'
  return html`<p class="provenance">${icon(reference === undefined ? 'upload' : 'table')}<span>From <a href="${safeUrl(`${here}?tab=files`)}">${from}</a>${
    others.length > 0 && ` and ${formatCount(others.length, 'more file')}`
  }${sheetWords(dataset, here, edits)}, ${dataset.uploadedBy === null ? 'added' : `${by} by ${dataset.uploadedBy}`} on ${formatDay(dataset.createdAt)}</span>${
    time !== undefined && badge(`Registered in ${formatDuration(time / 1000)}`, 'success')
  }${dataset.warnings.length > 0 && badge(formatCount(dataset.warnings.length, 'warning'), 'warning')}</p>`
}

function tabLinks(dataset: Dataset, here: string, current: Tab, asks: boolean): Html {
  const tabs: readonly (readonly [Tab, string, number?])[] = [
    ...(asks ? ([['rows', 'Rows', dataset.rowCount]] as const) : []),
    ['columns', 'Columns', dataset.columnCount],
    ...(asks ? ([['query', 'Query']] as const) : []),
    ['row-groups', 'Row groups', dataset.rowGroups.count],
    ['files', 'Files', dataFilesOf(dataset)],
  ]
  return html`<nav class="tabs" aria-label="Dataset"><ul>${tabs.map(
    ([tab, label, count]) =>
      html`<li><a href="${safeUrl(tabHref(here, tab))}"${tab === current && html` aria-current="page"`}>${label}${
        count !== undefined && html` <span class="count">${formatNumber(count)}</span>`
      }</a></li>`,
  )}</ul></nav>`
}

function tabHref(here: string, tab: Tab): string {
  if (tab === 'rows') return `${here}/rows`
  return tab === 'columns' ? here : `${here}?tab=${tab}`
}

function exportMenu(here: string, rows: URLSearchParams): Html {
  return menu({ label: 'Export', icon: 'download', groups: [exportItems(here, rows)] })
}

/** The same as a file of each format. */
function exportItems(here: string, which: URLSearchParams): MenuItem[] {
  const more = which.size === 0 ? '' : `&${which}`
  return (['CSV', 'NDJSON', 'Parquet'] as const).map((label) => ({
    label,
    href: `${here}/-/export?format=${label.toLowerCase()}${more}`,
    more: { 'data-export': label },
  }))
}

function trashNotice({ deletionRequestedAt, purgingAt, deletedAt }: Dataset, here: string, edits: boolean): Html {
  const moved = html`It was moved to the trash on ${shownTime(deletionRequestedAt ?? '')}`
  if (purgingAt !== null) {
    const body = html`${moved}; its files are ${deletedAt === null ? 'being removed' : 'gone'}.`
    return notice({ tone: 'warning', title: 'This dataset was deleted for good.', body })
  }
  const until = new Date(Date.parse(deletionRequestedAt ?? '') + RETENTION_MS).toISOString()
  return notice({
    tone: 'warning',
    title: 'This dataset is in the trash.',
    body: html`${moved} and can be restored until ${shownTime(until)}.`,
    ...(edits && { actions: postButton(`${here}/-/restore`, { label: 'Restore dataset', icon: 'retry' }) }),
  })
}

/** Of a file that a source had before, and that somebody may have changed since. */
function referenceNotice(state: ReferenceState): Html | false {
  if (state !== 'changed' && state !== 'gone') return false
  return notice({
    tone: 'warning',
    title:
      state === 'gone'
        ? 'The file that this dataset reads is gone.'
        : 'The file that this dataset reads is another one now.',
    body: 'It lies in a source where it is not the dataset’s own, so nothing can be asked until the file is back as it was. Delete the dataset and make it anew of the file that is there.',
  })
}
