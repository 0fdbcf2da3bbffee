/** A file of the server's disk, and which one it was when the server looked. */
export interface PinnedFile {
  readonly path: string
  /** Device, number, size and time of change: another file under this path is not this one. */
  readonly identity: string
}

/** Under which names a table also tells where each of its rows lies. */
export interface RowPlaces {
  /** A whole number: which of the files, from 0, in the order in which they are given. */
  readonly file: string
  /** A whole number: which row of the file, from 0. */
  readonly row: string
  /** The names of all columns of the files, in their order. */
  readonly columns: readonly string[]
}

export interface JobTable {
  readonly name: string
  readonly places?: RowPlaces
  readonly files: readonly PinnedFile[]
}

export type ExportFormat = 'csv' | 'ndjson' | 'parquet'

/** What a trusted caller binds to `?`, `$1` and `$name`. */
export type QueryParameter = string | number | boolean | null
export type QueryParameters = readonly QueryParameter[] | Readonly<Record<string, QueryParameter>>

interface CommonJob {
  readonly tables: readonly JobTable[]
  readonly sql: string
  readonly parameters?: QueryParameters
  readonly timeoutMs: number
  /** Somebody wants to know how far it is. */
  readonly isWatched?: boolean
}

/** What a process of the engine can be asked. */
export type Job =
  | (CommonJob & { readonly kind: 'query'; readonly maxRows: number; readonly answerBytes: number })
  | (CommonJob & { readonly kind: 'export'; readonly format: ExportFormat; readonly target: string })
  | { readonly kind: 'probe'; readonly file: PinnedFile; readonly timeoutMs: number }

/** Asks whether a process has started and could begin at once. */
export const READY = 'ready'

/** What a process tells while it runs a job that is watched: per cent of what it has to read. */
export interface Told {
  readonly percentage: number
}

/** How a job ended that did not succeed. */
export type Failing =
  /** The gate let it not pass. */
  | 'refused'
  /** There is no such table; the message is its name. */
  | 'no-table'
  /** DuckDB says what is wrong with it. */
  | 'failed'
  | 'timeout'
  | 'memory'
  | 'answer-size'
  | 'export-size'
  /** A file is not there any more, or is another one. */
  | 'file-changed'
  /** The user that queries run as may not read it. */
  | 'file-unreadable'

export interface ResultColumn {
  readonly name: string
  /** As DuckDB names it. */
  readonly type: string
}

/** The header of an answer; the rows of a query are its payload, a JSON array. */
export interface Outcome {
  readonly failing?: Failing
  readonly message?: string
  readonly columns?: readonly ResultColumn[]
  readonly truncated?: boolean
  readonly elapsedMs?: number
  /** The process takes no other job. */
  readonly spent: boolean
  /** The process gave up its rights for good: it can open no file that it has not open. */
  readonly bound: boolean
  /** It runs as the superuser and could not become somebody else. */
  readonly unguarded: boolean
}
