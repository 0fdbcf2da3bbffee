const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'] as const
const GB = UNITS.indexOf('GB')

/** A whole number with thousands separators; `Intl` does the same at many times the cost, which a table page pays. */
export function formatNumber(value: number): string {
  const digits = String(Math.round(value))
  return digits.length < 4 ? digits : digits.replace(/\B(?=(?:\d{3})+$)/g, ',')
}

/** Decimal sizes: `999 bytes`, `412 KB`, `6.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`
  const { value, unit } = scale(bytes)
  return `${digits(value, unit)} ${UNITS[unit]}`
}

/** A limit: `10 MB`, where a size would be `10.0 MB`. */
export function formatLimit(bytes: number): string {
  return formatBytes(bytes).replace('.0 ', ' ')
}

/**
 * `3.1 of 6.4 MB`: the unit is that of the whole, so that the first number does not change its unit while it grows. Only
 * what would be nought in it has its own: `40 KB of 6.4 MB`. From gigabytes on a tenth is a lot: there, what is less than
 * one has its own unit, `243.1 MB of 1.1 GB`, and what is more has two decimals, `1.06 of 1.14 GB`.
 */
export function formatPortion(part: number, whole: number): string {
  if (whole < 1000) return `${part} of ${formatBytes(whole)}`
  const { value, unit } = scale(whole)
  const inUnit = (part * value) / whole
  const isLess = unit < GB ? inUnit < 0.1 : scale(part).unit < unit
  if (unit > 0 && part > 0 && isLess) return `${formatBytes(part)} of ${formatBytes(whole)}`
  const decimals = unit >= GB && part > 0 && value < 100 ? 2 : 1
  return `${digits(inUnit, unit, decimals)} of ${digits(value, unit, decimals)} ${UNITS[unit]}`
}

function scale(bytes: number): { value: number; unit: number } {
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return { value, unit }
}

function digits(value: number, unit: number, decimals = 1): string {
  if (unit === 0) return String(Math.round(value))
  if (decimals > 1) return value.toFixed(decimals)
  const text = value.toFixed(1)
  // Three digits say enough: 312 MB, but 178.6 MB and 6.0 MB.
  return value >= 100 && text.endsWith('.0') ? text.slice(0, -2) : text
}

/** `4 s`, `2 min`, `3 h 20 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 100) return `${whole} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 100) return `${minutes} min`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `3 s ago`, `2 min ago`, `5 h ago`, `2 days ago`. */
export function formatAgo(seconds: number): string {
  const hours = seconds / 3600
  if (hours < 2) return `${formatDuration(seconds)} ago`
  return hours < 48 ? `${Math.floor(hours)} h ago` : `${Math.floor(hours / 24)} days ago`
}

/** `8.4 MB/s · 4 s left`. @param speed bytes a second @param left seconds */
export function paceWords(speed: number, left: number | null): string {
  return `${formatBytes(speed)}/s${left === null ? '' : ` · ${formatDuration(left)} left`}`
}

/** `5,472 × 3,648` */
export function formatDimensions(width: number, height: number): string {
  return `${formatNumber(width)} × ${formatNumber(height)}`
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ')

/** `14 March 2025`, in UTC, from an ISO 8601 time; what is not a time stays as it is. */
export function formatDay(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime())
    ? iso
    : `${time.getUTCDate()} ${MONTHS[time.getUTCMonth()]} ${time.getUTCFullYear()}`
}

/** `1 file`, `10,482 files` */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`
}
