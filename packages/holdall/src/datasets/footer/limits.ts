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
