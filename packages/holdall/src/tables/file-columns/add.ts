import { HoldallError } from '../../web/error.ts'
import type { Table } from '../schema.ts'
import type { Json } from '../write/body.ts'

/** Letters of the name of a column that is added. */
export const MAX_COLUMN_NAME = 100

/** What names the row itself in SQLite, whatever the table. */
const ROW_NAMES: ReadonlySet<string> = new Set(['rowid', '_rowid_', 'oid'])

/** A column that is to be added, and to hold files. */
export interface NewFileColumn {
  readonly name: string
  readonly multiple: boolean
}

/**
 * Reads `{name, multiple}`.
 * @throws HoldallError `bad_request`
 */
export function readNewColumnJson(body: { [key: string]: Json }): NewFileColumn {
  const { name, multiple = false, ...strangers } = body
  const [stranger] = Object.keys(strangers)
  if (stranger !== undefined) throw wrong(`Invalid keys: ${stranger}`)
  if (typeof name !== 'string') throw wrong('"name" must be the name of the column')
  if (typeof multiple !== 'boolean') throw wrong('"multiple" must be true or false')
  return { name, multiple }
}

/** @throws HoldallError `file_columns_refused`; `fields` has the message under `name` */
export function demandNewName(table: Table, name: string): void {
  const message = problemWith(table, name)
  if (message === undefined) return
  throw new HoldallError('file_columns_refused', {}, { errors: [message], fields: { name: message } })
}

function problemWith(table: Table, name: string): string | undefined {
  if (name.trim() === '') return 'A column needs a name.'
  if (name !== name.trim()) return 'A name has no space before or after it.'
  if (name.length > MAX_COLUMN_NAME) return `A name has at most ${MAX_COLUMN_NAME} letters.`
  if (/\p{Cc}/u.test(name) || !name.isWellFormed()) return 'A name is one line of letters and signs.'
  if (ROW_NAMES.has(name.toLowerCase())) return `${name} is SQLite's own name of a row. Choose another one.`
  const taken = table.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  return taken && `${table.name} has a column ${taken.name} already. Choose another name.`
}

function wrong(reason: string): HoldallError {
  return new HoldallError('bad_request', { reason })
}
