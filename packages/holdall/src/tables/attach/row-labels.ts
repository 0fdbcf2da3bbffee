import { identifier } from '../identifiers.ts'
import { titleColumn } from '../pages/table-data.ts'
import type { Statement } from '../reader/protocol.ts'
import { rowCondition } from '../row.ts'
import type { Table } from '../schema.ts'
import type { Match } from './names.ts'
import type { Subject } from './room.ts'

/** Labels longer than this say no more to who chooses a row. */
const LABEL_LENGTH = 100

/** What tells people which row it is, beside its key: what it is called, else the value that names of files were compared with. */
export function labelColumn(table: Table, match: Pick<Match, 'column'> | null | undefined): string | null {
  const matched = table.columnsByName.get(match?.column ?? '')?.name
  return titleColumn(table) ?? (matched === undefined || table.primaryKeys.includes(matched) ? null : matched)
}

/** What rows are called, by their addresses; rows that are gone, or have no label, are absent. One read for a page of rows. */
export async function labelsOf(
  { database, table: { name } }: Subject,
  keys: readonly string[],
  match: Pick<Match, 'column'> | null,
): Promise<Map<string, string>> {
  const wanted = [...new Set(keys)]
  const { plan, results } = await database.read((schema) => {
    const table = schema.tables.get(name)
    const label = table && labelColumn(table, match)
    const asked = table && label ? wanted.flatMap((key) => lookup(table, label, key)) : []
    return { asked, statements: asked.map(({ statement }) => statement), options: { short: true } }
  })
  const labels = new Map<string, string>()
  for (const [at, { key }] of plan.asked.entries()) {
    const label = results[at]?.rows[0]?.[0] ?? null
    if (label !== null && label !== '') labels.set(key, String(label))
  }
  return labels
}

function lookup(table: Table, label: string, key: string): { key: string; statement: Statement }[] {
  const parts = key.split(',')
  if (parts.length !== table.keys.length) return []
  try {
    const { condition, params } = rowCondition(table, parts)
    const sql = `select substr(${identifier(label)}, 1, ${LABEL_LENGTH}) from ${identifier(table.name)} where ${condition}`
    return [{ key, statement: { sql, params, limit: 1, optional: true } }]
  } catch {
    // An address that no row can have: whoever typed it hears so elsewhere.
    return []
  }
}
