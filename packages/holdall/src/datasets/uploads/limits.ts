const DAY_MS = 86_400_000

/** Uploads that a collection has open at once, whoever sends them. */
export const MAX_OPEN_UPLOADS = 1_000
/** What a row keeps of a schema, as JSON; the rest of it lives with the dataset. Some stores have rows of 400 KB. */
export const MAX_PREVIEW_BYTES = 64 * 1_024
/** Files whose footers and pages are looked at together, in one process. */
export const INFER_AT_ONCE = 2
/** One that only exceeds a limit is kept for so long: whoever runs the server may raise it. */
export const OVER_LIMIT_KEPT_MS = 7 * DAY_MS
/** Addresses are good for twelve hours; what was begun at the last moment may take an hour more. */
export const LATE_PARTS_MS = 13 * 3_600_000
export const PARQUET_TYPE = 'application/vnd.apache.parquet'
/** For files that come together, one waits so long for the others before it is laid aside. */
export const BATCH_PATIENCE_MS = 3_000
export const BATCH_LOOK_MS = 200
/** And then it is looked so often whether they have come. */
export const BATCH_PAUSE_MS = 5_000
/** What waits for somebody to confirm it is kept for so long. */
export const REVIEW_WAIT_MS = 6 * DAY_MS
/** Files that become part of a dataset together. */
export const MAX_BATCH_FILES = 1_000
