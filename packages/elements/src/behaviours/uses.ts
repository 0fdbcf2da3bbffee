import { requestJson } from '@holdall/client'
import { html, nothing, render } from 'lit'
import { announce } from '../lib/announce.ts'
import { formatCount } from '../lib/format.ts'
import { icon } from '../lib/templates.ts'
import { safeUrl } from '../lib/url.ts'

/** Milliseconds without another tick before the rows are asked for: each column of files is read for that. */
const STILL = 250
/** So many rows are named. */
const NAMED = 12

interface Use {
  readonly label: string
  readonly database: string
  readonly table: string
  readonly url: string
}

const asking = new WeakMap<HTMLFormElement, AbortController>()

/**
 * Says beside what is selected which rows use it, before anything is done with it. What has been said, the server does not
 * ask again: only then the form says that it is confirmed.
 */
export function sayUses(form: HTMLFormElement, ids: readonly string[]): void {
  const menu = form.querySelector<HTMLDetailsElement>('[data-selection-uses]')
  if (!menu) return
  asking.get(form)?.abort()
  tell(form, menu, null, [])
  if (ids.length === 0) return
  const stop = new AbortController()
  asking.set(form, stop)
  setTimeout(() => ask(form, menu, ids, stop.signal), STILL)
}

async function ask(form: HTMLFormElement, menu: HTMLDetailsElement, ids: readonly string[], signal: AbortSignal) {
  if (signal.aborted) return
  try {
    const { says, rows } = await requestJson(new URL('uses', form.action).href, { ids }, signal)
    if (signal.aborted || typeof says !== 'string') return
    tell(form, menu, says, Array.isArray(rows) ? rows : [])
    announce(says)
  } catch {
    // Then the server asks before it deletes what rows use.
  }
}

function tell(form: HTMLFormElement, menu: HTMLDetailsElement, says: string | null, rows: readonly Use[]): void {
  menu.hidden = says === null
  menu.open = false
  const told = form.querySelector<HTMLInputElement>('[data-selection-told]')
  if (told) told.disabled = says === null
  const [summary, panel] = [menu.querySelector('summary'), menu.querySelector<HTMLElement>('.menu-panel')]
  if (!summary || !panel) return
  render(html`<span>${says}</span>${icon('chevronDown')}`, summary)
  if (rows.length === 0) {
    render(html`<p>They are in tables that you may not see, or that could not be searched.</p>`, panel)
    return
  }
  const more = rows.length - NAMED
  render(
    html`<ul>${rows
      .slice(0, NAMED)
      .map(
        ({ label, database, table, url }) =>
          html`<li><a href=${safeUrl(url)}><span>${label}<small>${database} / ${table}</small></span></a></li>`,
      )}</ul>${more > 0 ? html`<p>and ${formatCount(more, 'more row')}</p>` : nothing}`,
    panel,
  )
}
