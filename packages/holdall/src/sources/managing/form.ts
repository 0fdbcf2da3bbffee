import { type Fields, textOf } from '../../access/fields.ts'
import type { AllowBlock } from '../../config/config.ts'
import type { StorageType } from '../storage.ts'
import { SETTING_KEYS, type WrittenSource } from '../written.ts'
import { type ConfigField, configFields } from './config-fields.ts'
import { slugFrom, type Wanted } from './wanted.ts'
import { ASKED, ASKED_NAMES, blockOf, peopleField, readWho, whoOf } from './who.ts'

/** What a form writes beside `config`, as the file would: texts, of which empty ones say nothing. */
const TEXTS = ['accept', 'reject', 'on_type_mismatch', 'sync', 'hash'] as const
const BYTES: Readonly<Record<string, number>> = { '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 }

/** The name of the field for a key of `config`, and of the one that takes the value of a secret. */
export function configName(key: string): string {
  return `config.${key}`
}
export function valueName(key: string): string {
  return `value.${key}`
}

/**
 * What a form says. Where it says nothing of something that it does not ask for, that stays as it was.
 *
 * @param types the storages that there are; the one that is named says how its fields are read
 * @throws HoldallError `bad_request` beside the field
 */
export function wantedFromForm(
  fields: Fields,
  types: readonly StorageType[],
  before?: { readonly slug: string; readonly written: WrittenSource },
): Wanted {
  const storage = before === undefined ? textOf(fields, 'storage') : before.written.storage
  const type = types.find((one) => one.type === storage)
  const label = textOf(fields, 'label').trim()
  const slug = before?.slug ?? (textOf(fields, 'slug').trim() || slugFrom(label))
  const values = new Map<string, string>()
  const config: Record<string, unknown> = {}
  for (const one of type === undefined ? [] : configFields(type)) {
    const secret = one.isSecret ? textOf(fields, valueName(one.key)) : ''
    if (secret !== '') values.set(one.key, secret)
    const value = one.isHidden ? entryOf(before?.written.config, one.key) : configValue(one, fields, before?.written)
    if (value !== undefined) config[one.key] = value
  }
  const settings = Object.fromEntries(
    SETTING_KEYS.flatMap((key) => {
      const value = settingValue(key, fields, before?.written)
      return value === undefined ? [] : [[key, value]]
    }),
  )
  const written = {
    ...settings,
    ...(label !== '' && { label }),
    storage,
    config,
    allow: allowOf(fields, before?.written),
  }
  return { slug, written, values, make: isOn(fields.make) }
}

/** What a JSON object says: keys as in the configuration file. Those that are absent stay as they were, null unsets. */
export function wantedFromJson(
  fields: Fields,
  before?: { readonly slug: string; readonly written: WrittenSource },
): Wanted {
  const { slug, values = {}, make, op: _op, revision: _revision, permissions, ...rest } = fields
  const said = permissions === undefined || rest.allow !== undefined ? rest : { ...rest, allow: permissions }
  const written = Object.fromEntries(
    Object.entries({ ...before?.written, ...said }).filter(([, value]) => value !== null),
  ) as WrittenSource
  const given = typeof values === 'object' && values !== null ? Object.entries(values) : []
  return {
    slug: before?.slug ?? (typeof slug === 'string' ? slug : slugFrom(String(written.label ?? ''))),
    written,
    values: new Map(
      given.filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== ''),
    ),
    make: isOn(make),
  }
}

/** The texts of the form's fields for a source as it is. */
export function formTexts(written: WrittenSource, type: StorageType | undefined): Record<string, string> {
  const texts: Record<string, string> = {}
  for (const one of type === undefined ? [] : configFields(type)) {
    texts[configName(one.key)] = configText(one, entryOf(written.config, one.key))
  }
  for (const key of TEXTS) {
    const value = written[key]
    texts[key] = Array.isArray(value) ? value.join(', ') : value === undefined ? '' : String(value)
  }
  const allow = (written.allow ?? {}) as Readonly<Record<string, AllowBlock>>
  for (const name of ASKED_NAMES) {
    const { who, people } = whoOf(allow[ASKED[name]])
    texts[name] = who
    texts[peopleField(name)] = people
  }
  return {
    ...texts,
    label: typeof written.label === 'string' ? written.label : '',
    max_file_size: sizeText(written.max_file_size),
    keep_gps: written.keep_gps === true ? 'on' : '',
    keep_system_files: written.keep_system_files === true ? 'on' : '',
  }
}

function configValue(one: ConfigField, fields: Fields, before: WrittenSource | undefined): unknown {
  const name = configName(one.key)
  if (one.kind === 'checkbox') return isOn(fields[name]) ? true : undefined
  if (fields[name] === undefined) return entryOf(before?.config, one.key)
  const text = textOf(fields, name)
  const plain = text.trim()
  if (plain === '') return undefined
  if (one.isSecret) return { $secret: plain }
  switch (one.kind) {
    case 'lines':
      return plain.startsWith('[') ? parsed(plain) : plain.split('\n').flatMap((line) => line.trim() || [])
    case 'json':
      return parsed(plain)
    case 'yes-no':
      return plain === 'true' ? true : plain === 'false' ? false : plain
    case 'number':
      return /^\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : plain
    default:
      return plain
  }
}

function configText(one: ConfigField, value: unknown): string {
  if (value === undefined || value === null) return ''
  const secret = (value as { readonly $secret?: unknown }).$secret
  if (typeof secret === 'string') return secret
  if (one.kind === 'checkbox') return value === true || value === 'true' ? 'on' : ''
  if (one.kind === 'lines' && Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return value.join('\n')
  }
  return typeof value === 'object' ? JSON.stringify(value, null, 2) : String(value)
}

function settingValue(key: (typeof SETTING_KEYS)[number], fields: Fields, before: WrittenSource | undefined): unknown {
  if (key === 'secrets') return before?.secrets
  if (key === 'keep_gps' || key === 'keep_system_files') return isOn(fields[key]) ? true : undefined
  const text = textOf(fields, key).trim()
  if (key === 'max_file_size') return text === '' ? undefined : sizeOf(text)
  return text === '' ? undefined : text
}

function allowOf(fields: Fields, before: WrittenSource | undefined): Record<string, AllowBlock> {
  const allow = { ...(before?.allow as Readonly<Record<string, AllowBlock>> | undefined) }
  for (const name of ASKED_NAMES) {
    if (fields[name] === undefined) continue
    const who = readWho(name, textOf(fields, name))
    const block = blockOf(name, { who, people: textOf(fields, peopleField(name)) }, allow[ASKED[name]])
    if (block === undefined) delete allow[ASKED[name]]
    else allow[ASKED[name]] = block
  }
  return allow
}

/** `20 MB` and `1.5 GB` in bytes; what is no size stays as it is, for the reader to refuse. */
function sizeOf(text: string): number | string {
  const [, count, unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?) *([kmgt]?b)?$/i.exec(text) ?? []
  return count === undefined ? text : Math.round(Number(count) * (BYTES[unit.toLowerCase()] as number))
}

function sizeText(value: unknown): string {
  if (value === undefined) return ''
  const bytes = Number(value)
  return bytes > 0 && bytes % 1e6 === 0 ? `${bytes / 1e6} MB` : String(value)
}

export function entryOf(block: unknown, key: string): unknown {
  if (typeof block !== 'object' || block === null || !Object.hasOwn(block, key)) return undefined
  return (block as Readonly<Record<string, unknown>>)[key]
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function isOn(value: unknown): boolean {
  return value === true || value === 'on' || value === 'true' || value === '1'
}
