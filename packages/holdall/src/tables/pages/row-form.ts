import { fingerprint, wasField } from '../../access/was.ts'
import { shownFile } from '../../files/shown.ts'
import type { Source } from '../../sources/sources.ts'
import type { HoldallError } from '../../web/error.ts'
import { formatLimit } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { errorSummary, fieldId, formRow, saveBar } from '../../web/parts/field.ts'
import { fileField } from '../../web/parts/file-elements.ts'
import { type SelectOption, selectInput, textArea, textInput } from '../../web/parts/inputs.ts'
import { readCell } from '../file-columns/cell.ts'
import type { CellFiles } from '../file-columns/items.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { describedAs } from './column-words.ts'
import { type Destinations, sourceFor } from './destinations.ts'
import { type FormColumn, isRowid } from './form-columns.ts'
import { type Posted, uploadField } from './form-values.ts'
import type { PagesRoom } from './room.ts'
import { plainText } from './value-cell.ts'
import { readOnlySource } from './without-upload.ts'

export interface RowFormOptions {
  readonly room: PagesRoom
  readonly table: Table
  readonly action: string
  readonly columns: readonly FormColumn[]
  readonly isNew: boolean
  /** Where "Discard" leads. */
  readonly back: string
  /** What the fields hold, as far as the actor may know of it. */
  readonly held: CellFiles
  readonly sources: Destinations
  /** Slugs of sources whose files may be picked. */
  readonly browsable: ReadonlySet<string>
  /** What was sent and refused. */
  readonly refused?: { readonly posted: Posted; readonly error: HoldallError }
}

/** The form of a row: label and type left, field right. It works without scripts, and keeps every value when refused. */
export function rowForm(options: RowFormOptions): Html {
  const { action, columns, isNew, back, refused } = options
  const multipart = columns.some(({ control }) => control === 'file')
  const labels = new Map(columns.map(({ field, column }) => [field, column.name]))
  return html`<form class="panel" method="post" action="${safeUrl(action)}"${multipart && html` enctype="multipart/form-data"`} aria-label="Row" data-save>${
    refused && html`<div class="panel-body">${summary(refused.error, labels)}</div>`
  }${columns.map((column) => row(options, column))}${saveBar(
    html`${linkButton({ label: isNew ? 'Discard row' : 'Discard changes', href: back, kind: 'quiet' })}${button({
      label: isNew ? 'Insert row' : 'Save row',
      type: 'submit',
      kind: 'filled',
    })}`,
  )}</form>`
}

function summary(error: HoldallError, labels: ReadonlyMap<string, string>): Html {
  const fields = Object.entries(error.fields)
  if (fields.length === 0)
    return errorSummary(
      'Not saved',
      error.errors.map((message) => ({ message })),
    )
  return errorSummary(
    'Not saved',
    fields.map(([field, message]) => ({ field, label: labels.get(field) ?? field, message })),
  )
}

function row(options: RowFormOptions, column: FormColumn): Html {
  const { refused } = options
  const { field, control, words } = column
  const value = refused?.posted.get(field) ?? column.text
  const error = refused?.error.fields[field]
  return formRow({
    name: field,
    label: column.column.name,
    type: words,
    ...hintFor(options, column),
    ...(error !== undefined && { error }),
    group: control === 'file',
    control: (tied) => html`${controlFor(options, column, value, tied)}${was(options, column)}`,
  })
}

/** What the field held when the page was made. */
function was({ isNew, refused }: RowFormOptions, { field, control, text }: FormColumn): Html | string {
  if (isNew || ['key', 'computed', 'bytes'].includes(control)) return ''
  const name = wasField(field)
  return html`<input type="hidden" name="${name}" value="${refused?.posted.get(name) ?? fingerprint(text)}">`
}

interface Tied {
  readonly id: string
  readonly describedBy: string | undefined
  readonly invalid: boolean
}

function controlFor(options: RowFormOptions, column: FormColumn, value: string, tied: Tied): Html {
  const { field, control } = column
  const common = { ...tied, name: field, value }
  switch (control) {
    case 'key':
    case 'computed':
    case 'bytes':
      return textInput({
        ...tied,
        name: `$shown.${field}`,
        value: plainText(column.stored),
        readOnly: true,
        short: true,
      })
    case 'file':
      return fileControl(options, column, value, tied)
    case 'choice':
      return selectInput({ ...common, options: choicesFor(column, value) })
    case 'integer':
      return textInput({ ...common, short: true, inputMode: 'numeric', autocomplete: 'off' })
    case 'real':
      return textInput({ ...common, short: true, inputMode: 'decimal', autocomplete: 'off' })
    case 'area':
      return textArea({ ...common })
    case 'line':
      // A line break in what was sent would be lost in a field of one line.
      return /[\r\n]/.test(value) ? textArea(common) : textInput({ ...common, autocomplete: 'off' })
  }
}

function choicesFor({ choices = [], column, text, required }: FormColumn, value: string): SelectOption[] {
  const empty = { value: '', label: required ? 'Choose one' : 'None' }
  const known = choices.some((choice) => choice.value === value) || value === ''
  const sent = known ? [] : [{ value, label: value }]
  return column.notNull && text !== '' ? [...sent, ...choices] : [empty, ...sent, ...choices]
}

function fileControl(options: RowFormOptions, column: FormColumn, value: string, { describedBy, invalid }: Tied): Html {
  const { room, held, sources, browsable } = options
  const { field, file } = column
  const source = file && sourceFor(file, sources)
  const library = file && libraryFor(file, source, browsable)
  const { ids } = readCell(value)
  const shown = ids.flatMap((id) => {
    const found = held.files.get(id)
    return found ? [shownFile(found, room.urls)] : []
  })
  const deleted = ids.flatMap((id) => {
    const found = held.deleted.get(id)
    return found ? [[id, found] as const] : []
  })
  return fileField({
    urls: room.urls,
    column: column.column.name,
    name: field,
    source: source?.slug ?? null,
    accept: file && file.accept.length > 0 ? file.accept.join(', ') : null,
    maxSize: file?.maxSize ?? null,
    multiple: file?.multiple ?? false,
    files: shown,
    deleted: new Map(deleted),
    value,
    uploadName: source ? uploadField(field) : null,
    pickable: library !== undefined,
    ...(library !== undefined && library !== source?.slug && { library }),
    ...(describedBy !== undefined && { describedBy }),
    invalid,
    labelledBy: `${fieldId(field)}-label`,
  })
}

/** The source that a column's files may be picked from: where new ones go, else the first that the actor may browse. */
function libraryFor(file: FileColumn, source: Source | undefined, browsable: ReadonlySet<string>): string | undefined {
  const own = source?.slug ?? file.source
  if (own !== undefined && browsable.has(own)) return own
  return source === undefined ? browsable.values().next().value : undefined
}

/** Why no file can be uploaded, and what can be done instead; null where one can. */
function withoutUpload({ room, sources, browsable }: RowFormOptions, file: FileColumn): Html | string | null {
  if (sourceFor(file, sources) !== undefined) return null
  const library = libraryFor(file, undefined, browsable)
  const readOnly = readOnlySource(room.sources, file)
  if (library === undefined) {
    return readOnly === undefined
      ? 'You may not upload files for this column, nor look through those that are there.'
      : `${readOnly.label} takes no new files, and you may not look through those that are there.`
  }
  const label = room.sources.list().find(({ slug }) => slug === library)?.label ?? library
  const reason =
    readOnly === undefined ? 'You may not upload files for this column.' : `${readOnly.label} takes no new files.`
  return html`${reason} You can pick one that is in <a href="${safeUrl(room.urls.source(library))}">${label}</a> already.`
}

/** What a field that is left empty becomes: the SQL of a default, in words. */
function defaultWords(sql: string): string {
  const text = /^'((?:[^']|'')*)'$/.exec(sql)?.[1]?.replaceAll("''", "'")
  if (text === '') return MAY_BE_EMPTY
  if (/^null$/i.test(sql)) return 'Left empty, it has no value.'
  if (/^\(?current_(?:timestamp|date|time)\)?$/i.test(sql)) return 'Left empty, it becomes the present time.'
  return `Left empty, it becomes ${text ?? sql}.`
}

const MAY_BE_EMPTY = 'May be left empty.'

/** What there is to know of a field before it is filled in, and that it need not be. */
function hintFor(options: RowFormOptions, column: FormColumn): { hint?: string | Html } {
  const hint = ownHint(options, column)
  const { control, required, column: stored } = column
  const isSet = ['key', 'computed', 'bytes'].includes(control)
  const saysSo = options.isNew && (stored.default !== null || isRowid(options.table, stored))
  const isOptional = !(isSet || required || stored.notNull || saysSo)
  const described = describedAs(options.table, stored.name)
  const said = [described && sentence(described), hint, isOptional && MAY_BE_EMPTY].filter(Boolean)
  return said.length === 0 ? {} : { hint: html`${said.map((words, at) => html`${at > 0 && ' '}${words}`)}` }
}

/** Other sentences follow. */
function sentence(words: string): string {
  return /[.!?…]$/.test(words) ? words : `${words}.`
}

function ownHint(options: RowFormOptions, column: FormColumn): string | Html | null {
  const { table, isNew } = options
  const { control, file, otherTable, stored } = column
  if (control === 'key') return 'The key of this row. It cannot change.'
  if (control === 'computed') return 'Computed by the database.'
  if (control === 'bytes') return 'Bytes are changed through the API.'
  if (isNew && isRowid(table, column.column)) return 'Left empty, the next number is taken.'
  if (isNew && column.column.default !== null) return defaultWords(column.column.default)
  if (otherTable !== undefined) return `The key of a row in ${otherTable}.`
  return file ? fileHint(options, file, stored) : null
}

function fileHint(options: RowFormOptions, file: FileColumn, stored: SqliteValue): string | Html | null {
  const limit = file.maxSize === undefined ? '' : `up to ${formatLimit(file.maxSize)}`
  if (readCell(stored).other !== null) return `It holds text that is no file: ${plainText(stored).slice(0, 100)}`
  const reason = withoutUpload(options, file)
  if (reason !== null) return reason
  if (!file.multiple) return limit === '' ? null : `One file, ${limit}.`
  const each = limit === '' ? '' : `Files ${limit} each. `
  return `${each}Tables show the first three. Removing a file here does not delete it.`
}
