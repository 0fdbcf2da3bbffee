import { acceptList, SOURCE_SLUG } from '../../config/config.ts'
import { HoldallError } from '../../web/error.ts'
import type { Table } from '../schema.ts'
import { isObject, type Json } from '../write/body.ts'
import type { FileColumn, FileColumnSettings } from './settings.ts'

/** What somebody asks a column to become, before it is known to be sound. Null: it stops holding files. */
export interface AskedSettings {
  readonly source: string
  readonly multiple: boolean
  readonly accept: string
  readonly maxSize: string
}

export interface ChangeContext {
  readonly database: string
  readonly table: Table
  readonly now: ReadonlyMap<string, FileColumn>
  /** The path of the configuration file, for who asks to change what it declares. */
  readonly configFile: string | undefined
  knowsSource(slug: string): boolean
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  bytes: 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/**
 * The settings to keep, when everything that is asked is sound.
 * @throws HoldallError `file_columns_refused` (400); `fields` has the messages under `source.COLUMN` and the like
 */
export function checkedChanges(
  asked: ReadonlyMap<string, AskedSettings | null>,
  context: ChangeContext,
): Map<string, FileColumnSettings | null> {
  const { table, now } = context
  const changes = new Map<string, FileColumnSettings | null>()
  const problems: { field: string; column: string; message: string }[] = []
  for (const [column, settings] of asked) {
    const problem = problemWithColumn(column, context)
    if (problem !== undefined) problems.push({ field: `holds.${column}`, column, message: problem })
    else if (settings === null) changes.set(column, null)
    else {
      const read = readSettings(settings, context)
      for (const [key, message] of Object.entries(read.problems)) {
        problems.push({ field: `${key}.${column}`, column, message })
      }
      changes.set(column, read.settings)
    }
  }
  if (problems.length > 0) {
    throw new HoldallError(
      'file_columns_refused',
      {},
      {
        errors: problems.map(({ column, message }) =>
          table.columnsByName.has(column) && !message.includes(column) ? `${column}: ${message}` : message,
        ),
        fields: Object.fromEntries(problems.map(({ field, message }) => [field, message])),
      },
    )
  }
  // What stays as it is needs no writing.
  for (const column of changes.keys()) if (changes.get(column) === null && !now.has(column)) changes.delete(column)
  return changes
}

function problemWithColumn(name: string, { database, table, now, configFile }: ChangeContext): string | undefined {
  const column = table.columnsByName.get(name)
  if (column === undefined) return `Column not found: ${name}`
  if (now.get(name)?.declared) {
    return `${name} is declared in ${configFile ?? 'the configuration'}. Change it there.`
  }
  if (column.affinity !== 'TEXT') {
    const where = `${database}.${table.name}.${name}`
    return `Column type 'file' is only applicable to SQLite types TEXT but ${where} has SQLite type ${column.type || 'none'}`
  }
  return undefined
}

function readSettings(asked: AskedSettings, { knowsSource }: ChangeContext) {
  const problems: Record<string, string> = {}
  const source = asked.source.trim()
  if (source !== '' && !(SOURCE_SLUG.test(source) && knowsSource(source)))
    problems.source = `There is no source ${source}.`
  const accept = acceptList.safeParse(asked.accept.trim() === '' ? [] : asked.accept)
  if (!accept.success) problems.accept = 'Must be types or extensions, for example image/*, .pdf.'
  const maxSize = parseSize(asked.maxSize)
  if (maxSize === null) problems.max_size = 'Must be a size, for example 20 MB.'
  const settings: FileColumnSettings = {
    ...(source !== '' && { source }),
    multiple: asked.multiple,
    accept: accept.success ? accept.data : [],
    ...(maxSize !== undefined && maxSize !== null && { maxSize }),
  }
  return { settings, problems }
}

/** `20 MB`, `1.5 GiB`, `20971520` in bytes; undefined for nothing, null for what is no size. */
function parseSize(text: string): number | null | undefined {
  const found = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z]*)$/.exec(text.trim().toLowerCase())
  if (text.trim() === '') return undefined
  const unit = UNITS[found?.[2] ?? '-']
  if (found === null || unit === undefined) return null
  const bytes = Math.round(Number(found[1]) * unit)
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : null
}

/** The keys of a column in JSON are those of the configuration file. */
const KEYS = ['file_column', 'file_source', 'file_multiple', 'file_accept', 'file_max_size']

export interface AskedJson {
  readonly columns: ReadonlyMap<string, AskedSettings | null>
  /** Columns that hold text are wanted all the same. */
  readonly confirmed: boolean
}

/**
 * Reads `{columns: {photo: {file_column: true, file_source, file_multiple, file_accept, file_max_size} | null}, confirm}`.
 * @throws HoldallError `bad_request`
 */
export function readAskedJson(body: { [key: string]: Json }): AskedJson {
  const { columns, confirm = false, ...strangers } = body
  const [stranger] = Object.keys(strangers)
  if (stranger !== undefined) throw wrong(`Invalid keys: ${stranger}`)
  if (!isObject(columns)) throw wrong('JSON must contain a columns dictionary')
  if (typeof confirm !== 'boolean') throw wrong('confirm must be true or false')
  return {
    columns: new Map(
      Object.entries(columns).map(([column, settings]) => [
        column,
        settings === null ? null : readAsked(column, settings),
      ]),
    ),
    confirmed: confirm,
  }
}

function readAsked(column: string, settings: Json): AskedSettings | null {
  if (!isObject(settings)) throw wrong(`${column} must be a dictionary or null`)
  const stranger = Object.keys(settings).find((key) => !KEYS.includes(key))
  if (stranger !== undefined) throw wrong(`${column} has an invalid key: ${stranger}`)
  if (settings.file_column === false) return null
  return {
    source: textOf(settings.file_source, `${column}: file_source`),
    multiple: settings.file_multiple === true,
    accept: Array.isArray(settings.file_accept)
      ? settings.file_accept.map((entry) => textOf(entry, `${column}: file_accept`)).join(',')
      : textOf(settings.file_accept, `${column}: file_accept`),
    maxSize: textOf(settings.file_max_size, `${column}: file_max_size`),
  }
}

function textOf(json: Json | undefined, where: string): string {
  if (json === undefined || json === null) return ''
  if (typeof json === 'string') return json
  if (typeof json === 'bigint') return String(json)
  throw wrong(`${where} must be a text.`)
}

/** The settings of a table's columns as JSON, under the keys of the configuration file. */
export function fileColumnsJson(columns: ReadonlyMap<string, FileColumn>): Record<string, unknown> {
  const json: Record<string, unknown> = Object.create(null)
  for (const [column, { source, multiple, accept, maxSize, declared }] of columns) {
    json[column] = {
      file_column: true,
      file_source: source ?? null,
      file_multiple: multiple,
      file_accept: accept,
      file_max_size: maxSize ?? null,
      declared,
    }
  }
  return json
}

function wrong(reason: string): HoldallError {
  return new HoldallError('bad_request', { reason })
}
