import { absentWords, acceptWords, type DeletedFile } from '@holdall/elements/shared'
import { type Html, html, jsonScript, safeUrl } from '../html.ts'
import type { Urls } from '../url.ts'
import { attributes } from './attributes.ts'
import { fieldId } from './field.ts'
import { type CellItem, fileCell, fileName, fileStrip, type ShownFile } from './file.ts'
import { icon } from './icon.ts'
import { textInput } from './inputs.ts'

/** What a file column says about its files. */
export interface ColumnRules {
  readonly column: string
  /** The slug of the source that new files go to; null where the actor may not upload to it. */
  readonly source: string | null
  readonly accept: string | null
  /** bytes */
  readonly maxSize: number | null
  readonly multiple: boolean
}

export interface CellElementOptions extends ColumnRules {
  readonly urls: Urls
  readonly items: readonly CellItem[]
  /** The ids that the cell holds, in order. */
  readonly ids: readonly string[]
  /** The row's page. */
  readonly rowHref: string
  /** What the address of a file in it ends in, so that its page leads back. */
  readonly place?: string
  /** Who the row is, in words: its key or label. */
  readonly rowLabel: string
  /** Whether the actor may change the row. */
  readonly editable: boolean
  /** What people call the source of the column, where it takes no new files: what it has can be picked in the row's form. */
  readonly picksFrom?: string | undefined
}

/** The cell of a file column in a table. Where the row may be changed, files can be dropped or pasted onto it. */
export function fileColumnCell(options: CellElementOptions): Html {
  const { urls, items, ids, rowHref, editable, source } = options
  const cell = cellContent(options)
  if (!editable || source === null) return cell
  const tied = attributes({
    base: `${urls.base}/`,
    source,
    column: options.column,
    'row-url': safeUrl(rowHref),
    place: options.place,
    accept: options.accept,
    'max-size': options.maxSize,
    multiple: options.multiple,
    value: JSON.stringify(ids),
    label: `${options.column}, ${options.rowLabel}`,
    'row-label': options.rowLabel,
  })
  return html`<file-cell${tied}>${items.length === 0 ? slot(options) : cell}</file-cell>`
}

function cellContent({ items, multiple, rowHref, column, editable, picksFrom }: CellElementOptions): Html {
  if (items.length === 0 && editable && picksFrom !== undefined) {
    return html`<span class="null">No file</span> <a class="fine" href="${safeUrl(`${rowHref}/-/update`)}#${fieldId(column)}" title="${picksFrom} takes no new files. Pick one that it has.">Pick from ${picksFrom}</a>`
  }
  if (items.length === 0) return html`<span class="null">No file</span>`
  return multiple ? fileStrip(items, rowHref) : fileCell(items[0] as CellItem)
}

/** Without scripts it leads to the row's form. */
function slot({ rowHref, column, accept, multiple, rowLabel }: CellElementOptions): Html {
  const kind = acceptWords(accept)
  const invite = multiple ? `Drop ${kind?.many ?? 'files'} or choose` : `Drop ${kind?.one ?? 'a file'} or choose`
  return html`<a class="file-slot" href="${safeUrl(`${rowHref}/-/update`)}#${fieldId(column)}"><span class="square">${icon('plus', 'rest')}${icon('upload', 'invite')}</span><span><span class="rest">Add a file</span><span class="invite">${invite}</span><span class="held">Drop to attach</span><span class="unseen"> to ${column}, ${rowLabel}</span></span></a>`
}

export interface FileFieldOptions extends ColumnRules {
  readonly urls: Urls
  /** The form field's name. */
  readonly name: string
  /** The files that the row holds now, as far as the actor may see them. */
  readonly files: readonly ShownFile[]
  /** By id: those that it holds and that are not there, for who may know so. */
  readonly deleted?: ReadonlyMap<string, DeletedFile>
  /** What the form's field holds: null, an id, or a JSON array of ids. A refused form gives back what was sent. */
  readonly value: string | null
  /** The name under which the form carries new files where there are no scripts; null where there may be none. */
  readonly uploadName?: string | null
  /** Whether the actor may browse the source, and so pick from it. */
  readonly pickable: boolean
  /** The slug of the source to pick from, where it is not the one that new files go to. */
  readonly library?: string
  readonly describedBy?: string
  readonly invalid?: boolean
  /** Names the group: the id of the field's label. */
  readonly labelledBy: string
}

/**
 * The field of a file column in a form. Without scripts it is a list of what is there and an input for ids; the
 * component takes its place under the same name.
 */
export function fileField(options: FileFieldOptions): Html {
  const { urls, files, deleted = NONE, name, describedBy, invalid } = options
  const tied = attributes({
    id: fieldId(name),
    name,
    column: options.column,
    base: `${urls.base}/`,
    source: options.source,
    accept: options.accept,
    'max-size': options.maxSize,
    multiple: options.multiple,
    pickable: options.pickable,
    library: options.library,
    value: options.value ?? '',
    invalid,
    role: 'group',
    tabindex: '-1',
    'aria-labelledby': options.labelledBy,
    'aria-describedby': describedBy,
  })
  return html`<file-column-input${tied}>${jsonScript([...files.map(toSummary), ...[...deleted].map(([id, one]) => ({ id, ...one }))])}<div class="fallback">${
    files.length + deleted.size > 0 &&
    html`<ul>${files.map((file) => html`<li><a href="${safeUrl(file.href)}">${fileName(file.filename)}</a></li>`)}${[
      ...deleted.values(),
    ].map(deletedLine)}</ul>`
  }${textInput({
    name,
    value: options.value ?? '',
    describedBy,
    invalid,
    label: options.multiple ? `${options.column}: file ids, as a JSON list` : `${options.column}: a file id`,
  })}${
    options.uploadName &&
    textInput({
      name: options.uploadName,
      type: 'file',
      multiple: options.multiple,
      accept: options.accept ?? undefined,
      label: `${options.column}: ${wordsForNew(options)}`,
    })
  }</div></file-column-input>`
}

function deletedLine(one: DeletedFile): Html {
  const { name, note } = absentWords(one)
  return html`<li>${name} <span class="file-facts">${note}</span></li>`
}

/** What becomes of what is there, in the words of the component. */
function wordsForNew({ multiple, files }: FileFieldOptions): string {
  if (multiple) return files.length > 0 ? 'add files' : 'choose files'
  return files.length > 0 ? 'replace the file' : 'choose a file'
}

const NONE: ReadonlyMap<string, DeletedFile> = new Map()

function toSummary(file: ShownFile): Record<string, unknown> {
  return {
    id: file.id,
    filename: file.filename,
    content_type: file.contentType,
    size: file.size,
    width: file.width ?? null,
    height: file.height ?? null,
    thumbnail_url: file.thumbnail,
    url: file.href,
    changed_at: file.changedAt ?? null,
    missing_since: file.missingSince ?? null,
  }
}

export interface DatasetUploaderOptions {
  readonly urls: Urls
  readonly organization: string
  readonly collection: string
  /** The collection's, or the dataset's. */
  readonly label: string
  /** The id of a dataset that the files become part of. */
  readonly into?: string
  readonly mode?: 'append' | 'replace'
  readonly note?: string
}

/** The place where Parquet files become datasets; without scripts it says what to do instead. */
export function datasetUploader(
  { urls, organization, collection, label, into, mode, note }: DatasetUploaderOptions,
  instead: Html,
): Html {
  const tied = attributes({ base: `${urls.base}/`, organization, collection, label, into, mode, note })
  return html`<parquet-upload${tied}>${instead}</parquet-upload>`
}

export interface UploaderOptions {
  readonly urls: Urls
  readonly source: string
  /** The source's label. */
  readonly label: string
  readonly accept: string | null
  /** bytes */
  readonly maxSize: number | null
  /** "Images and PDF, up to 100 MB each." */
  readonly note?: string
  /** Whether who sends a file may delete it. */
  readonly deletes?: boolean
}

/** The place where files enter a source; without scripts a plain form. */
export function uploader(options: UploaderOptions): Html {
  const { urls } = options
  const tied = attributes({
    base: `${options.urls.base}/`,
    source: options.source,
    label: options.label,
    accept: options.accept,
    'max-size': options.maxSize,
    note: options.note,
    deletes: options.deletes,
  })
  return html`<file-upload${tied}><form class="panel panel-body form-narrow" method="post" enctype="multipart/form-data" action="${urls.path(`/-/files/upload/${encodeURIComponent(options.source)}`)}"><div class="field"><label class="field-label" for="upload-files">Files</label>${textInput(
    {
      name: 'file',
      id: 'upload-files',
      type: 'file',
      multiple: true,
      accept: options.accept ?? undefined,
      required: true,
      describedBy: options.note ? 'upload-note' : undefined,
    },
  )}${options.note && html`<p class="hint" id="upload-note">${options.note}</p>`}</div><div class="actions"><button class="button filled" type="submit">${icon('upload')}Upload files</button></div></form></file-upload>`
}
