/** Milliseconds since 1970; tests pass their own. */
export type Clock = () => number

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** The use of a session or a token is noted at most this often: reading a page must not cost a write. */
export const USE_NOTED_INTERVAL_MS = 60 * SECOND_MS

/** A time as the internal database writes it, so that times compare as texts. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
