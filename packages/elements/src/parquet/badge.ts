import { html, type TemplateResult } from 'lit'
import type { IconName } from '../lib/icons.ts'
import { icon } from '../lib/templates.ts'
import type { Card } from './view.ts'

/** How an upload stands, in one word. */
export function badgeOf({ task, session, asked, silentSince }: Card): TemplateResult {
  if (asked === 'cancel') return badge('', null, 'Cancelling')
  if (session?.status === 'completed') return badge('success', 'check', 'Ready')
  if (silentSince !== null) return badge('warning', 'warning', 'No answer')
  if (asked === 'retry') return badge('accent', null, 'Running')
  if (session?.status === 'failed' || task?.state === 'failed') return badge('danger', 'error', 'Failed')
  if (task?.state === 'paused') return badge('', 'pause', 'Paused')
  if (task?.state === 'waiting') return badge('', 'clock', 'Waiting')
  if (task?.state === 'comparing') return badge('accent', null, 'Checking')
  if (session?.waits_for === 'confirmation') return badge('warning', 'warning', 'Waits for you')
  if (session !== null) return badge('accent', null, 'Running')
  return badge('accent', null, 'Sending')
}

function badge(
  kind: '' | 'accent' | 'success' | 'warning' | 'danger',
  sign: IconName | null,
  words: string,
): TemplateResult {
  return html`<span class="badge ${kind}">${sign === null ? '' : icon(sign)}${words}</span>`
}
