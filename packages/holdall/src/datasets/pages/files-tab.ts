import { formatBytes, formatDuration, formatNumber } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { copyable, facts } from '../../web/parts/facts.ts'
import { dataTable } from '../../web/parts/table.ts'
import { shownTime } from '../../web/parts/time.ts'
import { type ConvertibleKind, KIND_WORDS } from '../convert/kinds.ts'
import type { DatasetsRoom } from '../place.ts'
import type { Dataset } from '../records.ts'
import { SOURCE_FILE } from '../references/make.ts'
import { type PipelineStep, pipelineOf } from './pipeline.ts'

/** The objects that the table is made of, and where they came from. */
export function filesTab(
  { sources }: DatasetsRoom,
  dataset: Dataset,
  { versions, here, asks }: { readonly versions: Html | false; readonly here: string; readonly asks: boolean },
): Html {
  const { files, version } = dataset
  const steps = pipelineOf(dataset.stepsLog)
  const hashed = files.some(({ contentHash }) => contentHash !== null)
  return html`<section class="panel" aria-labelledby="files"><div class="panel-head"><h2 id="files" class="grow">Files of version ${version}</h2></div>${dataTable(
    {
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
          html`<span class="breakable">${file.filename}</span>${file.role === 'original' && html` <span class="muted fine">as it was sent</span>${asks && html` <a href="${safeUrl(`${here}/-/original?path=${encodeURIComponent(file.path)}`)}" download>Download</a>`}`}`,
          file.rowCount === null ? '' : formatNumber(file.rowCount),
          formatBytes(file.sizeBytes),
          file.addedAt === undefined ? '' : shownTime(file.addedAt),
          sources.byId(file.sourceId)?.label ?? '',
          copyable(file.path, 'the path', shortPath(file.path)),
          ...(hashed ? [hashCell(file.contentHash)] : []),
        ],
      })),
    },
  )}</section>${versions}<section class="panel below" aria-labelledby="origin"><div class="panel-head"><h2 id="origin" class="grow">Where it came from</h2></div><div class="panel-body">${facts(
    [
      ['Made by', madeBy(dataset.sourceType)],
      ['Uploaded by', dataset.uploadedBy],
      ['Added', shownTime(dataset.createdAt)],
      ['Changed', dataset.updatedAt === dataset.createdAt ? null : shownTime(dataset.updatedAt)],
      ['Upload', dataset.uploadId === null ? null : html`<code class="wrap">${dataset.uploadId}</code>`],
      ['Dataset', html`<code class="wrap">${dataset.id}</code>`],
      ['Table', html`<code class="wrap">${dataset.tableName}</code>`],
      ['In the catalog', catalogName(dataset)],
      ...steps.map((step) => [STEP_WORDS[step.name] ?? step.name, stepLine(step)] as const),
    ],
  )}</div></section>`
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
