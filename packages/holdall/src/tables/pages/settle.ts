import type { RouteContext } from '../../web/route.ts'
import { OPERATORS } from '../filters.ts'
import { type Reference, referencesOf } from '../labels.ts'
import { databaseIn, tableIn } from '../routes.ts'
import { visibleTables } from '../visible-tables.ts'
import { type FilterKind, filterKind } from './filter-kinds.ts'
import { keyMeant } from './filter-labels.ts'
import type { PagesRoom } from './room.ts'
import { fileColumnsOf } from './table-data.ts'

const FILTER_FIELDS = /^_filter_(?:column|op(?:_[a-z]+)?|value|until)$/

/**
 * What the page's own forms send, as the address that it means: a new filter, an order from the menu of narrow screens,
 * an empty search. Null when the address is one already.
 */
export function settle(c: RouteContext, room: PagesRoom, given: URLSearchParams): Promise<URLSearchParams | null> {
  return settleWith(given, () => askedFilters(c, room, given))
}

/** @param askedFor the filter that the form asks for, as parameters */
export async function settleWith(
  given: URLSearchParams,
  askedFor: () => [string, string][] | Promise<[string, string][]>,
): Promise<URLSearchParams | null> {
  const asked = [...given.keys()].filter((name) => FILTER_FIELDS.test(name))
  const order = given.get('_order')
  if (asked.length === 0 && order === null && given.get('_search') !== '') return null
  const settled = new URLSearchParams(given)
  for (const name of [...asked, '_order']) settled.delete(name)
  if (settled.get('_search') === '') settled.delete('_search')
  if (given.get('_filter_column')) {
    for (const [name, value] of await askedFor()) settled.append(name, value)
  }
  if (order !== null) {
    settled.delete('_sort')
    settled.delete('_sort_desc')
    const name = order.startsWith('-') ? '_sort_desc' : '_sort'
    if (order !== '') settled.set(name, order.slice(1))
  }
  return settled
}

/**
 * The filter of a form as parameters: one, or two of a range; none where the operator is not known. The form has a list of operators for each kind of column (`_filter_op_text` …),
 * of which the column says which one counts; `_filter_op` is for whoever writes the address.
 */
export function filtersIn(given: URLSearchParams, kind: FilterKind): [string, string][] {
  const column = given.get('_filter_column') ?? ''
  const value = given.get('_filter_value') ?? ''
  const operator = given.get('_filter_op') ?? given.get(`_filter_op_${kind}`) ?? ''
  if (operator === 'between') return between(column, value, given.get('_filter_until') ?? '')
  if (!Object.hasOwn(OPERATORS, operator)) return []
  return [[`${column}__${operator}`, OPERATORS[operator]?.noArgument ? '1' : value]]
}

async function askedFilters(c: RouteContext, room: PagesRoom, given: URLSearchParams): Promise<[string, string][]> {
  const column = given.get('_filter_column') ?? ''
  const database = databaseIn(c, room)
  const schema = await database.schema()
  const table = schema.tables.get(tableIn(c))
  if (table === undefined) return []
  const [references, settings] = await Promise.all([
    visibleReferences(c, room, database.name, referencesOf(schema, table)),
    room.fileColumns.of(database.name, table.name),
  ])
  const kind = filterKind({ table, fileColumns: fileColumnsOf(table, settings), references }, column)
  const filters = filtersIn(given, kind)
  const reference = references.get(column)
  const [filter] = filters
  if (reference === undefined || filter === undefined || filters.length > 1) return filters
  // A row that a foreign key leads to may be named in place of its key.
  const [name, value] = filter
  const operator = name.slice(column.length + 2)
  return [[name, await keyMeant(database, reference, operator, value, c.req.raw.signal)]]
}

/** Both ends are in it; one that was left empty is open. */
function between(column: string, from: string, until: string): [string, string][] {
  const ends: [string, string][] = [
    [`${column}__gte`, from.trim()],
    [`${column}__lte`, until.trim()],
  ]
  return ends.filter(([, end]) => end !== '')
}

async function visibleReferences(
  c: RouteContext,
  room: PagesRoom,
  database: string,
  references: readonly Reference[],
): Promise<Map<string, Reference>> {
  if (references.length === 0) return new Map()
  const names = references.map(({ table }) => table.name)
  const visible = await visibleTables(room.permissions, c.var.actor, database, names)
  return new Map(references.filter(({ table }) => visible.has(table.name)).map((one) => [one.column, one]))
}
