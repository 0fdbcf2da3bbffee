import { type Html, html, safeUrl } from '../html.ts'
import { attributes } from './attributes.ts'
import { copyButton } from './button.ts'
import { type IconName, icon } from './icon.ts'

/** Terms and their values; those without a value are left out. */
export function facts(entries: readonly (readonly [string, string | Html | null | undefined])[]): Html {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== '')
  return html`<dl class="facts">${shown.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>`
}

/** A value that is too long to read: its two ends, and a button that copies all of it. */
export function copyable(text: string, what: string, shown = shorten(text)): Html {
  return html`<span class="copyable"><code title="${text}">${shown}</code>${copyButton(text, `Copy ${what}`)}</span>`
}

const ENDS = 8

function shorten(text: string): string {
  return text.length <= 2 * ENDS + 1 ? text : `${text.slice(0, ENDS)}…${text.slice(-ENDS)}`
}

/** A command to type, with a button that copies it. */
export function command(text: string): Html {
  return html`<div class="command"><code tabindex="0">${text}</code>${copyButton(text, 'Copy the command', 'Copy')}</div>`
}

export interface LinkedRow {
  readonly title: string | Html
  readonly note?: string | Html
  readonly href?: string
  readonly icon?: IconName
  /** In place of the icon, such as a thumbnail. */
  readonly picture?: Html
  readonly end?: Html
}

/** Rows that lead somewhere: a name, one line about it. */
export function linkedRows(rows: readonly LinkedRow[]): Html {
  return html`<ul class="linked">${rows.map((row) => {
    const words = html`<strong>${row.title}</strong>${row.note && html`<small>${row.note}</small>`}`
    const middle =
      row.href === undefined
        ? html`<span class="grow">${words}</span>`
        : html`<a class="grow" href="${safeUrl(row.href)}">${words}</a>`
    const end = row.end ?? (row.href !== undefined && !row.icon && !row.picture ? icon('chevronRight') : null)
    return html`<li>${row.picture ?? (row.icon && icon(row.icon))}${middle}${end}</li>`
  })}</ul>`
}

/** A heading that opens and closes what is under it. */
export function fold(title: string, body: Html, open = false): Html {
  return html`<details class="fold"${attributes({ open })}><summary>${icon('chevronRight')}${title}</summary>${body}</details>`
}

/** Keys that the page knows, beside what they do. */
export function keys(entries: readonly (readonly [string, string])[]): Html {
  return html`<dl class="facts keys">${entries.map(([key, does]) => html`<dt><kbd>${key}</kbd></dt><dd>${does}</dd>`)}</dl>`
}
