import { isDatasetPath } from '../../sources/paths.ts'
import { formatBytes, formatDuration, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { badge } from '../../web/parts/chips.ts'
import { copyable, facts } from '../../web/parts/facts.ts'
import { dataTable } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import { type ConvertibleKind, KIND_WORDS } from '../convert/kinds.ts'
import type { DatasetsRoom } from '../place.ts'
import type { Dataset, DatasetFile } from '../records.ts'
import { SOURCE_FILE } from '../references/make.ts'
import { type PipelineStep, pipelineOf } from './pipeline.ts'
import { sheetPart } from './sheet-part.ts'

export interface FilesTabOptions {
  readonly here: string
  readonly asks: boolean
  /** Whether files may be taken out. */
  readonly edits: boolean
  /** The version whose files are shown. */
  readonly shown: { readonly version: number; readonly files: readonly DatasetFile[] }
  readonly versions: Html | false
}

/** The objects that the table is made of, and where they came from. */
export function filesTab(room: DatasetsRoom, dataset: Dataset, options: FilesTabOptions): Html {
  const { here, edits, shown, versions } = options
  const isPresent = shown.version === dataset.version
  const several = shown.files.filter(({ role }) => role === 'data').length > 1
  const takes = edits && isPresent
  const table = filesTable(room, options, takes && several)
  const heading = `Files of version ${shown.version}`
  const back =
    !isPresent && linkButton({ label: `Files of version ${dataset.version}`, href: `${here}?tab=files`, small: true })
  return html`<section class="panel" aria-labelledby="files"><div class="panel-head"><h2 id="files" class="grow">${heading}</h2>${!isPresent && badge('Not current')}${back}</div>${
    takes && several
      ? html`<form action="${safeUrl(`${here}/-/take-out`)}">${table}<div class="panel-foot review-foot">${button({ label: 'Take out…', type: 'submit' })}<span>Tick files to take their rows out of the dataset.</span></div></form>`
      : table
  }${takes && !several && html`<p class="panel-foot">A dataset keeps one file at least. To be rid of this one, replace the dataset or delete it.</p>`}${isPresent && sheetPart(dataset, here, edits)}</section>${versions}${origin(dataset, room)}`
}

function filesTable({ sources }: DatasetsRoom, { shown, here, asks }: FilesTabOptions, ticks: boolean): Html {
  const { files, version } = shown
  const hashed = files.some(({ contentHash }) => contentHash !== null)
  return dataTable({
    caption: `Files of version ${version}, in the order in which they were added`,
    columns: [
      { label: 'File', kind: 'key' },
      { label: 'Rows', kind: 'numeric' },
      { label: 'Size', kind: 'numeric' },
      { label: 'Added' },
      { label: 'Source' },
      { label: 'Path' },
      ...(hashed ? [{ label: 'SHA-256' }] : []),
    ],
    rows: files.map((file) => ({
      cells: [
        file.role === 'data' ? nameCell(file, ticks) : originalCell(file, asks && here),
        file.rowCount === null ? '' : formatNumber(file.rowCount),
        formatBytes(file.sizeBytes),
        file.addedAt === undefined ? '' : addedCell(file.addedAt, file.uploadedBy),
        sources.byId(file.sourceId)?.label ?? '',
        copyable(file.path, 'the path', shortPath(file.path)),
        ...(hashed ? [hashCell(file.contentHash)] : []),
      ],
    })),
  })
}

function nameCell({ filename, path }: DatasetFile, ticks: boolean): Html {
  const name = html`<span class="breakable">${filename}</span>`
  if (!ticks) return name
  return html`<label class="choice"><input type="checkbox" name="file" value="${isDatasetPath(path) ? path.slice(path.lastIndexOf('/') + 1) : path}">${name}</label>`
}

/** @param here where it can be had; false where it is not to be had */
function originalCell({ filename, path, sheets }: DatasetFile, here: string | false): Html {
  return html`<span class="breakable">${filename}</span> <span class="muted fine">as it was sent${sheets && `, sheet “${sheets.read}”`}</span>${here !== false && html` <a href="${safeUrl(`${here}/-/original?path=${encodeURIComponent(path)}`)}" download>Download</a>`}`
}

function addedCell(addedAt: string, by: string | null | undefined): Html {
  return html`${shownTime(addedAt)}${by != null && html` <span class="muted">by ${by}</span>`}`
}

function origin(dataset: Dataset, { sources }: DatasetsRoom): Html {
  const reference = referencedFile(dataset)
  return html`<section class="panel below" aria-labelledby="origin"><div class="panel-head"><h2 id="origin" class="grow">Where it came from</h2></div><div class="panel-body">${facts(
    [
      ['Made by', reference === undefined ? madeBy(dataset.sourceType) : 'a file that its source has'],
      [
        'File',
        reference && html`<code class="wrap">${sources.byId(reference.sourceId)?.label ?? ''}/${reference.path}</code>`,
      ],
      [reference === undefined ? 'Uploaded by' : 'Made a dataset by', dataset.uploadedBy],
      ['Added', shownTime(dataset.createdAt)],
      ['Changed', dataset.updatedAt === dataset.createdAt ? null : shownTime(dataset.updatedAt)],
      ['Upload', dataset.uploadId === null ? null : html`<code class="wrap">${dataset.uploadId}</code>`],
      ['Dataset', html`<code class="wrap">${dataset.id}</code>`],
      ['Table', html`<code class="wrap">${dataset.tableName}</code>`],
      ['In the catalog', catalogName(dataset)],
      ...pipelineOf(dataset.stepsLog).map((step) => [STEP_WORDS[step.name] ?? step.name, stepLine(step)] as const),
    ],
  )}</div></section>`
}

/** The file of a source that a dataset was made of without being sent; undefined when it was sent, or is no part of it any more. */
export function referencedFile({ sourceType, files }: Dataset): DatasetFile | undefined {
  return sourceType === SOURCE_FILE ? files.find(({ fileId }) => fileId !== undefined) : undefined
}

function madeBy(sourceType: string): string {
  if (sourceType === SOURCE_FILE) return 'a file that its source has'
  const from = /^multipart_(\w+)_upload$/.exec(sourceType)?.[1] ?? sourceType
  return from === 'parquet' ? 'an upload' : `an upload, converted from ${KIND_WORDS[from as ConvertibleKind] ?? from}`
}

const STEP_WORDS: Readonly<Record<string, string>> = {
  convert: 'Converting',
  combine: 'Combining',
  infer: 'Inferring',
  register: 'Registering',
}

function stepLine({ startedAt, milliseconds }: PipelineStep): Html {
  return html`${milliseconds === undefined ? '' : formatDuration(milliseconds / 1000)}${startedAt !== undefined && html`, begun ${shownTime(startedAt)}`}`
}

function hashCell(hash: string | null): Html | string {
  return hash === null ? '' : copyable(hash.replace('sha256:', ''), 'the hash')
}

function catalogName({ catalogDatabase, catalogTable }: Dataset): string | null {
  if (catalogTable === null) return null
  return catalogDatabase === null ? catalogTable : `${catalogDatabase}.${catalogTable}`
}

function shortPath(path: string): string {
  const parts = path.split('/')
  return parts.length > 2 ? `…/${parts.slice(-2).join('/')}` : path
}
