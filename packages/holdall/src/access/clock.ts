/** Milliseconds since 1970; tests pass their own. */
export type Clock = () => number

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** A time as the internal database writes it, so that times compare as texts. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}
