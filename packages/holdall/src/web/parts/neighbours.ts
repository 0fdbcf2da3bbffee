import { type Html, html, NOTHING, safeUrl } from '../html.ts'
import { type ButtonLook, deadButton, linkButton } from './button.ts'

export interface Ways {
  /** What they are of, for those who do not see where they stand: "Files of the list" */
  readonly label: string
  /** Where the list is, and what the way there is called. */
  readonly list: { readonly href: string; readonly label: string }
  /** Null where the list begins or ends; neither is there where it has one member. */
  readonly previous?: Neighbour | null
  readonly next?: Neighbour | null
}

export interface Neighbour {
  readonly href: string
  /** What it is called. */
  readonly title: string
}

/** Above one of a list: the one before it, the one after it and the list itself. The arrow keys go there too. */
export function neighbours({ label, list, previous, next }: Ways): Html {
  return html`<nav class="neighbours" aria-label="${label}">${step(previous, 'prev', {
    label: 'Previous',
    icon: 'chevronLeft',
  })}${step(next, 'next', { label: 'Next', endIcon: 'chevronRight' })}<a href="${safeUrl(list.href)}">${list.label}</a></nav>`
}

function step(to: Neighbour | null | undefined, rel: 'prev' | 'next', look: ButtonLook): Html {
  if (to === undefined) return NOTHING
  if (to === null) return deadButton({ ...look, small: true })
  return linkButton({ ...look, small: true, href: to.href, more: { rel, title: to.title } })
}
