import { ICONS, type IconName } from '@holdall/elements/shared'
import { type Html, html } from '../html.ts'

export type { IconName }

/** An icon beside words, so hidden from screen readers. It needs `sprite` on the page. */
export function icon(name: IconName, className = ''): Html {
  return html`<svg class="${className === '' ? 'icon' : `icon ${className}`}" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-${name}"></use></svg>`
}

const symbols = Object.entries(ICONS).map(
  ([name, d]) => html`<symbol id="i-${name}" viewBox="0 0 16 16"><path d="${d}"></path></symbol>`,
)

/** Every icon, once a page. */
export const sprite: Html = html`<svg class="sprite" aria-hidden="true" focusable="false">${symbols}</svg>`
