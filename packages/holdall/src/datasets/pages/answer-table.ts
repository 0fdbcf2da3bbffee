import type { Html } from '../../web/html.ts'
import { dataTable } from '../../web/parts/table.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import { cellsOf, isNumeric } from './cells.ts'

/** The rows of an answer as a table. @param caption what they are, for those who do not see it */
export function answerTable({ columns, rows }: Pick<QueryAnswer, 'columns' | 'rows'>, caption: string): Html {
  const cells = columns.map(({ name, type }) =>
    cellsOf(
      type,
      rows.map((row) => row[name]),
    ),
  )
  return dataTable({
    caption,
    columns: columns.map(({ name, type }, at) => ({
      label: name,
      type,
      ...(isNumeric(type) ? { kind: 'numeric' } : at === 0 ? { kind: 'key' } : {}),
    })),
    rows: rows.map((_, at) => ({ cells: cells.map((column) => column[at] ?? '') })),
  })
}
