/** Missing files that are gone over before others get their turn. */
export const LOOKED_AT = 1_000
/** Files with the same bytes as a missing one that are held against each other at once. */
export const COMPARED = 2_000
/** Sizes of missing files that were never read, looked up in one go. */
export const SIZES_AT_ONCE = 500
/** Files of these sizes that are read in one go. */
export const ALIKE_READ = 1_000
/** Files of a folder that are asked where they came from. */
export const SIBLINGS = 200
/** Hashes of which the paths alone do not tell which file is which, looked at in one go. */
export const LEFT_OPEN = 500
/** While files are being read there is soon another to look for; so long is waited, that many are looked up in the rows together. */
export const PAUSE_MS = 300
/**
 * Whoever was about to write an id into a cell when its file went has done so, or was refused, by then: it is longer than
 * a write may wait for its turn and take.
 */
export const UNDO_MS = 120_000
/** Moves that are looked after in one go. */
export const SETTLED_AT_ONCE = 1_000
/** How often it is looked for moves whose time to be undone is over, and for syncs of other processes. */
export const LOOK_MS = 5_000
/** Files that a missing one may be, on its page. */
export const MAX_CANDIDATES = 20
