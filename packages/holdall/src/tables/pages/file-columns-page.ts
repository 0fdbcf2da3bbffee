import { readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import { formatLimit } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { errorSummary, field, fieldId, saveBar } from '../../web/parts/field.ts'
import { selectInput, textInput } from '../../web/parts/inputs.ts'
import { emptyState } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import { tildeEncode } from '../../web/url.ts'
import type { ServedDatabase } from '../databases.ts'
import { type AskedSettings, checkedChanges, fileColumnsJson, readAskedJson } from '../file-columns/change.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { databaseIn, tableIn } from '../routes.ts'
import type { Column, Table } from '../schema.ts'
import { asObject, parseJson } from '../write/body.ts'
import { MAX_BODY_BYTES } from '../write/limits.ts'
import { isForm } from '../write/routes.ts'
import { answerPage } from './answer.ts'
import { readPairs } from './form-post.ts'
import type { Posted } from './form-values.ts'
import { crumbs, currentSchema, type PagesRoom } from './room.ts'

interface Subject {
  readonly database: ServedDatabase
  readonly table: Table
  readonly now: ReadonlyMap<string, FileColumn>
  readonly path: string
}

interface Refused {
  readonly posted: Posted
  readonly error: HoldallError
}

/** `GET /{db}/{table}/-/file-columns`, as a page and as JSON. */
export async function fileColumnsPage(c: RouteContext, room: PagesRoom, refused?: Refused): Promise<Response> {
  const subject = await subjectOf(c, room)
  const { database, table, now, path } = subject
  if (c.var.jsonPath) return c.json({ ok: true, columns: fileColumnsJson(now) })
  const columns = table.columns.filter((column) => column.affinity === 'TEXT' && column.hidden !== 1)
  const frame = await room.frame(c)
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: 'Configure file columns',
      lede: `Which columns of ${table.name} hold files, and which files they take`,
      crumbs: crumbs(room, database.name, table.name, 'File columns'),
      section: 'databases',
      body:
        columns.length === 0
          ? html`<section class="panel">${emptyState({ title: 'No column can hold files', body: 'The id of a file is text: a column for files is declared as TEXT.', icon: 'columns' })}</section>`
          : html`<form class="panel" method="post" action="${safeUrl(`${path}/-/file-columns`)}" aria-label="File columns" data-save>${
              refused && html`<div class="panel-body">${summary(refused.error)}</div>`
            }${columns.map((column) => columnFields(room, subject, column, refused))}${saveBar(
              html`${linkButton({ label: 'Discard changes', href: path, kind: 'quiet' })}${button({ label: 'Save file columns', type: 'submit', kind: 'filled' })}`,
            )}</form>`,
      ...room.once.take(c, path),
    }),
    refused?.error.status,
  )
}

/** `POST /{db}/{table}/-/file-columns`: a form of the page, or JSON under the keys of the configuration file. */
export async function saveFileColumns(c: RouteContext, room: PagesRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const { database, table, now, path } = subject
  const body = await readBytes(c, MAX_BODY_BYTES)
  const context = {
    database: database.name,
    table,
    now,
    configFile: room.config.file,
    knowsSource: (slug: string) => room.sources.list().some((source) => source.slug === slug),
  }
  if (!isForm(c)) {
    const changes = checkedChanges(readAskedJson(asObject(parseJson(body))), context)
    if (changes.size > 0) await room.fileColumns.save(database.name, table.name, changes)
    return c.json({ ok: true, columns: fileColumnsJson(await room.fileColumns.of(database.name, table.name)) })
  }
  const posted = readPairs(body)
  try {
    const changes = checkedChanges(readAskedForm(subject, posted), context)
    if (changes.size > 0) await room.fileColumns.save(database.name, table.name, changes)
  } catch (error) {
    if (c.var.format !== 'html' || !(error instanceof HoldallError) || error.status >= 500) throw error
    return fileColumnsPage(c, room, { posted, error })
  }
  if (c.var.format === 'json') {
    return c.json({ ok: true, columns: fileColumnsJson(await room.fileColumns.of(database.name, table.name)) })
  }
  room.once.write(c, path, { said: 'File columns saved' })
  return c.redirect(path, 303)
}

async function subjectOf(c: RouteContext, room: PagesRoom): Promise<Subject> {
  const database = databaseIn(c, room)
  const table = (await currentSchema(database)).tables.get(tableIn(c))
  if (table === undefined) throw new HoldallError('table_not_found')
  const now = await room.fileColumns.of(database.name, table.name)
  return { database, table, now, path: room.urls.table(database.name, table.name) }
}

/** The form's fields by column; columns that the file declares, or that the form says nothing of, stay as they are. */
function readAskedForm({ table, now }: Subject, posted: Posted): Map<string, AskedSettings | null> {
  const asked = new Map<string, AskedSettings | null>()
  for (const { name } of table.columns) {
    const said = (key: string) => posted.get(fieldName(key, name)) ?? ''
    const holds = posted.get(fieldName('holds', name))
    if (holds === undefined || now.get(name)?.declared) continue
    asked.set(
      name,
      holds === 'text'
        ? null
        : {
            source: said('source'),
            multiple: holds === 'files',
            accept: readAccept(posted.get(fieldName('takes', name)), said('accept')),
            maxSize: withUnit(said('max_size'), said('max_size_unit')),
          },
    )
  }
  return asked
}

/** What a column takes by a choice of the list; the text counts where the choice is another. */
function readAccept(chosen: string | undefined, text: string): string {
  return chosen === undefined || chosen === OTHER || !Object.hasOwn(TAKES, chosen) ? text : (TAKES[chosen] as string)
}

/** A size as it is checked; a number alone is in the unit beside it, and in MB where none was sent. */
function withUnit(text: string, unit: string): string {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? `${text.trim()} ${SIZE_UNITS.includes(unit) ? unit : 'MB'}` : text
}

function fieldName(key: string, column: string): string {
  return `${key}.${tildeEncode(column)}`
}

function summary(error: HoldallError): Html {
  const fields = Object.entries(error.fields)
  if (fields.length === 0)
    return errorSummary(
      'Not saved',
      error.errors.map((message) => ({ message })),
    )
  return errorSummary(
    'Not saved',
    fields.map(([key, message]) => {
      const at = key.indexOf('.')
      const column = key.slice(at + 1)
      return { field: fieldName(key.slice(0, at), column), label: column, message }
    }),
  )
}

const OTHER = 'other'
/** What columns take most often, as a configuration writes it. */
const TAKES: Readonly<Record<string, string>> = {
  anything: '',
  images: 'image/*',
  pdf: 'application/pdf',
  audio: 'audio/*',
  video: 'video/*',
}
const TAKES_CHOICES = [
  { value: 'anything', label: 'Anything' },
  { value: 'images', label: 'Images' },
  { value: 'pdf', label: 'PDF' },
  { value: 'audio', label: 'Audio' },
  { value: 'video', label: 'Video' },
  { value: OTHER, label: 'Other…' },
]
const SIZE_UNITS = ['KB', 'MB', 'GB']

const HOLDS = [
  { value: 'text', label: 'Text' },
  { value: 'file', label: 'One file' },
  { value: 'files', label: 'Several files' },
]

function columnFields(room: PagesRoom, { now }: Subject, column: Column, refused: Refused | undefined): Html {
  const { name } = column
  const rule = now.get(name)
  const label = (extra?: string) =>
    html`<div class="form-row-label"><label class="field-label" for="${fieldId(fieldName('holds', name))}">${name}</label><span class="field-type">${[column.type.toLowerCase(), column.keyPosition > 0 && 'key', extra].filter(Boolean).join(' · ')}</span></div>`
  if (rule?.declared) return declaredColumn(room, name, rule, label('declared'))
  const value = (key: string, stored: string) => refused?.posted.get(fieldName(key, name)) ?? stored
  const error = (key: string) => {
    const message = refused?.error.fields[`${key}.${name}`]
    return message === undefined ? {} : { error: message }
  }
  const holds = value('holds', rule === undefined ? 'text' : rule.multiple ? 'files' : 'file')
  const wrong = ['holds', 'source', 'accept', 'max_size'].some((key) => refused?.error.fields[`${key}.${name}`])
  const accept = rule?.accept.join(', ') ?? ''
  const takes = Object.keys(TAKES).find((key) => TAKES[key] === accept) ?? OTHER
  const size = sizeParts(rule?.maxSize)
  const sources = [
    { value: '', label: 'Wherever the person may upload' },
    ...room.sources
      .list()
      .filter(({ active }) => active)
      .map(({ slug, label }) => ({ value: slug, label })),
  ]
  const rules = html`<div class="fields">${field({
    name: fieldName('source', name),
    label: 'New files go to',
    ...error('source'),
    control: (tied) =>
      selectInput({
        ...tied,
        name: fieldName('source', name),
        value: value('source', rule?.source ?? ''),
        options: sources,
      }),
  })}${field({
    name: fieldName('accept', name),
    label: 'Takes',
    ...error('accept'),
    control: (tied) =>
      html`${selectInput({
        ...tied,
        name: fieldName('takes', name),
        value: value('takes', takes),
        options: TAKES_CHOICES,
      })}<div class="when-other">${textInput({
        name: fieldName('accept', name),
        value: value('accept', takes === OTHER ? accept : ''),
        label: `${name}: endings or types of the files`,
        placeholder: '.docx, .odt, text/*',
        invalid: tied.invalid,
      })}<p class="hint">Endings such as .docx, or types such as text/*, with commas between.</p></div>`,
  })}${field({
    name: fieldName('max_size', name),
    label: 'Largest size',
    hint: 'Of each file. Empty for whatever the source takes.',
    ...error('max_size'),
    control: (tied) =>
      html`<div class="with-unit">${textInput({
        ...tied,
        name: fieldName('max_size', name),
        value: value('max_size', size.number),
        short: true,
        inputMode: 'decimal',
      })}${selectInput({
        name: fieldName('max_size_unit', name),
        value: value('max_size_unit', size.unit),
        options: SIZE_UNITS.map((unit) => ({ value: unit, label: unit })),
        label: `${name}: unit of the largest size`,
      })}</div>`,
  })}</div>`
  return html`<div class="${wrong ? 'form-row wrong' : 'form-row'}">${label()}<div>${selectInput({
    id: fieldId(fieldName('holds', name)),
    name: fieldName('holds', name),
    value: holds,
    options: HOLDS,
  })}<div class="file-rules">${rules}</div></div></div>`
}

/** What the file declares is only shown, with where it is declared. */
function declaredColumn(room: PagesRoom, name: string, rule: FileColumn, label: Html): Html {
  const facts = [
    rule.multiple ? 'Several files' : 'One file',
    rule.source === undefined ? '' : `new ones go to ${rule.source}`,
    rule.accept.length === 0 ? '' : `takes ${rule.accept.join(', ')}`,
    rule.maxSize === undefined ? '' : `up to ${formatLimit(rule.maxSize)}`,
  ].filter(Boolean)
  return html`<div class="form-row">${label}<div>${textInput({ id: fieldId(fieldName('holds', name)), name: `$shown.${name}`, value: facts.join(', '), readOnly: true, describedBy: `${fieldId(fieldName('holds', name))}-hint` })}<p class="hint" id="${`${fieldId(fieldName('holds', name))}-hint`}">Declared in <code>${room.config.file ?? 'the configuration'}</code>. Change it there.</p></div></div>`
}

/** A size as the largest unit in which it is a whole number, or one with few digits; bytes that are none go as they are. */
function sizeParts(bytes: number | undefined): { number: string; unit: string } {
  if (bytes === undefined) return { number: '', unit: 'MB' }
  const units = [
    ['GB', 1e9],
    ['MB', 1e6],
    ['KB', 1e3],
  ] as const
  const [unit, size] = units.find(([, one]) => bytes >= one && Number.isInteger((bytes / one) * 1e3)) ?? ['KB', 1e3]
  return { number: String(bytes / size), unit }
}
