import type { Settings } from '../../config/config.ts'

/** What a footer may have at most. `parquet_limits` in the settings overrides them. */
export interface ParquetLimits {
  /** Of the file's metadata, without the eight bytes behind it. */
  readonly footerBytes: number
  /** Levels of columns within columns; a column of plain values is one. */
  readonly depth: number
  /** Columns of plain values, those within lists, maps and structs too. */
  readonly leaves: number
  readonly rowGroups: number
}

/** Query engines need seconds for wider schemas, and some crash at deep ones. */
export const PARQUET_LIMITS: ParquetLimits = {
  footerBytes: 64 * 1024 ** 2,
  depth: 64,
  leaves: 10_000,
  rowGroups: 100_000,
}

/** What the settings say about footers; what they do not say keeps its default. */
export function parquetLimits({ parquet_limits: limits = {} }: Settings): ParquetLimits {
  return {
    footerBytes: limits.footer_bytes ?? PARQUET_LIMITS.footerBytes,
    depth: limits.depth ?? PARQUET_LIMITS.depth,
    leaves: limits.leaves ?? PARQUET_LIMITS.leaves,
    rowGroups: limits.row_groups ?? PARQUET_LIMITS.rowGroups,
  }
}
