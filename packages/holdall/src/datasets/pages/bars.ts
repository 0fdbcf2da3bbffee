import { type Html, html } from '../../web/html.ts'
import { nullCell } from '../../web/parts/table.ts'
import type { QueryAnswer } from '../engine/engine.ts'
import { isNumeric } from './cells.ts'

/** With more rows a bar beside each would not be seen with its name. */
const MAX_BARS = 40

export interface Bars {
  readonly of: string
  readonly by: string
  /** A row without a number has no bar. */
  readonly bars: readonly { readonly label: string; readonly value: number | null }[]
}

/** One bar for each row, where rows are names with a number each; undefined where they are something else. */
export function barsOf({ columns, rows, truncated }: QueryAnswer): Bars | undefined {
  const name = columns.find(({ type }) => !isNumeric(type))
  const number = columns.find(({ type }) => isNumeric(type))
  if (name === undefined || number === undefined || truncated) return undefined
  if (rows.length < 2 || rows.length > MAX_BARS || columns.length > 4) return undefined
  const bars = rows.map((row) => ({
    label: row[name.name] === null ? 'null' : labelOf(row[name.name]),
    value: row[number.name] === null ? null : Number(row[number.name]),
  }))
  const values = bars.flatMap(({ value }) => value ?? [])
  const drawn = values.every((value) => Number.isFinite(value) && value >= 0) && values.some((value) => value > 0)
  return drawn ? { of: number.name, by: name.name, bars } : undefined
}

function labelOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function barChart({ of, by, bars }: Bars): Html {
  const most = Math.max(...bars.map(({ value }) => value ?? 0))
  return html`<figure class="bar-chart"><figcaption><strong>${of}</strong> by <strong>${by}</strong></figcaption><ul>${bars.map(
    ({ label, value }) =>
      html`<li class="bar"><span class="bar-name" title="${label}">${label}</span><svg width="100%" height="18" aria-hidden="true"><rect width="${(((value ?? 0) / most) * 100).toFixed(1)}%" height="18" rx="2"></rect></svg><span class="tabular">${value === null ? nullCell : short(value)}</span></li>`,
  )}</ul></figure>`
}

const UNITS = [
  [1e12, ' T'],
  [1e9, ' G'],
  [1e6, ' M'],
] as const

/** `9.2 M`, `12345`, `0.25` */
function short(value: number): string {
  const [size, unit] = UNITS.find(([from]) => value >= from) ?? [1, '']
  return unit === '' ? String(Number(value.toPrecision(6))) : `${(value / size).toFixed(1)}${unit}`
}
