import type { FileBrief } from '../../../files/record.ts'
import type { HoldallError } from '../../../web/error.ts'
import { lineOf } from '../forms.ts'
import type { JudgedLine } from '../outline.ts'
import { refusedRows } from '../row-problems.ts'
import { controlOf, type ShownLine } from './plan-line.ts'

/** The lines that a refusal is about. */
export function linesToMend(lines: readonly JudgedLine[], error: HoldallError): JudgedLine[] {
  const typed = new Set(Object.keys(error.fields).flatMap((name) => lineOf(name)?.position ?? []))
  const keys = new Set(refusedRows(error).map(({ key }) => key))
  return lines.filter(({ position, chosen }) => typed.has(position) || (chosen !== null && keys.has(chosen)))
}

/** What was wrong, each with the field that mends it: of a row that cannot take its files, the first file's. */
export function messagesOf(
  error: HoldallError,
  lines: readonly ShownLine[],
  nameOfRow: (key: string) => string,
  files: ReadonlyMap<string, FileBrief>,
): { field?: string; label?: string; message: string }[] {
  const rows = refusedRows(error)
  if (rows.length > 0) {
    const shown = rows.flatMap(({ key, message }) =>
      lines
        .filter(({ chosen }) => chosen === key)
        .map((line) => ({
          field: controlOf(line),
          label: `Row ${nameOfRow(key)}, ${files.get(line.file)?.filename ?? 'a file'}`,
          message,
        })),
    )
    if (shown.length > 0) return shown
  }
  const fields = Object.entries(error.fields).filter(([name]) => name === 'pattern' || lineOf(name) !== undefined)
  if (fields.length === 0) return error.errors.slice(0, 10).map((message) => ({ message }))
  return fields.map(([field, message]) => {
    const line = lines.find(({ position }) => position === lineOf(field)?.position)
    return { field, label: line ? (files.get(line.file)?.filename ?? 'Row') : 'Pattern', message }
  })
}
