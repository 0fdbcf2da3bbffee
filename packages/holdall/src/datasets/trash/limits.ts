import { RETENTION_MS } from '../../files/trash/limits.ts'

// A deleted dataset can be restored for as long as a deleted file.
export { RETENTION_DAYS, RETENTION_MS } from '../../files/trash/limits.ts'

/** What remains of a dataset whose objects are gone (that it was, and who deleted it) is kept for so long. */
export const REMEMBERED_MS = RETENTION_MS
/** How often it is looked for what is due. */
export const SWEEP_EVERY_MS = 10 * 60_000
/** Removing one object is given up after this, and tried again by whoever comes next. */
export const LEASE_MS = 60_000
/** Objects between two looks at what is due. */
export const BATCH = 100
export const AT_ONCE = 8
/** After an object could not be removed; doubled with each failure. */
export const RETRY_MS = 60_000
export const MAX_RETRY_MS = 3_600_000
/** Whoever deletes for good waits for so long to hear that it is done; the rest goes on without them. */
export const WAIT_MS = 5_000
