import { html, nothing, type TemplateResult } from 'lit'
import { icon } from '../lib/templates.ts'
import type { Card } from './view.ts'

/** The other sheets of an Excel file, one of which may be read instead; nothing where there is none. */
export function sheetChoice(card: Card, read: (card: Card, sheet: string) => void): TemplateResult | typeof nothing {
  const { session } = card
  // What is added to other files cannot be made anew on its own.
  if (session === null || (session.status === 'completed' && session.mode === 'append')) return nothing
  const others = (session.sheets ?? []).filter(
    ({ name }) => session.status === 'failed' || name !== session.conversion?.sheet,
  )
  if (others.length === 0) return nothing
  // The one that failed is the last that anybody wants.
  const why = session.failure_reason?.exc_str ?? ''
  const wanted = others.toSorted((a, b) => rank(a, why) - rank(b, why))
  function submit(event: SubmitEvent): void {
    event.preventDefault()
    const chosen = new FormData(event.currentTarget as HTMLFormElement).get('sheet')
    if (typeof chosen === 'string') read(card, chosen)
  }
  const failed = session.status === 'failed'
  return html`<form class="sheet-choice" @submit=${submit}><label><span>${failed ? 'Sheet' : 'Another sheet'}</span><span class="select"><select class="input" name="sheet" data-control="sheet">${wanted.map(
    ({ name, hidden }) => html`<option value=${name}>${name}${hidden ? ' (hidden)' : ''}</option>`,
  )}</select>${icon('chevronDown')}</span></label><button class="button ${failed ? 'filled' : ''}" type="submit" data-control="read-sheet">${failed ? 'Read this sheet' : 'Read it instead'}</button></form>`
}

/** Those that are shown first, then those that are not, then what the failure is about. */
function rank({ name, hidden }: { readonly name: string; readonly hidden: boolean }, why: string): number {
  return why.includes(`sheet “${name}”`) ? 2 : Number(hidden)
}
