import { HoldallError } from '../../web/error.ts'
import type { Actor } from '../../web/route.ts'
import { pageNames, sizeNames } from '../place.ts'
import { countSql, describe } from '../query.ts'
import { mayAskWhere } from '../where-right.ts'
import { type AskedList, hasConditions, type List, queryOf } from './conditions.ts'
import type { AttachRoom, Subject } from './room.ts'

/** What is no condition of a list, beside the place in its pages. */
const NO_CONDITIONS = ['_sort', '_sort_desc', '_col', '_nocol', '_nocount', '_timelimit']

/**
 * Undefined where all rows are meant.
 * @throws HoldallError what is wrong with the conditions: `bad_request`, `permission_denied`, `file_filter_too_many`, and what reading throws
 */
export async function listFor(
  room: AttachRoom,
  { database, table }: Subject,
  actor: Actor | null,
  { list = '', allRows }: AskedList,
): Promise<List | undefined> {
  if (list === '' || allRows) return undefined
  const parameters = new URLSearchParams(list)
  for (const name of [...pageNames(table), ...sizeNames(table), ...NO_CONDITIONS]) parameters.delete(name)
  const [mayExecuteSql, fileIds] = await Promise.all([
    mayAskWhere(room.permissions, actor, database.name, parameters),
    room.fileIds(actor, database, table.name, parameters),
  ])
  const found = { parameters, mayExecuteSql, fileIds }
  return hasConditions(queryOf(table, found)) ? found : undefined
}

/** The rows of a list, as its pages say it. */
export interface ListWords {
  /** Absent where a condition can no longer be asked for: its column is gone, or the right to it. */
  readonly conditions?: List
  /** At most `COUNT_LIMIT + 1`; null where counting took too long, or the list cannot be read. */
  readonly count: number | null
  /** `where year = 1862` */
  readonly words: string
}

/** Undefined where somebody came from all rows. */
export async function listWords(
  room: AttachRoom,
  subject: Subject,
  actor: Actor | null,
  list: string | undefined,
  signal: AbortSignal,
): Promise<ListWords | undefined> {
  const { database, table } = subject
  try {
    const found = await listFor(room, subject, actor, { list })
    if (found === undefined) return undefined
    const { plan, results } = await database.read(
      (schema) => {
        const query = queryOf(schema.tables.get(table.name) ?? table, found)
        const statements = [{ sql: countSql(query), params: query.fromParams, limit: 1, optional: true }]
        return { query, statements, options: { suspect: query.where.length > 0 } }
      },
      { signal },
    )
    const [counted] = results
    return {
      count: counted === undefined || counted.failure ? null : Number(counted.rows[0]?.[0] ?? 0),
      conditions: found,
      words: describe(plan.query.filters, plan.query.search, null),
    }
  } catch (error) {
    if (!(error instanceof HoldallError) || error.status >= 500) throw error
    return { count: null, words: '' }
  }
}

/** The table's page as somebody left it. */
export function listHref({ path }: Subject, list: string | undefined): string {
  return list === undefined || list === '' ? path : `${path}?${list}`
}
