import { formatDay } from '@holdall/elements/shared'
import { late } from './late.ts'

/** Pages and components write sizes and counts alike, because they are written by the same functions. */
export {
  formatBytes,
  formatCount,
  formatDay,
  formatDimensions,
  formatDuration,
  formatLimit,
  formatPortion,
} from '@holdall/elements/shared'

const grouped = late(() => new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 }))

/** Whole numbers with thousands separators: `12,847`. */
export function formatNumber(value: number | bigint): string {
  return grouped().format(value)
}

const minute = late(() => new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }))

/** `14 March 2025, 10:42`, in UTC, from an ISO 8601 time; what is not a time stays as it is. */
export function formatTime(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? iso : `${formatDay(iso)}, ${minute().format(time)}`
}
