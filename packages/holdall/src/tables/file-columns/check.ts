import type { FileBrief } from '../../files/record.ts'
import { matchesAny } from '../../sources/accept.ts'
import { HoldallError } from '../../web/error.ts'
import { formatBytes, formatLimit } from '../../web/format.ts'
import type { Actor } from '../../web/route.ts'
import type { SqliteValue } from '../value.ts'
import type { NewRow } from '../write/protocol.ts'
import { type Meaning, meaningOf, readCell } from './cell.ts'
import type { FileColumn } from './settings.ts'
import { type VisibleFiles, visibleFiles } from './visible.ts'

export interface FileCheck {
  readonly actor: Actor | null
  readonly files: VisibleFiles
  readonly columns: ReadonlyMap<string, FileColumn>
  readonly rows: readonly NewRow[]
  /** What the file columns of each row hold now, by column; null for a row that is new. Asked for only when needed. */
  stored(columns: readonly string[]): Promise<readonly (ReadonlyMap<string, SqliteValue> | null)[]>
}

interface Cell {
  readonly row: number
  readonly column: string
  readonly rule: FileColumn
  readonly sent: string
  readonly meaning: Meaning
}

/**
 * The rows as they are to be written, when everything that they put into file columns is in order: each id exists, the
 * actor may browse it, and its type and size are accepted. What a cell holds already is not checked again.
 *
 * @throws HoldallError `file_column_refused` (400) that names each column; `fields` has the messages by column
 */
export async function checkFileColumns(check: FileCheck): Promise<readonly NewRow[]> {
  const cells: Cell[] = []
  const problems: { cell: { row: number; column: string }; problem: string }[] = []
  for (const [row, values] of check.rows.entries()) {
    for (const [column, value] of values) {
      const rule = check.columns.get(column)
      if (rule === undefined || value === null || value === '') continue
      if (typeof value === 'string')
        cells.push({ row, column, rule, sent: value, meaning: meaningOf(value, rule.multiple) })
      else problems.push({ cell: { row, column }, problem: 'The id of a file is text.' })
    }
  }
  if (cells.length === 0 && problems.length === 0) return check.rows
  const columns = [...new Set(cells.map(({ column }) => column))]
  const stored = cells.length === 0 ? [] : await check.stored(columns)
  const held = ({ row, column }: Cell) => stored[row]?.get(column) ?? null

  const changed = cells.filter((cell) => held(cell) !== cell.sent)
  const unknown = (cell: Cell): readonly string[] => {
    if ('problem' in cell.meaning) return []
    const already = new Set(readCell(held(cell)).ids)
    return cell.meaning.ids.filter((id) => !already.has(id))
  }
  const files = await visibleFiles(check.files, check.actor, changed.flatMap(unknown))
  for (const cell of changed) {
    if ('problem' in cell.meaning) problems.push({ cell, problem: cell.meaning.problem })
    for (const id of unknown(cell)) {
      const problem = problemWith(id, files.get(id), cell.rule)
      if (problem !== undefined) problems.push({ cell, problem })
    }
  }
  if (problems.length > 0) throw refusal(problems, check.rows.length)

  const stores = new Map<string, string>()
  for (const cell of changed) {
    if ('stored' in cell.meaning) stores.set(`${cell.row}\0${cell.column}`, cell.meaning.stored)
  }
  return check.rows.map((row, index) =>
    row.map(([column, value]) => [column, stores.get(`${index}\0${column}`) ?? value]),
  )
}

/** Why a file may not stand in a column; undefined when it may. */
export function problemWith(id: string, file: FileBrief | undefined, rule: FileColumn): string | undefined {
  if (file === undefined) return `${id} does not exist, or you may not see it.`
  if (rule.accept.length > 0 && !matchesAny(rule.accept, file)) {
    return `This column takes ${rule.accept.join(', ')}. ${file.filename} is ${file.contentType}.`
  }
  if (rule.maxSize !== undefined && (file.size ?? 0) > rule.maxSize) {
    return `This column takes files up to ${formatLimit(rule.maxSize)}. ${file.filename} has ${formatBytes(file.size ?? 0)}.`
  }
  return undefined
}

function refusal(
  problems: readonly { cell: { row: number; column: string }; problem: string }[],
  rows: number,
): HoldallError {
  const fields: Record<string, string> = Object.create(null)
  const errors = problems.map(({ cell, problem }) => {
    fields[cell.column] ??= problem
    return `${rows > 1 ? `Row ${cell.row}: ` : ''}${cell.column}: ${problem}`
  })
  return new HoldallError('file_column_refused', {}, { errors, fields })
}
