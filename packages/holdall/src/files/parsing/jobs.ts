/** What a child is asked about a file that it reads part by part. */
export type ParseJob = MediaJob | PdfJob | TextJob | ParquetJob

interface Ranged {
  /** Bytes of the file. */
  readonly size: number
  /** No more bytes of it than these are read. */
  readonly maxBytes: number
}

export interface MediaJob extends Ranged {
  readonly kind: 'media'
}

export interface PdfJob extends Ranged {
  readonly kind: 'pdf'
  readonly maxCharacters: number
  /** Pages that are not read by then are left out. */
  readonly timeMs: number
}

export interface TextJob extends Ranged {
  readonly kind: 'text'
  readonly contentType: string
}

export interface ParquetJob extends Ranged {
  readonly kind: 'parquet'
  readonly maxRows: number
  readonly maxColumns: number
  readonly maxFooterBytes: number
  /** Columns whose values are not read by then are only named. */
  readonly timeMs: number
}

/** What audio and video say about themselves. */
export interface MediaFacts {
  /** Pixels, as the picture is shown. */
  readonly width?: number
  readonly height?: number
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface PdfFacts {
  readonly pages: number
  readonly title?: string
  readonly author?: string
  /** Whether there are words beyond those that were read. */
  readonly truncated: boolean
}

export interface ParquetColumn {
  readonly name: string
  /** As DuckDB names it: `BIGINT`, `TIMESTAMP`, `VARCHAR[]`. */
  readonly type: string
  /** The first values, as they are shown; `undefined` when they take more to read than a preview may. */
  readonly values?: readonly (string | null)[]
}

export interface ParquetFacts {
  /** Decimal: there may be more than a number can hold. */
  readonly rows: string
  readonly rowGroups: number
  readonly createdBy?: string
  /** How many columns there are; no more than `maxColumns` are described. */
  readonly columnCount: number
  readonly columns: readonly ParquetColumn[]
}
