const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'] as const

/** Decimal sizes as people read them: `999 bytes`, `412 KB`, `6.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${bytes} bytes`
  let value = bytes
  let unit = -1
  do {
    value /= 1000
    unit += 1
  } while (value >= 999.5 && unit < UNITS.length - 1)
  return `${unit === 0 ? Math.round(value) : oneDigit(value)} ${UNITS[unit]}`
}

/** One digit after the point; none where three before it say enough: `312`, but `178.6` and `6.0`. */
function oneDigit(value: number): string {
  const text = value.toFixed(1)
  return value >= 100 && text.endsWith('.0') ? text.slice(0, -2) : text
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** Whole numbers with thousands separators: `12,847`. */
export function formatNumber(value: number | bigint): string {
  return grouped.format(value)
}

/** `1 row`, `12,847 rows`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' })
const minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })

/** `14 March 2025, 10:42`, in UTC, from an ISO 8601 time; what is not a time stays as it is. */
export function formatTime(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? iso : `${day.format(time)}, ${minute.format(time)}`
}

/** `5,472 × 3,648` */
export function formatDimensions(width: number, height: number): string {
  return `${formatNumber(width)} × ${formatNumber(height)}`
}
