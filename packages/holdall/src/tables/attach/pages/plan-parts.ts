import { formatNumber } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { attributes } from '../../../web/parts/attributes.ts'
import { button } from '../../../web/parts/button.ts'
import { PAGE_LINES } from '../limits.ts'
import type { JudgedLine } from '../outline.ts'
import type { Part } from '../parts.ts'

/** The parts of a plan, each a page of its own. */
const SHOWN = {
  all: 'All',
  rows: 'To a row',
  decide: 'To decide',
  none: 'Without a row',
  text: 'Holds text',
  missing: 'Missing',
  left: 'Left out',
  copy: 'Same bytes there',
  there: 'There already',
  refused: 'Not taken',
  // In one of the others as well.
  unreadable: 'Cannot be read',
} as const satisfies Record<Part | 'all' | 'unreadable', string>
export type Shown = keyof typeof SHOWN

/** What was asked for; else what is to be decided, as long as there is any of it. */
export function shownOf(asked: string | null, countOf: (part: Shown) => number): Shown {
  const part = (Object.keys(SHOWN) as Shown[]).find((one) => one === asked) ?? 'decide'
  return countOf(part) > 0 ? part : 'all'
}

/** What a button of the form sends to turn to another part. */
export function goTo(shown: Shown, from: number): string {
  return `to?${addressOf(shown, from)}`
}

/** What of a plan is shown, as its address says it. */
export function addressOf(shown: Shown, from: number): string {
  const parameters = new URLSearchParams()
  parameters.set('show', shown)
  if (from > 0) parameters.set('from', String(from))
  return parameters.toString()
}

/** The parts as buttons of the form, so that turning to another keeps what was chosen here. */
export function partsBar(countOf: (part: Shown) => number, shown: Shown | null): Html {
  const there = (Object.keys(SHOWN) as Shown[]).filter((part) => part === 'all' || part === shown || countOf(part) > 0)
  return html`<div class="plan-parts" role="group" aria-label="Part of the plan">${there.map(
    (part) =>
      html`<button type="submit" name="go" value="${goTo(part, 0)}"${attributes({ 'aria-current': part === shown ? 'true' : null })}>${SHOWN[part]} <span class="tabular muted">${formatNumber(countOf(part))}</span></button>`,
  )}</div>`
}

/** @param from how many lines of the part stand before the page */
export function pageBar(shown: Shown, from: number, lines: readonly JudgedLine[]): Html {
  const total = lines.length
  if (total <= PAGE_LINES) return html``
  // A place in the plan: what is decided meanwhile leaves its part, and nothing is skipped.
  const to = (place: number) => goTo(shown, place)
  const next = lines[from + PAGE_LINES]
  return html`<div class="pager"><span class="tabular">Files ${formatNumber(from + 1)}–${formatNumber(Math.min(total, from + PAGE_LINES))} of ${formatNumber(total)}</span><nav aria-label="Pages">${
    from > 0 && button({ label: 'First page', type: 'submit', name: 'go', value: to(0) })
  }${next !== undefined && button({ label: 'Next page', type: 'submit', name: 'go', value: to(next.position), endIcon: 'chevronRight' })}</nav></div>`
}
