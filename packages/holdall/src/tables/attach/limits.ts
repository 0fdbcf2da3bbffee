/** Files that one run may attach. */
export const MAX_FILES = 10_000
/** Lines of a plan on one page. */
export const PAGE_LINES = 100
/** Files that could not be uploaded, of which a plan says so. */
export const MAX_REFUSED_TOLD = 100
/** Rows without a file that a plan names. */
export const MAX_EMPTY_ROWS = 20
/** Past runs that a page lists. */
export const MAX_RUNS = 50
/** The largest body of the API and of a form, in bytes: `MAX_FILES` ids with their rows. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024
/** Beginnings of one name that are looked up. */
export const MAX_BEGINNINGS = 32
/** Readings of one name by a pattern that are looked up. */
export const MAX_READINGS = 64
/** Letters of a pattern. */
export const MAX_PATTERN = 200
/** Rows that one read looks through, so that each is over in milliseconds and nobody waits for it. */
export const CHUNK_ROWS = 5_000
/** No read looks through fewer: one that still takes too long is tried again until the time is over. */
export const FEWEST_ROWS = 500
/** All of a match may take so long, however many rows there are. */
export const MATCH_LIMIT_MS = 60_000
/** Trying the columns may take so long; what was tried by then decides. */
export const GUESS_LIMIT_MS = 6_000
/** Columns that are tried. */
export const MAX_GUESSED = 12
/** Files by which columns are tried. */
export const GUESS_FILES = 500
/** Names of files that are read before others may have the processor. */
export const NAMES_AT_ONCE = 500
/** Lines of a plan, or cells of a run, that are checked or written before others may have the processor. */
export const AT_ONCE = 500
/** What a plan's maker uploaded no longer before it was uploaded for it. */
export const UPLOADED_BEFORE_MS = 24 * 60 * 60 * 1000
/** Plans that nobody carried out are forgotten after this. */
export const PLAN_LIFETIME_MS = 7 * 24 * 60 * 60 * 1000
