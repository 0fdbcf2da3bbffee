import type { Source } from '../../sources/sources.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { button } from '../../web/parts/button.ts'
import { type SelectOption, selectInput } from '../../web/parts/inputs.ts'
import type { FileState } from '../list.ts'
import { GROUPS, isGroup, type Kind } from '../search/kinds.ts'
import { typeName } from '../types.ts'

/** What a list may be narrowed to, above a list that can be asked for nothing else. */
export function filterBar(action: string, ...filters: readonly Html[]): Html {
  if (filters.every((filter) => filter === NOTHING)) return NOTHING
  return html`<form class="toolbar" aria-label="Which files" action="${safeUrl(action)}">${filters}${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}</form>`
}

/** The sources to choose among, where there are several. @param asked a slug; all where it is empty */
export function sourceFilter(sources: readonly Source[], asked: string): Html {
  if (sources.length < 2) return NOTHING
  return selectInput({
    name: 'source',
    value: asked,
    label: 'Source',
    submits: true,
    options: [{ value: '', label: 'All sources' }, ...sources.map(({ slug, label }) => ({ value: slug, label }))],
  })
}

/** The types to choose among: the groups, and what is asked for now. @param asked all where it is empty */
export function typeFilter(asked: Kind): Html {
  const types: SelectOption[] = Object.entries(GROUPS).map(([value, { label }]) => ({ value, label }))
  if (asked !== '' && !isGroup(asked)) types.push({ value: asked, label: typeName(asked) })
  return selectInput({
    name: 'content_type',
    value: asked,
    label: 'Type',
    submits: true,
    options: [{ value: '', label: 'All types' }, ...types],
  })
}

const STATES: Record<FileState, string> = { unreadable: 'Cannot be read', missing: 'Missing', changed: 'Changed' }

/** What has become of files to choose among. */
export function stateFilter(asked: FileState | undefined): Html {
  return selectInput({
    name: 'state',
    value: asked ?? '',
    label: 'State',
    submits: true,
    options: [{ value: '', label: 'Any state' }, ...Object.entries(STATES).map(([value, label]) => ({ value, label }))],
  })
}
