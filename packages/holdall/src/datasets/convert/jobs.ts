import type { PinnedFile } from '../engine/jobs.ts'
import type { Conversion } from './delimited.ts'
import type { ConvertibleKind } from './kinds.ts'

/** What a process that converts is asked, once. Files that are written are there already, and empty. */
export interface ConversionJob {
  readonly kind: ConvertibleKind
  readonly source: PinnedFile
  readonly scratch: string
  readonly target: string
  readonly timeoutMs: number
}

/** How it ended. */
export type ConversionOutcome =
  | { readonly done: Conversion }
  /** No table can be made of it: half a sentence. */
  | { readonly refused: string }
  | { readonly failing: 'timeout' | 'memory' | 'size' | 'changed' }
  /** What DuckDB says that nobody foresaw. */
  | { readonly failed: string }
