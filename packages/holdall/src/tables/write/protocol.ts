import type { SqliteValue } from '../value.ts'

/**
 * A row to be written: pairs of column and value. Whole numbers are bigints, so that a column without a type gets an
 * integer; numbers are reals.
 */
export type NewRow = readonly (readonly [column: string, value: SqliteValue])[]

export type Conflict = 'abort' | 'ignore' | 'replace'

export type ColumnKind = 'text' | 'integer' | 'float' | 'blob'

export interface NewColumn {
  readonly name: string
  readonly type: ColumnKind
  readonly notNull: boolean
  readonly default: SqliteValue | undefined
  /** One of `DEFAULT_EXPRESSIONS`. */
  readonly defaultExpression: string | undefined
  readonly references: { readonly table: string; readonly column: string | undefined } | undefined
}

/** What can be asked of the process that writes to one database. Each is one transaction: all of it or nothing. */
export type WriteRequest =
  | {
      readonly kind: 'insert'
      readonly table: string
      readonly rows: readonly NewRow[]
      readonly conflict: Conflict
      readonly alter: boolean
      readonly returning: boolean
    }
  | {
      readonly kind: 'upsert'
      readonly table: string
      readonly rows: readonly NewRow[]
      readonly alter: boolean
      readonly returning: boolean
    }
  | {
      readonly kind: 'update'
      readonly table: string
      /** The last part of the row's address, as it is there. */
      readonly key: string
      readonly changes: NewRow
      readonly alter: boolean
      readonly returning: boolean
    }
  | { readonly kind: 'delete'; readonly table: string; readonly key: string }
  | {
      readonly kind: 'create'
      readonly table: string
      readonly columns: readonly NewColumn[]
      readonly primaryKey: readonly string[]
      readonly rows: readonly NewRow[]
      readonly conflict: Conflict
      readonly alter: boolean
    }
  | { readonly kind: 'add-column'; readonly table: string; readonly column: string; readonly type: ColumnKind }
  | {
      /** Reads: what some columns hold now, for rows that are named by their addresses or that are about to be written. */
      readonly kind: 'stored'
      readonly table: string
      readonly columns: readonly string[]
      readonly rows: readonly (string | NewRow)[]
    }
  | {
      /**
       * Many cells of one column. `attach` writes all of them, if each still holds what it held; `detach` sets back those
       * that still hold what was written; `compare` says which do, and waits for whoever is writing.
       */
      readonly kind: 'attach' | 'detach' | 'compare'
      readonly table: string
      readonly column: string
      readonly cells: readonly CellChange[]
    }

/** A cell of a file column, by the last part of its row's address. */
export interface CellChange {
  readonly key: string
  readonly before: string | null
  readonly after: string
}

/** What undoing came to: the cell holds what it held; it holds something else by now; its row is gone. */
export type CellOutcome = 'restored' | 'changed' | 'gone'

/** What a cell is before it is undone: it holds what was written, or what undoing would leave as it is. */
export type CellStanding = 'held' | CellOutcome

export interface Written {
  /** The rows as a JSON array of objects, when they were asked for. */
  readonly rowsJson?: string
  /** The last part of the address of the one row that was inserted or updated. */
  readonly key?: string
  /** `create`: the table's SQL. */
  readonly schema?: string
  /** `stored`: one list of values for each row that was asked about; null where there is no such row. */
  readonly stored?: readonly (readonly SqliteValue[] | null)[]
  /** `detach`: for each cell. */
  readonly outcomes?: readonly CellOutcome[]
  /** `compare`: for each cell. */
  readonly standing?: readonly CellStanding[]
}

export type Refusal =
  /** The request cannot be done as it is. */
  | { readonly kind: 'refused'; readonly messages: readonly string[] }
  | { readonly kind: 'no-table' }
  | { readonly kind: 'no-row' }
  /** Cells that were to be replaced hold something else by now. */
  | { readonly kind: 'changed'; readonly keys: readonly string[] }
  | { readonly kind: 'busy' }
  | { readonly kind: 'read-only' }
  /** The database or its disk is at fault. */
  | { readonly kind: 'broken'; readonly message: string }

export type WriteReply =
  | { readonly ok: true; readonly written: Written }
  | { readonly ok: false; readonly refusal: Refusal }

/** Thrown where a request turns out to be impossible, inside the writing process. */
export class WriteRefused extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    super(refusal.kind)
    this.refusal = refusal
  }
}

export function refuse(...messages: string[]): never {
  throw new WriteRefused({ kind: 'refused', messages })
}
