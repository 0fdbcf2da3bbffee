import type { Differences } from './differences.ts'

/** Columns of each kind that the row of an upload keeps. */
const MAX_NAMED = 100

/** Differences as whoever follows an upload sees them: of very many, the first, and how many there are. */
export interface ShownDifferences extends Differences {
  readonly added_count: number
  readonly missing_count: number
  readonly changed_count: number
  /** A file of this size that says the same of all its columns is part of the dataset already. */
  readonly is_there: boolean
}

export function shownDifferences({ same, added, missing, changed }: Differences, isThere: boolean): ShownDifferences {
  return {
    same,
    added: added.slice(0, MAX_NAMED),
    missing: missing.slice(0, MAX_NAMED),
    changed: changed.slice(0, MAX_NAMED),
    added_count: added.length,
    missing_count: missing.length,
    changed_count: changed.length,
    is_there: isThere,
  }
}
