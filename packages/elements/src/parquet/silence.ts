import { html, type TemplateResult } from 'lit'
import { announce } from '../lib/announce.ts'
import { icon } from '../lib/templates.ts'

/** Hours, minutes and seconds, as the clock of whoever looks shows them. */
const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })

/** What a card says while nobody knows how its upload goes. @param since milliseconds since 1970 */
export function silenceLine(since: number): TemplateResult {
  return html`<p class="trouble silent">${icon('warning')}<span>Holdall does not answer. Trying again since <time datetime=${new Date(since).toISOString()}>${CLOCK.format(since)}</time> …</span></p>`
}

let isSilent = false

/** Said once, however many uploads are followed. */
export function sayAnswering(since: number | null): void {
  if (isSilent === (since !== null)) return
  isSilent = since !== null
  announce(isSilent ? 'Holdall does not answer. Trying again' : 'Holdall answers again')
}
