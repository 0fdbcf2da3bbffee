import { HoldallError } from '../web/error.ts'
import { identifier } from './identifiers.ts'
import { decodeKey, EMPTY_TEXT, encodeKey } from './keys.ts'
import type { KeyColumn } from './schema.ts'
import type { Affinity, SqliteValue } from './value.ts'

/** What a page is ordered by before the row's key. */
export interface Sort {
  readonly column: string
  readonly sqlName: string
  readonly descending: boolean
  readonly affinity: Affinity
  /** No NULLs among the values. */
  readonly notNull: boolean
}

/** Where a page ends: the sort value and the key of its last row. */
export interface Position {
  readonly sort: SqliteValue
  readonly keys: readonly SqliteValue[]
}

/** `$null,df-1` and the like: the sort value, if there is a sort, then the key's parts. */
export function encodeCursor(position: Position, sort: Sort | null, keys: readonly KeyColumn[]): string {
  const parts = position.keys.map((value, index) => encodeKey(value, keys[index]?.affinity ?? 'NONE'))
  return (sort ? [encodeKey(position.sort, sort.affinity), ...parts] : parts).join(',') || EMPTY_TEXT
}

/**
 * @param tieBreaker whether the last of `keys` is only there when another is NULL
 * @throws HoldallError `invalid_cursor`
 */
export function decodeCursor(
  cursor: string,
  sort: Sort | null,
  keys: readonly KeyColumn[],
  tieBreaker: boolean,
): Position {
  const affinities = keys.map((key) => key.affinity)
  if (sort) affinities.unshift(sort.affinity)
  const parts = cursor.split(',')
  const missing = affinities.length - parts.length
  if (missing !== 0 && !(missing === 1 && tieBreaker)) throw new HoldallError('invalid_cursor')
  const values = parts.map((part, index) => {
    const decoded = decodeKey(part, affinities[index] ?? 'NONE')
    if (decoded === null) throw new HoldallError('invalid_cursor')
    return decoded.value
  })
  return sort ? { sort: values[0] ?? null, keys: values.slice(1) } : { sort: null, keys: values }
}

/**
 * The conditions that leave the rows after a position, in the order that `orderBy` gives. Where there are two, the rows
 * of the second stand behind all of the first: as one condition with an `or` no index could order them.
 */
export function afterSql(
  position: Position,
  sort: Sort | null,
  keys: readonly KeyColumn[],
  bind: (value: SqliteValue) => string,
): readonly [string] | readonly [string, string] {
  const afterKeys = afterKeySql(position.keys, keys, bind)
  if (!sort) return [afterKeys]
  const column = identifier(sort.sqlName)
  if (position.sort === null) {
    const amongNulls = `(${column} is null and ${afterKeys})`
    return [sort.descending ? amongNulls : `(${column} is not null or ${amongNulls})`]
  }
  const value = bind(position.sort)
  const operator = sort.descending ? '<' : '>'
  // The first comparison repeats what follows from the second: it is what an index on the column can use.
  const after = `${column} ${operator}= ${value} and (${column} ${operator} ${value} or ${afterKeys})`
  return sort.descending && !sort.notNull ? [`(${after})`, `${column} is null`] : [`(${after})`]
}

/**
 * The same for the rows before a position, in the order that `orderBack` gives.
 *
 * @param keysMayBeNull whether NULLs, which stand first, are among the keys
 */
export function beforeSql(
  position: Position,
  sort: Sort | null,
  keys: readonly KeyColumn[],
  keysMayBeNull: boolean,
  bind: (value: SqliteValue) => string,
): readonly [string] | readonly [string, string] {
  const beforeKeys = beforeKeySql(position.keys, keys, keysMayBeNull, bind)
  if (!sort) return [beforeKeys]
  const column = identifier(sort.sqlName)
  if (position.sort === null) {
    const amongNulls = `(${column} is null and ${beforeKeys})`
    return [sort.descending ? `(${column} is not null or ${amongNulls})` : amongNulls]
  }
  const value = bind(position.sort)
  const operator = sort.descending ? '>' : '<'
  const before = `(${column} ${operator}= ${value} and (${column} ${operator} ${value} or ${beforeKeys}))`
  return sort.descending || sort.notNull ? [before] : [before, `${column} is null`]
}

function beforeKeySql(
  values: readonly SqliteValue[],
  keys: readonly KeyColumn[],
  mayBeNull: boolean,
  bind: (value: SqliteValue) => string,
): string {
  const columns = values.map((_, index) => identifier(keys[index]?.sqlName ?? ''))
  if (!mayBeNull && values.length > 1) return `(${columns.join(', ')}) < (${values.map(bind).join(', ')})`
  return columns.reduceRight<string>((condition, column, index) => {
    const value = values[index] ?? null
    const isEqual = condition === '1 = 0' ? null : condition
    if (value === null) return isEqual === null ? '1 = 0' : `(${column} is null and ${isEqual})`
    const bound = bind(value)
    const parts = [`${column} < ${bound}`]
    if (mayBeNull) parts.push(`${column} is null`)
    if (isEqual !== null) parts.push(`(${column} = ${bound} and ${isEqual})`)
    return parts.length === 1 ? (parts[0] as string) : `(${parts.join(' or ')})`
  }, '1 = 0')
}

/** SQLite puts NULLs first, in keys too, where it allows them. */
function afterKeySql(
  values: readonly SqliteValue[],
  keys: readonly KeyColumn[],
  bind: (value: SqliteValue) => string,
): string {
  const columns = values.map((_, index) => identifier(keys[index]?.sqlName ?? ''))
  if (values.length > 1 && values.every((value) => value !== null)) {
    return `(${columns.join(', ')}) > (${values.map(bind).join(', ')})`
  }
  let condition: string | null = null
  for (let index = values.length - 1; index >= 0; index -= 1) {
    const column = columns[index] as string
    const value = values[index] ?? null
    if (value === null) {
      condition =
        condition === null ? `${column} is not null` : `(${column} is not null or (${column} is null and ${condition}))`
    } else {
      const bound = bind(value)
      condition =
        condition === null
          ? `${column} > ${bound}`
          : `(${column} > ${bound} or (${column} = ${bound} and ${condition}))`
    }
  }
  return condition ?? '1 = 1'
}

export function orderBy(sort: Sort | null, keys: readonly KeyColumn[]): string {
  const parts = keys.map((key) => identifier(key.sqlName))
  if (sort) {
    const first = `${identifier(sort.sqlName)}${sort.descending ? ' desc' : ''}`
    return [first, ...parts.filter((part) => part !== identifier(sort.sqlName))].join(', ')
  }
  return parts.join(', ')
}

/** The same order from its end. */
export function orderBack(sort: Sort | null, keys: readonly KeyColumn[]): string {
  const parts = keys.map((key) => identifier(key.sqlName))
  const back = (sort ? parts.filter((part) => part !== identifier(sort.sqlName)) : parts).map((part) => `${part} desc`)
  return sort ? [`${identifier(sort.sqlName)}${sort.descending ? '' : ' desc'}`, ...back].join(', ') : back.join(', ')
}
