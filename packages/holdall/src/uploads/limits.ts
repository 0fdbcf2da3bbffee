/** A filename is kept as data, exactly as sent, up to this many UTF-8 bytes. */
export const MAX_FILENAME_BYTES = 1_024
/** Files in one multipart form. */
export const MAX_FILES_PER_REQUEST = 100
/** Text fields in one multipart form, and the bytes of one of them. */
export const MAX_FORM_FIELDS = 100
export const MAX_FIELD_BYTES = 100 * 1_024
/** The body of `prepare` and `complete`. */
export const MAX_JSON_BYTES = 64 * 1_024
/** A declared type longer than this says nothing that we could use. */
export const MAX_DECLARED_TYPE_LENGTH = 255
/** A request waits so long for the finishing steps before it answers 202. */
export const QUICK_FINISH_MS = 10_000

const MIB = 1_024 * 1_024
/** A larger file goes in parts, where the client and the storage know how. */
export const PARTS_ABOVE_BYTES = 16 * MIB
/** Bytes of a part; doubled until a file has at most MAX_PARTS of them. */
export const PART_SIZE = 8 * MIB
export const MAX_PARTS = 10_000
/** Parts whose addresses are given out in one answer. */
export const MAX_PARTS_ASKED = 100
/** How many missing parts an error names. */
export const MAX_NAMED_PARTS = 5
/** Open sessions on a page of their list; for each, the storage is asked. */
export const SESSIONS_PAGE = 20
export const MAX_SESSIONS_PAGE = 100
/** Parts on a page of their list, and the most that a storage is asked for at once. */
export const PARTS_PAGE = 1_000
/** Seconds that the address of a part or of a direct upload works for: to begin with sending, not to end. */
export const URL_LIFE_S = 3_600
/** The same of a client that is given all of them at once, and asks for no others. */
export const LONG_URL_LIFE_S = 12 * URL_LIFE_S
/** What was begun at the last moment of an address's life may take so long to arrive. */
export const LATE_ARRIVALS_MS = 2 * URL_LIFE_S * 1_000

/** A lease is held for so long after its last heartbeat. */
export const LEASE_MS = 15_000
export const HEARTBEAT_MS = 5_000
/** How often sessions are looked for whose lease ran out, and ended ones of which something must go. */
export const TAKEOVER_MS = 5_000
/** Steps under way may take so long to end once the server stops. */
export const STOP_LIMIT_MS = 2_000
/** Sessions taken over, or rows swept, in one go. */
export const BATCH = 50

/** What may pass is tried again for so long, with pauses that grow from the first to the longest. */
export const RETRY_LIMIT_MS = 3_600_000
export const FIRST_PAUSE_MS = 500
export const LONGEST_PAUSE_MS = 60_000

/** Seconds that a row lives after its last change, by its status. */
export const DAY_S = 86_400
export const TTL_S = {
  initiated: 7 * DAY_S,
  completing: 7 * DAY_S,
  completed: 30 * DAY_S,
  aborted: 30 * DAY_S,
  expired: 30 * DAY_S,
  failed: 90 * DAY_S,
} as const

/** What `failure_reason` keeps of a message. */
export const MAX_REASON_LENGTH = 1_024
