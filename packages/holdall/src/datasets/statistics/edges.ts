import { type ValueKind, valueKind } from '../browse/types.ts'

/** As many bars as are told apart at a glance. */
const WANTED_BINS = 24
const MAX_BINS = 40

/**
 * Round numbers or times that cut the range from the least to the largest value into some dozens of parts, as filters
 * take them; the last lies behind the largest. Null where there is no such range.
 *
 * @param min,max as a query writes them
 */
export function edgesBetween(type: string, min: string, max: string): string[] | null {
  const kind = valueKind(type)
  if (kind === 'integer') return integerEdges(BigInt(min), BigInt(max))
  if (kind === 'float' || kind === 'decimal') return numberEdges(Number(min), Number(max))
  return kind === 'date' || kind === 'moment' ? timeEdges(kind, min, max) : null
}

/** The first begins with the least value and the last ends with the largest: no bar stands for numbers beyond them. */
function integerEdges(min: bigint, max: bigint): string[] | null {
  const count = max - min + 1n
  const least = count <= BigInt(MAX_BINS) ? 1n : niceInteger((count - 1n) / BigInt(WANTED_BINS) + 1n)
  const even = evenStep(least, count)
  const step = even ?? least
  const edges = [min]
  for (let edge = even === undefined ? floorTo(min, step) + step : min + step; edge <= max; edge += step) {
    edges.push(edge)
    if (edges.length > MAX_BINS) return null
  }
  return [...edges, max + 1n].map(String)
}

/** One that leaves no rest: 1 to 100 is twenty times five, beginning with 1. */
function evenStep(least: bigint, count: bigint): bigint | undefined {
  return [least, niceInteger(least + 1n)].find((step) => count % step === 0n)
}

function floorTo(value: bigint, step: bigint): bigint {
  const rest = value % step
  return rest < 0n ? value - rest - step : value - rest
}

/** 1, 2, 5, 10, 20, 50 …: the first that is not less. */
function niceInteger(least: bigint): bigint {
  for (let power = 1n; ; power *= 10n) {
    for (const digit of [1n, 2n, 5n]) if (digit * power >= least) return digit * power
  }
}

function numberEdges(min: number, max: number): string[] | null {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return null
  const range = max - min || Math.abs(max) || 1
  if (!Number.isFinite(range)) return null
  const power = Math.floor(Math.log10(range / WANTED_BINS))
  for (const [digit, more] of [
    [1, 0],
    [2, 0],
    [5, 0],
    [1, 1],
  ] as const) {
    const exponent = power + more
    const step = digit * 10 ** exponent
    const first = Math.floor(min / step)
    const count = Math.floor(max / step) - first + 1
    if (count > WANTED_BINS + 2 || !Number.isSafeInteger(first * digit)) continue
    return Array.from({ length: count + 1 }, (_, at) => scaled((first + at) * digit, exponent))
  }
  return null
}

/** A whole number of a power of ten, with the digits that it has. */
function scaled(value: number, exponent: number): string {
  if (exponent < -15 || exponent > 20) return `${value}e${exponent}`
  return exponent >= 0 ? String(BigInt(value) * 10n ** BigInt(exponent)) : (value * 10 ** exponent).toFixed(-exponent)
}

const SECOND = 1_000
const DAY = 86_400 * SECOND
/** Lengths of time that people count in, in milliseconds. */
const SPANS = [1, 5, 10, 30, 60, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 172_800, 604_800].map(
  (seconds) => seconds * SECOND,
)
/** And in months. */
const MONTHS = [1, 3, 6, 12, 24, 60, 120, 300, 600, 1_200, 3_000, 6_000, 12_000]

function timeEdges(kind: ValueKind, min: string, max: string): string[] | null {
  const [from, to] = [min, max].map((text) => Date.parse(/[zZ]$/.test(text) || text.length === 10 ? text : `${text}Z`))
  if (from === undefined || to === undefined || !Number.isFinite(from) || !Number.isFinite(to)) return null
  const write = (at: number) => {
    const text = new Date(at).toISOString()
    return kind === 'date' ? text.slice(0, 10) : text.slice(0, 19)
  }
  const spans = kind === 'date' ? SPANS.filter((span) => span >= DAY) : SPANS
  const span = spans.find((length) => Math.floor(to / length) - Math.floor(from / length) < WANTED_BINS + 2)
  if (span !== undefined) {
    const first = Math.floor(from / span)
    return Array.from({ length: Math.floor(to / span) - first + 2 }, (_, at) => write((first + at) * span))
  }
  const monthOf = (at: number) => new Date(at).getUTCFullYear() * 12 + new Date(at).getUTCMonth()
  const months = MONTHS.find(
    (length) => Math.floor(monthOf(to) / length) - Math.floor(monthOf(from) / length) < MAX_BINS,
  )
  if (months === undefined) return null
  const first = Math.floor(monthOf(from) / months)
  const edges = Array.from({ length: Math.floor(monthOf(to) / months) - first + 2 }, (_, at) => {
    const date = new Date(0)
    date.setUTCFullYear(0, (first + at) * months, 1)
    return date
  })
  // ISO 8601 writes other years in another way, which no filter takes.
  if (edges.some((date) => date.getUTCFullYear() < 0 || date.getUTCFullYear() > 9999)) return null
  return edges.map((date) => write(date.getTime()))
}
