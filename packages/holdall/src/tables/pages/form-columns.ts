import { tildeEncode } from '../../web/url.ts'
import type { ServedDatabase } from '../databases.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { identifier } from '../identifiers.ts'
import type { Reference } from '../labels.ts'
import type { Statement } from '../reader/protocol.ts'
import type { Column, Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { columnWords, fieldWords } from './column-words.ts'
import { plainText } from './value-cell.ts'

/** Rows that a foreign key can choose among; a table with more takes the key as text. */
const MAX_CHOICES = 200
const LONG_TEXT = 60
const LONG_BY_NAME = /(?:^|_)(?:abstract|body|caption|comments?|content|description|details|notes?|summary|text)$/i
const LONG_COLUMN_TYPES = ['textarea', 'json']

export type Control = 'key' | 'computed' | 'bytes' | 'file' | 'choice' | 'integer' | 'real' | 'line' | 'area'

/** A column as a form shows it. */
export interface FormColumn {
  readonly column: Column
  /** The name of the field: plain names are themselves, whatever else is tilde-encoded. */
  readonly field: string
  readonly control: Control
  readonly words: string
  readonly required: boolean
  /** What the row holds now, as the field shows it; empty for null. */
  readonly text: string
  readonly stored: SqliteValue
  readonly file?: FileColumn
  readonly choices?: readonly { readonly value: string; readonly label: string }[]
  /** The table that a key is of which there are too many to choose among. */
  readonly otherTable?: string
}

export interface FormContext {
  readonly database: ServedDatabase
  readonly table: Table
  readonly fileColumns: ReadonlyMap<string, FileColumn>
  readonly references: ReadonlyMap<string, Reference>
  /** What the row holds; null for a new one. */
  readonly values: ReadonlyMap<string, SqliteValue> | null
  readonly signal: AbortSignal
}

/** The fields of a row's form, in the order of the columns. */
export async function formColumns(context: FormContext): Promise<FormColumn[]> {
  const { table, fileColumns, references, values } = context
  const choices = await readChoices(context)
  return table.columns.flatMap((column) => {
    if (column.hidden === 1 || (column.hidden > 1 && values === null)) return []
    const { name } = column
    const file = fileColumns.get(name)
    const reference = references.get(name)
    const stored = values?.get(name) ?? null
    const offered = choices.get(name)
    const control = controlOf(context, column, stored, offered !== undefined)
    const required = isRequired(table, column)
    const words = columnWords(table, name, file, reference)
    return {
      column,
      field: tildeEncode(name),
      control,
      words: control === 'computed' ? `${words} · computed` : fieldWords(words, required && control !== 'key'),
      required,
      stored,
      text: fieldText(stored),
      ...(file && control === 'file' && { file }),
      ...(offered && control === 'choice' && { choices: withCurrent(offered, stored) }),
      ...(reference && !offered && { otherTable: reference.table.name }),
    }
  })
}

function controlOf(
  { table, fileColumns, values }: FormContext,
  column: Column,
  stored: SqliteValue,
  offered: boolean,
): Control {
  const { name, affinity } = column
  if (column.hidden > 1) return 'computed'
  if (values !== null && column.keyPosition > 0) return 'key'
  if (stored instanceof Uint8Array) return 'bytes'
  if (fileColumns.has(name)) return 'file'
  if (offered) return 'choice'
  if (affinity === 'INTEGER') return 'integer'
  if (affinity === 'REAL') return 'real'
  const long = typeof stored === 'string' && (stored.length > LONG_TEXT || /[\r\n]/.test(stored))
  const type = table.config?.columns[name]?.columnType?.type ?? ''
  return long || LONG_BY_NAME.test(name) || LONG_COLUMN_TYPES.includes(type) ? 'area' : 'line'
}

/** Whether a new row must say something here; `INTEGER PRIMARY KEY` counts by itself. */
function isRequired(table: Table, column: Column): boolean {
  if (isRowid(table, column) || column.default !== null || column.hidden > 1) return false
  return column.notNull || column.keyPosition > 0
}

export function isRowid(table: Table, { keyPosition, type }: Column): boolean {
  return keyPosition === 1 && table.primaryKeys.length === 1 && table.rowid !== null && type.toUpperCase() === 'INTEGER'
}

function fieldText(value: SqliteValue): string {
  return value === null || value instanceof Uint8Array ? '' : String(value)
}

type Choices = readonly { readonly value: string; readonly label: string }[]

/** The rows that foreign keys can choose among: one read for all of them. */
async function readChoices({
  database,
  table,
  references,
  fileColumns,
  signal,
}: FormContext): Promise<Map<string, Choices>> {
  const choosable = [...references].filter(([column]) => !fileColumns.has(column) && table.columnsByName.has(column))
  if (choosable.length === 0) return new Map()
  const { results } = await database.read(
    () => ({ statements: choosable.map(([, reference]) => choicesOf(reference)) }),
    {
      signal,
    },
  )
  return new Map(
    results.flatMap((result, index) => {
      const column = (choosable[index] as [string, Reference])[0]
      if (result.failure || result.more) return []
      return [[column, told(result.rows.map(([key = null, label = null]) => choice(key, label)))] as const]
    }),
  )
}

function choicesOf({ table, otherColumn, labelColumn }: Reference): Statement {
  const [key, label] = [identifier(otherColumn), identifier(labelColumn ?? otherColumn)]
  return {
    sql: `select ${key}, ${label} from ${identifier(table.name)} where ${key} is not null order by ${label} limit ${MAX_CHOICES + 1}`,
    limit: MAX_CHOICES,
    optional: true,
  }
}

function choice(key: SqliteValue, label: SqliteValue) {
  const value = plainText(key)
  return { value, label: label === null || label === '' ? value : plainText(label) }
}

/** Keys stand only beside labels that several rows share. */
function told(choices: Choices): Choices {
  const seen = new Set<string>()
  const shared = new Set<string>()
  for (const { label } of choices) (seen.has(label) ? shared : seen).add(label)
  return choices.map(({ value, label }) => ({
    value,
    label: shared.has(label) && label !== value ? `${label} · ${value}` : label,
  }))
}

/** A key that leads nowhere stays what it is. */
function withCurrent(choices: Choices, stored: SqliteValue): Choices {
  const text = fieldText(stored)
  if (text === '' || choices.some(({ value }) => value === text)) return choices
  return [{ value: text, label: `${text} (no such row)` }, ...choices]
}
