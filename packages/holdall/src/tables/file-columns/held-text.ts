import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import type { ServedDatabase } from '../databases.ts'
import { identifier, quoted } from '../identifiers.ts'
import type { Statement } from '../reader/protocol.ts'
import type { FileColumn, FileColumnSettings } from './settings.ts'

/** By column: how many rows hold what is no file; null where counting took too long. */
export type HeldText = ReadonlyMap<string, number | null>

const ID_GLOB = `df-${'[a-z0-9]'.repeat(26)}`

/** Counts the rows of some columns that hold something, and no file. @throws HoldallError what reading throws */
export async function countHeldText(
  database: Pick<ServedDatabase, 'read'>,
  name: string,
  columns: readonly string[],
): Promise<HeldText> {
  if (columns.length === 0) return new Map()
  const { plan, results } = await database.read((schema) => {
    const table = schema.tables.get(name)
    const counted = columns.filter((column) => table?.columnsByName.has(column))
    return { counted, statements: counted.map((column) => statementFor(name, column)) }
  })
  return new Map(
    plan.counted.map((column, at) => {
      const result = results[at]
      return [column, result === undefined || result.failure ? null : Number(result.rows[0]?.[0] ?? 0)]
    }),
  )
}

/** What `readCell` calls `other`, in SQL. */
function statementFor(table: string, column: string): Statement {
  const cell = quoted(column)
  const isFile = `case when typeof(${cell}) <> 'text' then 0 when ${cell} glob :id then 1
    when json_valid(${cell}) then case when json_type(${cell}) = 'array'
      then not exists (select 1 from json_each(${cell}) where type <> 'text' or value not glob :id) else 0 end
    else 0 end`
  return {
    sql: `select count(*) from ${identifier(table)} where ${cell} is not null and ${cell} <> '' and not (${isFile})`,
    params: { id: ID_GLOB },
    limit: 1,
    optional: true,
  }
}

/** `2,000 rows hold text that is no file.` Undefined where there is none. */
export function heldTextWords(count: number | null): string | undefined {
  if (count === null) return 'There are too many rows to look at all of them. Some may hold text that is no file.'
  return count === 0
    ? undefined
    : `${formatCount(count, 'row')} ${count === 1 ? 'holds' : 'hold'} text that is no file.`
}

/**
 * Asks before a column with text becomes a file column. One that holds files already is not asked about again.
 * @param isConfirmed whether somebody wants a column all the same
 * @throws HoldallError `file_columns_hold_text` (409); `fields` has the messages under `holds.COLUMN`
 */
export async function demandNoText(
  database: Pick<ServedDatabase, 'read'>,
  table: string,
  changes: ReadonlyMap<string, FileColumnSettings | null>,
  now: ReadonlyMap<string, FileColumn>,
  isConfirmed: (column: string) => boolean,
): Promise<void> {
  const news = [...changes].flatMap(([column, settings]) =>
    settings === null || now.has(column) || isConfirmed(column) ? [] : [column],
  )
  const held = [...(await countHeldText(database, table, news))].flatMap(([column, count]) => {
    const words = heldTextWords(count)
    return words === undefined ? [] : [{ column, words }]
  })
  if (held.length === 0) return
  throw new HoldallError(
    'file_columns_hold_text',
    {},
    {
      errors: held.map(({ column, words }) => `${column}: ${words} Send "confirm": true to use it all the same.`),
      fields: Object.fromEntries(held.map(({ column, words }) => [`holds.${column}`, words])),
    },
  )
}
