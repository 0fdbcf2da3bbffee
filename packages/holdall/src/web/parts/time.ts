import { formatTime } from '../format.ts'
import { type Html, html } from '../html.ts'

/** A moment as people write it. @param iso ISO 8601 */
export function shownTime(iso: string): Html {
  return html`<time datetime="${iso}">${formatTime(iso)}</time>`
}
