import type { Actor } from '../web/route.ts'
import type { Excerpt } from './search/marking.ts'

/** A row that holds what is searched. */
export interface FoundRow {
  /** What people call the row: its label, else its key. */
  readonly label: string
  /** The last part of its address. */
  readonly key: string
  readonly url: string
  /** The column in which a word was seen; null where none was, since a full-text table may know other forms of a word. */
  readonly column: string | null
  readonly excerpt: Excerpt | null
}

/** A table with rows that hold what is searched. */
export interface FoundTable {
  readonly database: string
  readonly table: string
  /** The table with only these rows. */
  readonly url: string
  readonly count: number
  /** There are more than `count`: the search ended there. */
  readonly more: boolean
  /** The first of them; none where there are too many tables. */
  readonly rows: readonly FoundRow[]
  /** The column that the labels come from. */
  readonly labelColumn: string | null
}

/** A table of which not everything was searched. */
export interface UnsearchedTable {
  readonly database: string
  readonly table: string
  readonly url: string
  /** Not in time; more rows than are read for this; it could not be read. */
  readonly reason: 'time' | 'size' | 'error'
  /** Rows that were looked through; 0 where it was not begun, or nobody knows. */
  readonly rowsSearched: number
}

export interface FoundRows {
  readonly tables: readonly FoundTable[]
  /** Tables that were searched, be it in part. */
  readonly searched: number
  readonly unsearched: readonly UnsearchedTable[]
}

/**
 * Gets ready to search the rows of the tables that the actor may see; the tables above hand it in. What it gives does the
 * search, which ends by itself after a while. Null where there is nothing to search, or nothing to search for.
 */
export type FindRows = (actor: Actor | null, q: string) => Promise<((signal: AbortSignal) => Promise<FoundRows>) | null>
