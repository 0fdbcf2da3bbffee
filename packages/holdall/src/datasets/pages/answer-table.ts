import type { Html } from '../../web/html.ts'
import { dataTable } from '../../web/parts/table.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import { cellOf, isNumeric } from './cells.ts'

/** The rows of an answer as a table. @param caption what they are, for those who do not see it */
export function answerTable({ columns, rows }: Pick<QueryAnswer, 'columns' | 'rows'>, caption: string): Html {
  return dataTable({
    caption,
    columns: columns.map(({ name, type }, at) => ({
      label: name,
      type,
      ...(isNumeric(type) ? { kind: 'numeric' } : at === 0 ? { kind: 'key' } : {}),
    })),
    rows: rows.map((row) => ({ cells: columns.map(({ name, type }) => cellOf(row[name], type)) })),
  })
}
