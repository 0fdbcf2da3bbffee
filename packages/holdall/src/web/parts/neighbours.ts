import { type Html, html, NOTHING, safeUrl } from '../html.ts'
import { deadButton, linkButton } from './button.ts'

export interface NeighboursOptions {
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
export function neighbours({ label, list, previous, next }: NeighboursOptions): Html {
  const before = { label: 'Previous', icon: 'chevronLeft', small: true } as const
  const after = { label: 'Next', endIcon: 'chevronRight', small: true } as const
  return html`<nav class="neighbours" aria-label="${label}">${
    previous === undefined
      ? NOTHING
      : previous === null
        ? deadButton(before)
        : linkButton({ ...before, href: previous.href, more: { rel: 'prev', title: previous.title } })
  }${
    next === undefined
      ? NOTHING
      : next === null
        ? deadButton(after)
        : linkButton({ ...after, href: next.href, more: { rel: 'next', title: next.title } })
  }<a href="${safeUrl(list.href)}">${list.label}</a></nav>`
}
