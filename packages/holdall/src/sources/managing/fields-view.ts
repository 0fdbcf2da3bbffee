import { type Html, html } from '../../web/html.ts'
import { fold } from '../../web/parts/facts.ts'
import { field } from '../../web/parts/field.ts'
import { checkbox, selectInput, textArea, textInput } from '../../web/parts/inputs.ts'
import type { StorageType } from '../storage.ts'
import { type ConfigField, configFields } from './config-fields.ts'
import { configName, valueName } from './form.ts'
import { type AskedName, peopleField, type Who, whoOf } from './who.ts'

/** What a form shows: the text of each field, what is wrong beside it. */
export interface Shown {
  readonly value: (name: string) => string
  readonly errors: Readonly<Record<string, string>>
  /** Names of secrets that are kept. */
  readonly secretNames: readonly string[]
  /** Whether it is offered to make what is missing. */
  readonly offersToMake: boolean
}

const SECRET_LIST = 'kept-secrets'

/** Labels of every field, for the summary of a refused form. */
export function labelsOf(type: StorageType | undefined): Record<string, string> {
  const fields = type === undefined ? [] : configFields(type)
  return {
    ...LABELS,
    ...Object.fromEntries(fields.map(({ key, label }) => [configName(key), label])),
  }
}

const LABELS = {
  label: 'Name',
  slug: 'Name in addresses',
  sync: 'When is it listed?',
  browse: 'Who may see its files?',
  upload: 'Who may upload to it?',
  delete: 'Who may delete its files?',
  accept: 'Takes',
  reject: 'Refuses',
  max_file_size: 'Largest file',
  on_type_mismatch: 'When the bytes are not what was declared',
  hash: 'SHA-256 of files that are not sent through this server',
  keep_gps: 'Position of photographs',
  keep_system_files: 'Files of the operating system',
} as const

/** The fields of the storage itself that everybody has to look at. */
export function placeFields(type: StorageType, shown: Shown): Html {
  const usual = configFields(type).filter(({ isAdvanced, isHidden }) => !isAdvanced && !isHidden)
  return html`${usual.map((one) => configField(one, shown))}${secretList(type, shown)}`
}

function configField(one: ConfigField, shown: Shown): Html {
  const name = configName(one.key)
  const error = shown.errors[name]
  const needed = one.isRequired ? ' Required.' : ''
  if (one.kind === 'checkbox') {
    return html`<div class="field whole" role="group">${checkbox({ name, value: 'on', label: one.label, checked: shown.value(name) === 'on' })}${one.hint && html`<p class="hint">${one.hint}</p>`}</div>`
  }
  const whole = one.kind === 'lines' || one.kind === 'json' || one.key === 'root'
  const offer =
    one.key === 'root' &&
    shown.offersToMake &&
    html`<div class="whole offer">${checkbox({ name: 'make', value: 'on', label: 'Make this folder', checked: shown.value('make') === 'on' })}</div>`
  const shownField = field({
    name,
    label: one.label,
    ...(one.hint !== undefined && !one.isSecret && { hint: `${one.hint}${needed}` }),
    ...(one.isSecret && { hint: secretHint(one) }),
    ...(error !== undefined && { error }),
    ...(whole && { whole }),
    control: (tied) => control(one, { ...tied, name, value: shown.value(name) }, shown),
  })
  return html`${shownField}${offer}`
}

function secretHint({ hint = '' }: ConfigField): string {
  return `${hint} It is encrypted, and kept apart from this source.`.trimStart()
}

interface Tied {
  readonly id: string
  readonly name: string
  readonly value: string
  readonly describedBy: string | undefined
  readonly invalid: boolean
}

/** The value itself; who has kept one already names it instead. */
function secretControl(
  { key, label }: ConfigField,
  { id, name, value, describedBy, invalid }: Tied,
  shown: Shown,
): Html {
  const given = shown.value(valueName(key))
  const isNamed = given === '' && value !== ''
  const wrong = (isHere: boolean) => ({ invalid: invalid && isHere, describedBy: isHere ? describedBy : undefined })
  const box = textInput({
    id,
    name: valueName(key),
    type: 'password',
    value: given,
    autocomplete: 'new-password',
    ...(isNamed && { placeholder: 'A new value takes the place of the one that is kept' }),
    ...wrong(!isNamed),
  })
  const named = textInput({
    name,
    value,
    list: SECRET_LIST,
    label: `${label}: name of a kept secret`,
    placeholder: 'Name of a kept secret',
    autocomplete: 'off',
    code: true,
    ...wrong(isNamed),
  })
  return html`${box}${fold(
    'Or the name of a kept secret',
    html`<div class="kept">${named}<p class="hint">A kept secret is a value that the server has already under a name: from its environment, from another source, or from <code>holdall secrets set NAME</code>.</p></div>`,
    value !== '',
  )}`
}

function control(one: ConfigField, tied: Tied, shown: Shown): Html {
  const plain = { autocomplete: 'off', ...tied }
  if (one.isSecret) return secretControl(one, tied, shown)
  switch (one.kind) {
    case 'lines':
    case 'json':
      return textArea({ ...plain, rows: 4, code: true })
    case 'choice':
      return selectInput({
        ...plain,
        value: tied.value || (one.usual ?? ''),
        options: [...(one.usual === undefined ? [''] : []), ...one.options].map((value) => ({
          value,
          label: value || 'As usual',
        })),
      })
    case 'yes-no':
      return selectInput({
        ...plain,
        options: [
          { value: '', label: 'As usual' },
          { value: 'true', label: 'Yes' },
          { value: 'false', label: 'No' },
        ],
      })
    case 'number':
      return textInput({ ...plain, inputMode: 'decimal' })
    default:
      return textInput({ ...plain, code: one.key === 'root' })
  }
}

function secretList(type: StorageType, { secretNames }: Shown): Html {
  if (!configFields(type).some(({ isSecret }) => isSecret)) return html``
  return html`<datalist id="${SECRET_LIST}">${secretNames.map((name) => html`<option value="${name}"></option>`)}</datalist>`
}

const SYNC = [
  { value: 'start', label: 'At once, and whenever the server starts' },
  { value: 'every 15m', label: 'At once, and every 15 minutes' },
  { value: 'every 1h', label: 'At once, and every hour' },
  { value: 'every 24h', label: 'At once, and every day' },
  { value: 'manual', label: 'Only when somebody presses Sync now' },
]

/** When the registry follows what lies there. */
export function syncField(shown: Shown): Html {
  const value = shown.value('sync')
  const known = SYNC.some((one) => one.value === value) || value === ''
  return field({
    name: 'sync',
    label: LABELS.sync,
    hint: 'Listing reads names, sizes and times. It writes, moves and renames nothing there.',
    ...(shown.errors.sync !== undefined && { error: shown.errors.sync }),
    whole: true,
    control: (tied) =>
      selectInput({ ...tied, name: 'sync', value, options: known ? SYNC : [...SYNC, { value, label: value }] }),
  })
}

const WHO_LABELS: Readonly<Record<Who, string>> = {
  nobody: 'Nobody else',
  people: 'These people…',
  'signed-in': 'Everybody who has signed in',
  everybody: 'Everybody, signed in or not',
  usual: 'As for all sources',
  other: 'As the allow block says',
}

/** Who may, beside the maker. */
export function whoField(name: AskedName, shown: Shown): Html {
  const people = peopleField(name)
  const who = (shown.value(name) || whoOf(false).who) as Who
  const choices = (Object.keys(WHO_LABELS) as Who[]).filter((one) => one !== 'other' || who === 'other')
  const error = shown.errors[name] ?? shown.errors[people]
  return field({
    name,
    label: LABELS[name],
    ...(error !== undefined && { error }),
    control: (tied) =>
      html`${selectInput({
        ...tied,
        name,
        value: who,
        options: choices.map((value) => ({ value, label: WHO_LABELS[value] })),
      })}<div class="when-people">${textInput({
        name: people,
        value: shown.value(people),
        label: `${LABELS[name]} Names`,
        placeholder: 'alice, bob',
        autocomplete: 'off',
      })}<p class="hint">The names that they sign in with, with commas between.</p></div>`,
  })
}

/** What is rarely needed. */
export function moreFields(type: StorageType, shown: Shown): Html {
  const advanced = configFields(type).filter(({ isAdvanced, isHidden }) => isAdvanced && !isHidden)
  const names = [...advanced.map(({ key }) => configName(key)), ...MORE]
  const isOpen = names.some((name) => shown.errors[name] !== undefined)
  return fold(
    'More settings',
    html`<div class="fields">${text('accept', 'Types such as image/*, or endings such as .pdf, with commas between. Empty: everything.', shown)}${text(
      'reject',
      'The same, for what is never taken.',
      shown,
    )}${text('max_file_size', 'For example 100 MB. Empty: what the server and the storage take.', shown)}${choice(
      'on_type_mismatch',
      [
        ['', 'Record it, and believe the bytes'],
        ['refuse', 'Refuse the file'],
      ],
      shown,
    )}${text('hash', 'background, none, or up to and a size, such as up to 1GB.', shown)}<div class="field" role="group" aria-label="${LABELS.keep_gps}"><span class="field-label">${LABELS.keep_gps}</span>${checkbox(
      { name: 'keep_gps', value: 'on', label: 'Keep where they were taken', checked: shown.value('keep_gps') === 'on' },
    )}</div><div class="field" role="group" aria-label="${LABELS.keep_system_files}"><span class="field-label">${LABELS.keep_system_files}</span>${checkbox(
      {
        name: 'keep_system_files',
        value: 'on',
        label: 'List .DS_Store, Thumbs.db and the like, too',
        checked: shown.value('keep_system_files') === 'on',
      },
    )}</div>${advanced.map((one) => configField(one, shown))}</div>`,
    isOpen,
  )
}

const MORE = ['accept', 'reject', 'max_file_size', 'on_type_mismatch', 'hash', 'keep_gps', 'keep_system_files'] as const

/** One line of text. */
export function text(name: keyof typeof LABELS, hint: string, shown: Shown): Html {
  return field({
    name,
    label: LABELS[name],
    hint,
    ...(shown.errors[name] !== undefined && { error: shown.errors[name] }),
    control: (tied) => textInput({ ...tied, name, value: shown.value(name), autocomplete: 'off' }),
  })
}

function choice(name: keyof typeof LABELS, options: readonly (readonly [string, string])[], shown: Shown): Html {
  return field({
    name,
    label: LABELS[name],
    ...(shown.errors[name] !== undefined && { error: shown.errors[name] }),
    control: (tied) =>
      selectInput({
        ...tied,
        name,
        value: shown.value(name),
        options: options.map(([value, label]) => ({ value, label })),
      }),
  })
}
