import type { ErrorCode } from '../../web/errors.ts'
import type { ParquetLimits } from './limits.ts'
import type { ParquetFile } from './parquet-file.ts'

/** What passes between the server and the thread that reads footers, one job at a time. */
export interface Job {
  readonly footer: Uint8Array<ArrayBuffer>
  readonly sizeBytes: number
  readonly limits: ParquetLimits
}

export type Answer =
  | { readonly file: ParquetFile }
  | { readonly refused: { readonly code: ErrorCode; readonly values: Readonly<Record<string, unknown>> } }
  /** Nobody foresaw this. */
  | { readonly failed: string }
