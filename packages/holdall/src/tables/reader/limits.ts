import { availableParallelism } from 'node:os'

/** A reader that has worked on one request for so long is looked at: is it at work, or does it only wait for a processor? */
export const LOOK_AFTER_MS = 15
/** How often it is looked at from then on. */
export const LOOK_EVERY_MS = 10
/** So long at work since the first look, waiting for a processor not counted, makes it slow: a fresh reader takes its place. */
export const SLOW_WORK_MS = 10
/** Fresh readers that are always there. One of them never takes a read whose cost nobody knows. */
export const FRESH_READERS = 3
/** Fresh readers while more reads wait than that. */
export const MAX_FRESH_READERS = 6
/** Readers that work on slow reads at once: more would only make each of them too slow for its limit. */
export const MAX_SLOW_READERS = Math.max(2, availableParallelism())
/** A reader beyond the usual number that has nothing to do goes away after this. */
export const IDLE_MS = 5_000
/** Reads that may wait; one more is refused with `database_busy`. */
export const MAX_WAITING = 1_000
/** How far the processor priority of a reader with slow work lies below the server's, as in nice(1). */
export const SLOW_NICENESS = 10
/** How long a read may wait for its turn, before it is refused with `database_busy`. */
export const MAX_WAIT_MS = 15_000
/** Reading the schema of a database may take so many times the limit of one statement. */
export const SCHEMA_TIME_FACTOR = 10

/** Rows of one statement, however it is written. */
export const MAX_ROWS = 10_000
/** Bytes of rows that one statement may give. */
export const MAX_RESULT_BYTES = 128 * 1024 * 1024
/** The longest text or BLOB that SQL may read or make. */
export const MAX_VALUE_BYTES = 64 * 1024 * 1024
export const MAX_SQL_BYTES = 1_000_000
/** How long a statement waits for a writer before it gives up with `database_busy`. */
export const BUSY_TIMEOUT_MS = 1_000
/** Open databases and prepared statements that a reader process keeps. */
export const MAX_CONNECTIONS = 100
export const MAX_PREPARED = 300
