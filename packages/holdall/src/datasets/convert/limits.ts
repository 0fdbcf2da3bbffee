const MIB = 1024 * 1024

/** What a conversion may use. What is left out keeps its default. */
export interface ConversionLimits {
  /** Of one file, from when its process begins on it. */
  readonly timeoutMs?: number
  /** What DuckDB may hold, in bytes. */
  readonly memoryBytes?: number
  /** Of the Parquet file, and of what is written on the way to it. */
  readonly fileBytes?: number
}

export const CONVERSION_TIMEOUT_MS = 1_800_000
export const CONVERSION_MEMORY_BYTES = 512 * MIB
/** What a process holds besides what DuckDB counts: Node itself, and for each of a thousand columns a little. */
export const CONVERSION_OVERHEAD_BYTES = 1_536 * MIB
export const CONVERSION_FILE_BYTES = 64 * 1024 * MIB
/** Each may keep a processor and a disk busy for minutes. */
export const CONVERSIONS_AT_ONCE = 2
/** What is looked at to find out how values are separated and whether the first line names the columns. */
export const SAMPLE_BYTES = 256 * 1024
/** Of the rows at the beginning, which tell what a column cannot be; the others are asked about what is left. */
export const SAMPLE_ROWS = 10_000
/** A Parquet file with more of them would not be read (footer/limits.ts). */
export const MAX_COLUMNS = 10_000
/** As DuckDB takes them. */
export const MAX_LINE_BYTES = 2_000_000
/** Of a row group, before it is compressed: what is held in memory of each thread. */
export const ROW_GROUP_BYTES = 32 * MIB
export const MAX_ROW_GROUP_ROWS = 122_880
export const MIN_ROW_GROUP_ROWS = 2_048
/** Of what stands in a message of a line that is wrong. */
export const SHOWN_LINE_LENGTH = 80

/** Of an Excel file, unpacked: what a sheet says, and the texts that its cells share, which are held in memory. */
export const MAX_SHEET_BYTES = 8 * 1024 * MIB
export const MAX_SHARED_TEXT_BYTES = 128 * MIB
export const MAX_SHARED_TEXTS = 4_000_000
export const MAX_STYLES_BYTES = 16 * MIB
/** As Excel has them. */
export const MAX_SHEET_COLUMNS = 16_384
