import type { ParquetColumn, ParquetFile, RowGroup, RowGroups, Spread } from '../footer/parquet-file.ts'
import { MAX_EACH } from '../footer/parse.ts'
import { greater, lesser } from './bounds.ts'
import { nameKey } from './names.ts'
import { widen } from './widen.ts'

/** What a file says of itself, or several together. */
export type Stated = Pick<ParquetFile, 'columns' | 'rowGroups' | 'rowCount' | 'sizeBytes'>

/** Two columns of one name that cannot be one. The message names it, for people. */
export class CannotMerge extends Error {
  override readonly name = 'CannotMerge'
}

/**
 * What files say together, in their order: columns by name, each with a type that holds all its values; where a file does
 * not have a column, its rows are NULL there.
 *
 * @throws CannotMerge
 */
export function merge(first: Stated, ...others: readonly Stated[]): Stated {
  return others.reduce((merged, next) => mergeTwo(merged, next), first)
}

function mergeTwo(one: Stated, other: Stated): Stated {
  const coming = byName(other.columns)
  const known = byName(one.columns)
  const columns = one.columns.map((column) => {
    const same = coming.get(nameKey(column.name))
    return same === undefined ? absentIn(column, other.rowCount) : mergeColumn(column, same, one, other)
  })
  for (const column of other.columns) {
    if (!known.has(nameKey(column.name))) columns.push(absentIn(column, one.rowCount))
  }
  return {
    columns,
    rowGroups: mergeRowGroups(one.rowGroups, other.rowGroups),
    rowCount: one.rowCount + other.rowCount,
    sizeBytes: one.sizeBytes + other.sizeBytes,
  }
}

/** @throws CannotMerge for a name that is there twice: nobody knows which one is meant */
function byName(columns: readonly ParquetColumn[]): ReadonlyMap<string, ParquetColumn> {
  const found = new Map<string, ParquetColumn>()
  for (const column of columns) {
    const key = nameKey(column.name)
    if (found.has(key)) throw new CannotMerge(`There are two columns “${column.name}”: nobody can tell which is which.`)
    found.set(key, column)
  }
  return found
}

function absentIn(column: ParquetColumn, rows: number): ParquetColumn {
  const { nullCount } = column
  return {
    ...column,
    isRequired: column.isRequired && rows === 0,
    nullCount: nullCount === null ? null : nullCount + rows,
  }
}

function mergeColumn(a: ParquetColumn, b: ParquetColumn, one: Stated, other: Stated): ParquetColumn {
  const type = widen(a.type, b.type)
  if (type === undefined) {
    throw new CannotMerge(`The column “${a.name}” is ${a.type} in one and ${b.type} in the other: no type holds both.`)
  }
  const [emptyA, emptyB] = [isEmpty(a, one), isEmpty(b, other)]
  const [least, greatest] = emptyA || emptyB ? [emptyA ? b.min : a.min, emptyA ? b.max : a.max] : boundsOf(type, a, b)
  return {
    name: a.name,
    type,
    isRequired: a.isRequired && b.isRequired,
    physicalType: a.physicalType === b.physicalType ? a.physicalType : null,
    logicalType: a.logicalType === b.logicalType ? a.logicalType : null,
    nullCount: a.nullCount === null || b.nullCount === null ? null : a.nullCount + b.nullCount,
    min: least,
    max: greatest,
    compressedBytes: a.compressedBytes + b.compressedBytes,
    uncompressedBytes: a.uncompressedBytes + b.uncompressedBytes,
  }
}

/** Whether it has no value at all, so that it has no bounds for a reason. */
function isEmpty({ nullCount }: ParquetColumn, { rowCount }: Stated): boolean {
  return nullCount === rowCount
}

function boundsOf(type: string, a: ParquetColumn, b: ParquetColumn): [string | null, string | null] {
  return [
    a.min === null || b.min === null ? null : lesser(type, a.min, b.min),
    a.max === null || b.max === null ? null : greater(type, a.max, b.max),
  ]
}

function mergeRowGroups(one: RowGroups, other: RowGroups): RowGroups {
  const count = one.count + other.count
  const each = [...one.each, ...(one.each.length < one.count ? [] : other.each)].slice(0, MAX_EACH)
  return { count, rows: spreadOf(one, other, 'rows'), bytes: spreadOf(one, other, 'bytes'), each }
}

/** Exact where both list all of theirs; else what is not listed counts as the median of its file. */
function spreadOf(one: RowGroups, other: RowGroups, what: keyof RowGroup): Spread {
  if (one.count === 0) return other[what]
  if (other.count === 0) return one[what]
  const values = [...valuesOf(one, what), ...valuesOf(other, what)].sort((a, b) => a - b)
  const middle = values.length >> 1
  const at = (index: number) => values[index] as number
  return {
    min: Math.min(one[what].min, other[what].min),
    median: values.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
    max: Math.max(one[what].max, other[what].max),
  }
}

function valuesOf(groups: RowGroups, what: keyof RowGroup): number[] {
  const listed = groups.each.map((group) => group[what])
  return [...listed, ...Array<number>(groups.count - listed.length).fill(groups[what].median)]
}
