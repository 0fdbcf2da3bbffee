import { type Html, html } from '../../../web/html.ts'
import { badge } from '../../../web/parts/chips.ts'
import { byRow } from '../decide-all.ts'
import type { JudgedLine } from '../outline.ts'
import type { PlanView, ShownLine } from './plan-line.ts'

/** So many files that fit the same row are named. */
const MOST_NAMED = 4

/** The other files whose names fit the same row, by the places of the lines of a page: of doubles only. */
export function rivalsOf(all: readonly JudgedLine[], lines: readonly ShownLine[]): Map<number, JudgedLine[]> {
  const rows = byRow(all.filter(({ state }) => state === 'double' || state === 'matched' || state === 'filled'))
  return new Map(
    lines.flatMap(({ position, state, fits }) => {
      const others = (fits === null ? [] : (rows.get(fits) ?? [])).filter((other) => other.position !== position)
      return state === 'double' ? [[position, others.slice(0, MOST_NAMED)] as const] : []
    }),
  )
}

/** Which they are, where they lie, and which have the same bytes. */
export function rivalLine({ room, files, rivals }: PlanView, line: ShownLine): Html {
  const hash = files.get(line.file)?.contentHash ?? null
  return html`${(rivals.get(line.position) ?? []).map((rival) => {
    const file = files.get(rival.file)
    if (file === undefined) return html``
    const goes = rival.part === 'rows' ? ' goes there' : ''
    return html`<span class="rival"><a href="${room.urls.file(file.id)}">${file.filename}</a>${goes}${hash !== null && file.contentHash === hash && html` ${badge('same bytes')}`}</span>`
  })}`
}
