import type { Source } from '../../sources/sources.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import { selectInput } from '../../web/parts/inputs.ts'

/** The sources to choose among above a list that can be asked for nothing else. @param asked a slug; all where it is empty */
export function sourceFilter(action: string, sources: readonly Source[], asked: string): Html {
  if (sources.length < 2) return NOTHING
  return html`<form class="toolbar" aria-label="Which source" action="${safeUrl(action)}">${selectInput({
    name: 'source',
    value: asked,
    label: 'Source',
    submits: true,
    options: [{ value: '', label: 'All sources' }, ...sources.map(({ slug, label }) => ({ value: slug, label }))],
  })}${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}</form>`
}
