import { acceptWords } from '@holdall/elements/shared'
import { type Source, takesFiles } from '../../sources/source.ts'
import type { HoldallError } from '../../web/error.ts'
import { formatLimit } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { field, fieldError, fieldId } from '../../web/parts/field.ts'
import { checkbox, selectInput, textInput } from '../../web/parts/inputs.ts'
import { tildeEncode } from '../../web/url.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { Column } from '../schema.ts'
import type { Posted } from './form-values.ts'
import type { PagesRoom } from './room.ts'

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

/** What a column takes by a choice of the list; the text counts where the choice is another. */
export function readAccept(chosen: string | undefined, text: string): string {
  return chosen === undefined || chosen === OTHER || !Object.hasOwn(TAKES, chosen) ? text : (TAKES[chosen] as string)
}

/** A size as it is checked; a number alone is in the unit beside it, and in MB where none was sent. */
export function withUnit(text: string, unit: string): string {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? `${text.trim()} ${SIZE_UNITS.includes(unit) ? unit : 'MB'}` : text
}

/** The name of one of a column's fields. */
export function fieldName(key: string, column: string): string {
  return `${key}.${tildeEncode(column)}`
}

/** What a refused form of these fields shows again. */
export interface Refused {
  readonly posted: Posted
  readonly error: HoldallError
}

/**
 * The fields of one column: whether it holds files, and which.
 * @param rule what holds now
 * @param held how many rows hold text that is no file, in words; undefined where none does or nobody looked
 */
export function columnFields(
  room: PagesRoom,
  column: Column,
  rule: FileColumn | undefined,
  held: string | undefined,
  refused: Refused | undefined,
): Html {
  const { name } = column
  const label = (extra?: string) =>
    html`<div class="form-row-label"><label class="field-label" for="${fieldId(fieldName('holds', name))}">${name}</label><span class="field-type">${[column.type.toLowerCase(), column.keyPosition > 0 && 'key', extra].filter(Boolean).join(' · ')}</span></div>`
  if (rule?.declared) return declaredColumn(room, name, rule, label('declared'), held)
  const value = (key: string, stored: string) => refused?.posted.get(fieldName(key, name)) ?? stored
  const error = (key: string) => {
    const message = refused?.error.fields[`${key}.${name}`]
    return message === undefined ? {} : { error: message }
  }
  const holds = value('holds', rule === undefined ? 'text' : rule.multiple ? 'files' : 'file')
  const wrong = ['holds', 'source', 'accept', 'max_size'].some((key) => refused?.error.fields[`${key}.${name}`])
  const holdsId = fieldId(fieldName('holds', name))
  const problem = refused?.error.fields[`holds.${name}`]
  const asks = problem !== undefined && refused?.error.code === 'file_columns_hold_text'
  const accept = rule?.accept.join(', ') ?? ''
  const takes = Object.keys(TAKES).find((key) => TAKES[key] === accept) ?? OTHER
  const size = sizeParts(rule?.maxSize)
  const sources = room.sources.list().filter(({ active }) => active)
  const takers = sources.filter(takesFiles)
  const others = sources.filter((source) => !takesFiles(source))
  const rules = html`<div class="fields">${field({
    name: fieldName('source', name),
    label: 'New files go to',
    hint: [...takers.map(takesWords), ...others.map(takesNoneWords)].join(' '),
    ...error('source'),
    control: (tied) =>
      selectInput({
        ...tied,
        name: fieldName('source', name),
        value: value('source', rule?.source ?? ''),
        options: [
          { value: '', label: 'Wherever the person may upload' },
          ...takers.map(optionOf),
          ...(others.length > 0
            ? [{ label: 'No new files: only those that are there are picked', options: others.map(optionOf) }]
            : []),
        ],
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
    hint: `Of each file. Empty: ${sourceLimit(takers, rule?.source)}.`,
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
    id: holdsId,
    name: fieldName('holds', name),
    value: holds,
    options: HOLDS,
    invalid: problem !== undefined,
    describedBy: problem === undefined ? undefined : `${holdsId}-error`,
  })}${problem === undefined ? held !== undefined && html`<p class="hint">${held}</p>` : fieldError(problem, `${holdsId}-error`)}${asks && checkbox({ name: fieldName('confirm', name), value: 'yes', label: 'Use it all the same: its text stays as it is' })}<div class="file-rules">${rules}</div></div></div>`
}

/** `Photographs takes images, PDF, up to 100 MB.` */
function takesWords({ label, rules }: Source): string {
  const kinds = acceptWords(rules.accept.join(','))?.many ?? 'any file'
  const not = acceptWords(rules.reject.join(','))?.many
  return `${label} takes ${kinds}${not === undefined ? '' : `, but not ${not}`}, up to ${formatLimit(rules.maxFileSize)}.`
}

function takesNoneWords({ label }: Source): string {
  return `${label} takes no new files: a column that names it holds files that are there already.`
}

function optionOf({ slug, label }: Source) {
  return { value: slug, label }
}

/** What holds where the column sets no limit of its own. */
function sourceLimit(sources: readonly Source[], slug: string | undefined): string {
  const chosen =
    slug === undefined && sources.length === 1 ? sources[0] : sources.find((source) => source.slug === slug)
  if (chosen !== undefined) return `up to ${formatLimit(chosen.rules.maxFileSize)}, the limit of ${chosen.label}`
  return 'the limit of the source that takes it'
}

/** What the file declares is only shown, with where it is declared. */
function declaredColumn(room: PagesRoom, name: string, rule: FileColumn, label: Html, held: string | undefined): Html {
  const facts = [
    rule.multiple ? 'Several files' : 'One file',
    rule.source === undefined ? '' : `new ones go to ${rule.source}`,
    rule.accept.length === 0 ? '' : `takes ${rule.accept.join(', ')}`,
    rule.maxSize === undefined ? '' : `up to ${formatLimit(rule.maxSize)}`,
  ].filter(Boolean)
  return html`<div class="form-row">${label}<div>${textInput({ id: fieldId(fieldName('holds', name)), name: `$shown.${name}`, value: facts.join(', '), readOnly: true, describedBy: `${fieldId(fieldName('holds', name))}-hint` })}<p class="hint" id="${`${fieldId(fieldName('holds', name))}-hint`}">Declared in <code>${room.config.file ?? 'the configuration'}</code>. Change it there.${held !== undefined && html` ${held}`}</p></div></div>`
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
