import type { ParquetColumn } from '../footer/parquet-file.ts'

/** A value with how many rows have it. */
export interface Frequent {
  /** As a query writes it. */
  readonly value: string | number | boolean
  readonly count: number
}

/** How many rows lie between each two neighbours of `edges`: from the one on, up to below the next. */
export interface Histogram {
  /** As a filter takes them, one more than counts. */
  readonly edges: readonly string[]
  readonly counts: readonly number[]
}

/** What all rows of a column say, as its dataset was at one revision. */
export interface ColumnStatistics {
  readonly rows: number
  readonly nulls: number
  /** As a query writes them; null where no row has a value, or values have no order. */
  readonly min: string | null
  readonly max: string | null
  /** Different values; null where they were not counted. */
  readonly distinct: number | null
  /** Else it is within some hundredths. */
  readonly distinctIsExact: boolean
  /** Of the finite values of numbers. */
  readonly mean: number | null
  /** NaN and infinities, which no histogram has. */
  readonly notFinite: number
  /** The most frequent values first; null where there are too many different ones. */
  readonly top: readonly Frequent[] | null
  readonly histogram: Histogram | null
}

/** Null: not to be had within the limits. Failed: nor otherwise. */
export type KnownStatistics = ColumnStatistics | 'failed' | null

/** The statistics of a dataset's columns, by their position. */
export interface DatasetStatistics {
  /** Absent: not computed yet. */
  readonly columns: ReadonlyMap<number, KnownStatistics>
  /** Some are not computed yet. */
  readonly partial: boolean
}

/** For those who may not read rows: how many values there are, but none of them; the ends of a bar are values, too. */
export function withoutValues({ columns, partial }: DatasetStatistics): DatasetStatistics {
  const hidden = [...columns].map(([at, known]): [number, KnownStatistics] => [
    at,
    known === null || known === 'failed' ? known : { ...known, ...NO_BOUNDS, mean: null, top: null, histogram: null },
  ])
  return { columns: new Map(hidden), partial }
}

/** The same of what files say of their columns. */
export function withoutBounds(columns: readonly ParquetColumn[]): ParquetColumn[] {
  return columns.map((column) => ({ ...column, ...NO_BOUNDS }))
}

const NO_BOUNDS = { min: null, max: null } as const
