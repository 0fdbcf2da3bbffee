/** Rows that one table may hold of what is searched, before it is only said that there are more. */
export const MAX_COUNTED = 1_000
/** Rows that are shown of one table, and tables of which rows are shown. */
export const ROWS_SHOWN = 3
export const TABLES_SHOWN = 12
/** Rows that are looked through at once where there is no full-text table: a few milliseconds, so that nobody waits behind it. */
export const ROWS_AT_ONCE = 2_000
/** Rows of one table that are looked through in all. */
export const MAX_LOOKED_THROUGH = 100_000
/** Tables that are searched at the same time: readers are left for those who look at pages meanwhile. */
export const TABLES_AT_ONCE = 2
/** Characters that are searched for. */
export const MAX_ASKED = 500
/** Of `settings.sql_time_limit_ms`, the part in which everything is searched: half a second unless it says otherwise. */
export const SHARE_OF_TIME_LIMIT = 0.5
/** Characters of a cell among which the words are looked for again, to be marked. */
export const CELL_READ = 4_000
export const CELL_BEFORE = 200
