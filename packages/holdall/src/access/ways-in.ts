import { formatTime } from '../web/format.ts'
import { type Html, html } from '../web/html.ts'
import { postButton } from '../web/parts/button.ts'
import { browserWords } from './browser-words.ts'
import { panelTable } from './panel-table.ts'
import type { SessionFacts } from './sessions.ts'

/** Something that lets a person in: a session, a sign-in link, a token. */
export interface WayIn {
  readonly id: string
  readonly what: string
  /** When it was made or last used. */
  readonly at: string
  /** Null for never. */
  readonly ends: string | null
}

export function sessionWay({ id, userAgent, usedAt, expiresAt }: SessionFacts): WayIn {
  return { id, what: browserWords(userAgent), at: usedAt, ends: expiresAt }
}

/** A section that lists ways in, or says that there is none. */
export function waysIn(options: {
  readonly title: string
  readonly none: string
  /** What `at` is: "Last used". */
  readonly when: string
  readonly ways: readonly WayIn[]
  /** What ends one. */
  readonly end: (way: WayIn) => Html | string
  readonly more?: Html
}): Html {
  const { title, none, when, ways, end, more } = options
  return html`<section><div class="section-head"><h2>${title}</h2><span class="muted">${String(ways.length)}</span></div>
${
  ways.length === 0
    ? html`<p class="muted">${none}</p>`
    : panelTable({
        caption: title,
        columns: [{ label: 'What' }, { label: when }, { label: 'Ends' }, { label: 'Change' }],
        rows: ways.map((way) => ({
          cells: [way.what, formatTime(way.at), way.ends === null ? 'never' : formatTime(way.ends), end(way)],
        })),
      })
}${more}</section>`
}

export function endButton(
  action: string,
  verb: string,
  { id, what }: WayIn,
  fields: Readonly<Record<string, string>>,
): Html {
  const label = { label: verb, kind: 'danger', small: true, more: { 'aria-label': `${verb}: ${what}` } } as const
  return postButton(action, label, { ...fields, id })
}
