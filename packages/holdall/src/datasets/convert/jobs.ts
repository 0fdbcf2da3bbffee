import type { PinnedFile } from '../engine/jobs.ts'
import type { Conversion } from './delimited.ts'
import type { ConvertibleKind } from './kinds.ts'
import type { Sheet } from './refusal.ts'

/** What a process that converts is asked, once. Files that are written are there already, and empty. */
export interface ConversionJob {
  readonly kind: ConvertibleKind
  /** Of an Excel file: the sheet to read; the first one that is shown and not empty without it. */
  readonly sheet?: string | undefined
  readonly source: PinnedFile
  readonly scratch: string
  readonly target: string
  readonly timeoutMs: number
}

/** How it ended. */
export type ConversionOutcome =
  | { readonly done: Conversion }
  /** No table can be made of it: half a sentence. */
  | { readonly refused: string; readonly sheets?: readonly Sheet[] }
  | { readonly failing: 'timeout' | 'memory' | 'size' | 'changed' }
  /** What DuckDB says that nobody foresaw. */
  | { readonly failed: string }
