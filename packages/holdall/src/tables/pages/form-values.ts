import { asBrowsersSend, fingerprint, wasField } from '../../access/was.ts'
import { parseInteger, type SqliteValue } from '../value.ts'
import type { NewRow } from '../write/protocol.ts'
import type { FormColumn } from './form-columns.ts'

const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** What a form sent, by the names of its fields. */
export type Posted = ReadonlyMap<string, string>

/** The name under which files come where there are no scripts. */
export function uploadField(field: string): string {
  return `$upload.${field}`
}

export interface ReadForm {
  readonly row: NewRow
  /** By field. */
  readonly problems: ReadonlyMap<string, string>
}

/** The values of a new row. A field that is left empty leaves the column to its default. */
export function readNewRow(columns: readonly FormColumn[], posted: Posted): ReadForm {
  return read(columns, posted, (column, text) => text !== '' || column.required)
}

/** What has changed of a row: a field that is as the page had it says nothing, even if the row has changed since. */
export function readChanges(columns: readonly FormColumn[], posted: Posted): ReadForm {
  return read(columns, posted, (column, text) => {
    const was = posted.get(wasField(column.field)) ?? fingerprint(column.text)
    return fingerprint(text) !== was
  })
}

function read(
  columns: readonly FormColumn[],
  posted: Posted,
  isSaid: (column: FormColumn, text: string) => boolean,
): ReadForm {
  const row: [string, SqliteValue][] = []
  const problems = new Map<string, string>()
  for (const column of columns) {
    const text = posted.get(column.field)
    if (text === undefined || ['key', 'computed', 'bytes'].includes(column.control) || !isSaid(column, text)) continue
    const value = readValue(column, asBrowsersSend(text), text)
    if ('problem' in value) problems.set(column.field, value.problem)
    else row.push([column.column.name, value.value])
  }
  return { row, problems }
}

function readValue(
  { column, control, stored, required }: FormColumn,
  text: string,
  sent: string,
): { value: SqliteValue } | { problem: string } {
  if (sent.includes('\0')) return { problem: 'Must not have a NUL character.' }
  if (text === '') {
    if (required || column.notNull) return { problem: 'Must not be empty.' }
    return { value: null }
  }
  if (control === 'file') return { value: text }
  if (column.affinity === 'INTEGER') {
    const integer = parseInteger(text.trim())
    if (integer === null) return { problem: 'Must be a whole number, for example 1862.' }
    return { value: BigInt(integer) }
  }
  if (column.affinity === 'REAL') {
    const trimmed = text.trim()
    if (!REAL.test(trimmed) || !Number.isFinite(Number(trimmed)))
      return { problem: 'Must be a number, for example 3.5.' }
    return { value: Number(trimmed) }
  }
  if (column.affinity === 'NONE' && (typeof stored === 'number' || typeof stored === 'bigint'))
    return { value: untyped(text) }
  // Line breaks stay what they were.
  const breaks = typeof stored === 'string' && stored.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text
  return { value: breaks }
}

/** A column without a type goes on holding a number where it held one. */
function untyped(text: string): SqliteValue {
  const integer = parseInteger(text.trim())
  if (integer !== null) return BigInt(integer)
  return REAL.test(text.trim()) ? Number(text) : text
}
