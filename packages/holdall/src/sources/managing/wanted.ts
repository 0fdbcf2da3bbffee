import { SOURCE_SLUG, SOURCE_SLUG_ERROR } from '../../config/sources.ts'
import { HoldallError } from '../../web/error.ts'
import { configComplaints, DEFAULT_SOURCE, type DeclaredSource } from '../declared.ts'
import type { StorageType } from '../storage.ts'
import { type Allow, readWritten, type WrittenSource } from '../written.ts'
import { configFields } from './config-fields.ts'

const MAX_LABEL_LENGTH = 200
/** JSON characters of everything that is kept with a row. */
const MAX_WRITTEN_LENGTH = 2_000_000
const MAX_SLUG_LENGTH = 100

/** What somebody wants a source to be. */
export interface Wanted {
  readonly slug: string
  readonly written: WrittenSource
  /** Values of secrets by key of the `config`, to be kept apart from it. */
  readonly values: ReadonlyMap<string, string>
  /** Whether what is missing may be made, such as a folder. */
  readonly make: boolean
}

/** The same, found to be sound as far as that can be said without asking the storage. */
export interface Sound {
  readonly declared: DeclaredSource
  readonly allow: Allow
}

/**
 * Reads what is wanted as the configuration file would be read.
 *
 * @param types every storage that there is
 * @throws HoldallError `source_invalid` with everything that is wrong, each beside its field
 */
export function soundSource({ slug, written }: Wanted, types: readonly StorageType[]): Sound {
  const wrong = new Map<string, string>()
  const say = (field: string, message: string) => {
    if (!wrong.has(field)) wrong.set(field, sentence(message))
  }
  const isNameless = slug === '' && written.label === undefined
  if (isNameless) say('label', 'Say what it is called: a source needs a name, for example Old scans.')
  else if (slug === '') say('slug', 'is needed: nothing of the name can stand in an address. For example old-scans.')
  else if (!SOURCE_SLUG.test(slug)) say('slug', SOURCE_SLUG_ERROR)
  else if (slug === DEFAULT_SOURCE) say('slug', `is kept for the source that there is when none is configured.`)
  const { label } = written
  if (typeof label === 'string' && (label.length > MAX_LABEL_LENGTH || !label.isWellFormed() || /\p{Cc}/u.test(label)))
    say('label', `must be one line of at most ${MAX_LABEL_LENGTH} characters.`)
  const type = types.find((one) => one.type === written.storage)
  if (type === undefined) say('storage', `must be one of ${types.map((one) => one.type).join(', ')}.`)
  if (lengthOf(written) > MAX_WRITTEN_LENGTH) say('config', 'is too long.')
  else if (type !== undefined) {
    for (const [key, message] of secretComplaints(type, written.config)) say(`config.${key}`, message)
    const { source, allow, complaints } = readWritten(slug, written)
    const all = source === undefined ? complaints : [...complaints, ...configComplaints(source, type)]
    for (const { path, message } of all) {
      // What it is called is complained of above, beside its own field.
      if (path.length > 0 || message !== SOURCE_SLUG_ERROR) say(fieldOf(path), message)
    }
    if (wrong.size === 0 && source !== undefined) return { declared: { origin: 'runtime', source, type }, allow }
  }
  throw invalid(wrong)
}

/** What is nested too deeply to be written is longer than anything. */
function lengthOf(written: unknown): number {
  try {
    return JSON.stringify(written).length
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/** @param wrong messages by field: whole sentences; @param values more for the page that says it */
export function invalid(
  wrong: ReadonlyMap<string, string>,
  values: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): HoldallError {
  const errors = [...wrong].map(([field, message]) => `${field}: ${message}`)
  return new HoldallError(
    'source_invalid',
    { ...values, reason: errors.join('; ') },
    { errors, fields: Object.fromEntries(wrong), cause },
  )
}

/** `Old scans, 1904` as `old-scans-1904`; empty when nothing of it can stand in an address. */
export function slugFrom(label: string): string {
  const plain = label.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return plain
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_SLUG_LENGTH)
    .replaceAll(/^-+|-+$/g, '')
}

// What is typed into a row can be read by whoever reads the database, or a copy of it.
function secretComplaints(type: StorageType, config: unknown): [string, string][] {
  const block = (typeof config === 'object' && config !== null ? config : {}) as Readonly<Record<string, unknown>>
  return configFields(type).flatMap(({ key, isSecret }): [string, string][] => {
    const value = Object.hasOwn(block, key) ? block[key] : undefined
    if (!isSecret || value === undefined || (typeof value === 'object' && value !== null)) return []
    return [[key, 'takes the name of a secret, { "$secret": NAME }, and never a value.']]
  })
}

/** A place in a list belongs to the field of the whole list. */
function fieldOf(path: readonly (string | number)[]): string {
  const [block = 'config', key] = path
  if (block === 'allow') return 'allow'
  return block === 'config' && key !== undefined ? `config.${key}` : String(block)
}

function sentence(message: string): string {
  return message.slice(0, 1).toUpperCase() + message.slice(1)
}
