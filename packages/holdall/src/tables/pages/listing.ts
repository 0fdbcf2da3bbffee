import type { FileColumn } from '../file-columns/settings.ts'
import type { TablePage } from '../page.ts'
import type { TableQuery } from '../query.ts'
import type { FilterLabels } from './filter-labels.ts'

/** A condition of a page: a filter, the search, or SQL. */
export interface Condition {
  /** As the address of the page has it. */
  readonly name: string
  readonly value: string
  /** Null for what is no filter of one column. */
  readonly operator: string | null
  readonly words: { readonly field: string; readonly operator: string; readonly value: string }
}

/** A condition of the page, and how many rows there would be without it. */
export interface Dropped extends Condition {
  readonly count: number
}

/** What the controls around rows go by, whatever the rows are read from. */
export interface Listing {
  /** What people call it. */
  readonly title: string
  readonly page: Pick<TablePage, 'schema' | 'table' | 'columns' | 'references' | 'count' | 'next'> & {
    readonly query: Pick<TableQuery, 'filters' | 'search' | 'where' | 'sort' | 'size'>
    readonly rows: readonly unknown[]
    /** Where pages can be turned back: the cursor of the page before, null on the first one. */
    readonly previous?: string | null
    /** Rows before these, where that is known. */
    readonly start?: number | null
  }
  readonly fileColumns: ReadonlyMap<string, FileColumn>
  /** What an actor may ask about the files of rows. */
  readonly fileOperators?: ReadonlySet<string>
  /** What the filters of foreign keys say in names. */
  readonly labels: FilterLabels
  /** Rows of all of it, where the page has conditions; at most `countLimit + 1`. */
  readonly total: number | null
  /** Where conditions leave no row: what to drop, and what that gives. */
  readonly dropped: Dropped | null
  /** A count that is larger says only that there are more. */
  readonly countLimit: number
}
