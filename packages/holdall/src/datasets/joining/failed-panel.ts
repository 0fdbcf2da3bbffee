import { formatCount } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { button, hiddenFields, postButton } from '../../web/parts/button.ts'
import { badge } from '../../web/parts/chips.ts'
import { selectInput } from '../../web/parts/inputs.ts'
import { madeOf } from '../uploads/made.ts'
import type { Change } from './changes.ts'
import { asItWas, failedAt } from './history.ts'
import type { WaitingBatch, WaitingFile } from './waiting.ts'

export interface ReviewOptions {
  /** Where the decision is sent. */
  readonly action: string
  /** The dataset's. */
  readonly name: string
  /** What became of it, the last first. */
  readonly changes: readonly Change[]
}

/** Files none of which became part of the dataset: why, that nothing else has changed, and what can be done now. */
export function failedPanel(
  { batch, files }: Pick<WaitingBatch, 'batch' | 'files'>,
  { action, name, changes }: ReviewOptions,
): Html {
  const heading = `waits-${batch.id}`
  const count = formatCount(files.length, 'file')
  const what = files.length === 1 ? (files[0]?.session.filename ?? count) : count
  const title =
    batch.mode === 'replace' ? `${name} was not replaced` : `${what} ${files.length === 1 ? 'was' : 'were'} not added`
  const [only] = files.length === 1 ? files : []
  return html`<section class="panel review" aria-labelledby="${heading}"><div class="panel-head"><h2 id="${heading}" class="grow breakable">${title}</h2>${badge('Failed', 'danger')}</div><div class="panel-body stack-tight">${files.map(
    ({ session }) =>
      html`<p><strong class="breakable">${session.filename}</strong>: ${session.failure?.exc_str ?? ''}</p>`,
  )}<p>Nothing of ${files.length === 1 ? 'it' : 'them'} is in ${asItWas(name, failedAt(files), changes)}.</p></div><div class="panel-foot review-foot">${
    only !== undefined && goOn(only, action, batch.id)
  }${postButton(action, { label: `Discard ${count}`, kind: 'danger' }, { batch: batch.id, decision: 'discard' })}</div></section>`
}

/** What is kept can be tried again, of an Excel file with another sheet. */
function goOn({ session }: WaitingFile, action: string, batch: string): Html | false {
  if (!session.retryable) return false
  const fields = { batch, decision: 'retry', upload: session.id }
  const sheets = madeOf(session).sheets ?? []
  if (sheets.length === 0) return postButton(action, { label: 'Try again', kind: 'filled', icon: 'retry' }, fields)
  const options = sheets.map(({ name, hidden }) => ({ value: name, label: hidden ? `${name} (hidden)` : name }))
  return html`<form class="sheet-line" method="post" action="${safeUrl(action)}">${hiddenFields(fields)}${selectInput({ name: 'sheet', label: `Sheet of ${session.filename}`, options })}${button({ label: 'Read this sheet', type: 'submit', kind: 'filled' })}</form>`
}
