import type { DatasetStatus } from '@holdall/client'
import { html, nothing, type TemplateResult } from 'lit'

/** Up to the first full stop or colon. */
const FIRST = /^(?<head>.{1,120}?[.:])(?=\s|$)(?<rest>[\s\S]*)$/u

/** Why a step failed, and what is to be known before anything is done about it. */
export function reason(session: DatasetStatus | null): TemplateResult {
  const said = session?.failure_reason?.exc_str ?? 'The server could not finish the upload.'
  return reasonBox(said, session === null ? null : whatIsKept(session))
}

export function reasonBox(said: string, kept: string | null): TemplateResult {
  const { head = '', rest = said } = FIRST.exec(said)?.groups ?? {}
  return html`<div class="reason"><p><strong>${head}</strong>${rest}</p>${kept === null ? nothing : html`<p>${kept}</p>`}</div>`
}

function whatIsKept({ retryable, failure_reason: failure }: DatasetStatus): string {
  if (!retryable) return 'What was sent has been deleted.'
  return failure?.step === 'combine'
    ? 'What arrived is kept. Choosing the same file sends only what is missing.'
    : 'Nothing has to be sent again: the file is kept.'
}
