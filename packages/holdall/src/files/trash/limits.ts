/** How long a deleted file can be restored. */
export const RETENTION_DAYS = 30
export const RETENTION_MS = RETENTION_DAYS * 24 * 3_600_000
/** How often the trash is looked through for what is due. */
export const PURGE_EVERY_MS = 10 * 60_000
/** Removing the bytes of one file is given up after this, and tried again by whoever comes next. */
export const PURGE_LEASE_MS = 60_000
/** Files purged between two looks at what is due. */
export const PURGE_BATCH = 100
/** Files that one request deletes, restores or purges. */
export const MAX_IDS = 1_000
/** A form with so many ids, each a part of its own. */
export const MAX_IDS_BYTES = 256 * 1_024
/** Files that one transaction marks while the trash is emptied: others write in between. */
export const CONDEMN_BATCH = 500
