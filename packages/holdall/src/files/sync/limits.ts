import { MAX_LIST_LIMIT } from '../../sources/storage.ts'

/** Files that are compared at once. */
export const PAGE_FILES = MAX_LIST_LIMIT
/** What has gathered, when no more is compared until it is entered: in one transaction, for which others wait. */
export const ENTERED_AT_ONCE = 2_000
/** A run over files that have not changed says so often where it is. */
export const CHECKPOINT_MS = 1_000
/** A run is held for so long after its last heartbeat. */
export const LEASE_MS = 15_000
export const HEARTBEAT_MS = 5_000
/** How often runs are looked for that nobody works on any more, and sources whose time has come. */
export const LOOK_MS = 5_000
/** What is under way may take so long to end once the server stops. */
export const STOP_LIMIT_MS = 2_000

/** Pauses before a page that could not be listed is asked for again; after the last, the run has failed. */
export const LIST_PAUSES_MS = [500, 2_000, 8_000] as const
/** Known files that are held against what was seen in one go. */
export const MISSING_BATCH = 10_000
/** Files that a storage is asked about at once. */
export const STATS_AT_ONCE = 8
/** So many answers in a row that are failures say that the storage is away, not that the files are. */
export const MAX_FAILURES_IN_A_ROW = 20

/** Folders that may not be read and are named, in one run. */
export const MAX_UNREADABLE_SAID = 100

/** Runs of a source that are kept, the newest. */
export const KEPT_RUNS = 20
/** What `failure_reason` keeps of a message. */
export const MAX_REASON_LENGTH = 1_024

/** Registered files that a source leaves out now, and that are looked at in one run. */
export const MAX_LEFT_OVER = 20_000
