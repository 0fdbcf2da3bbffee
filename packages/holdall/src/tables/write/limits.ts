/** Rows that one request may write. */
export const MAX_ROWS = 100
/** The largest JSON body that the write API reads, in bytes. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024
/** A transaction that takes longer is given up: its process is killed and SQLite rolls it back. */
export const WRITE_LIMIT_MS = 60_000
/** How long a transaction waits for another process's lock before it is refused with `database_busy`. */
export const LOCK_LIMIT_MS = 5_000
/** Writes of one database that may wait; one more is refused with `database_busy`. */
export const MAX_WAITING = 1_000
/** How long a write may wait for its turn, before it is refused with `database_busy`. */
export const MAX_WAIT_MS = 30_000
/** A process that had nothing to write for so long goes away. */
export const IDLE_MS = 120_000
