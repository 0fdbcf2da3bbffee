/** What the footer of a Parquet file tells. Plain data, so that it can pass between threads. */
export interface ParquetFile {
  /** Of the table, in the file's order. */
  readonly columns: readonly ParquetColumn[]
  /** Columns of plain values, those within lists, maps and structs too. */
  readonly leafCount: number
  readonly rowCount: number
  /** Of the file. */
  readonly sizeBytes: number
  readonly footerBytes: number
  /** The program that wrote it, in its own words. */
  readonly createdBy: string | null
  readonly rowGroups: RowGroups
}

export interface ParquetColumn {
  /** As in the file: it may be empty, and others may have the same one. */
  readonly name: string
  /**
   * As DuckDB names it, with every field of a struct in quotes: `BIGINT`, `STRUCT("a" INTEGER)[]`. Shapes are `GEOMETRY`,
   * without their reference system.
   */
  readonly type: string
  /** Whether it cannot have nulls. */
  readonly isRequired: boolean
  /** How values are stored, such as `INT64`; null for columns of columns. */
  readonly physicalType: string | null
  /** What they mean beyond that, such as `TIMESTAMP(MICROS,UTC)`, `UINT(32)` or `LIST`. */
  readonly logicalType: string | null
  /** Null where the file does not tell, and for lists, maps and structs. */
  readonly nullCount: number | null
  /** The least value as text: numbers in digits, times in ISO 8601. Null where the file does not tell. */
  readonly min: string | null
  readonly max: string | null
  /** In the file, all row groups together. */
  readonly compressedBytes: number
  readonly uncompressedBytes: number
}

export interface RowGroups {
  readonly count: number
  readonly rows: Spread
  /** In the file. */
  readonly bytes: Spread
  /** The first of them, in the file's order. */
  readonly each: readonly RowGroup[]
}

export interface RowGroup {
  readonly rows: number
  readonly bytes: number
}

/** All 0 where there is nothing. */
export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}
