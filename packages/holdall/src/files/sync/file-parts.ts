import { formatBytes, formatTime } from '../../web/format.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { copyable } from '../../web/parts/facts.ts'
import { notice } from '../../web/parts/notice.ts'
import { shownTime } from '../../web/parts/time.ts'
import type { FileRecord } from '../record.ts'
import { type FormerState, MAX_FORMER_STATES } from './history.ts'

/** What the page of a file says first when its bytes are not where they were. */
export function missingNotice(file: FileRecord, source: string, isElsewhere: boolean): Html {
  const { missingSince } = file
  if (missingSince === null) return NOTHING
  return notice({
    tone: 'warning',
    title: `Missing since ${formatTime(missingSince)}.`,
    body: isElsewhere
      ? `${source} no longer has this file at its place, but has ${elsewhere(file)} at another: say whether it was renamed or moved there.`
      : `${source} no longer has this file. What is known of it is kept; put it back in its place, and it is found again.`,
    role: 'status',
  })
}

function elsewhere({ size, contentHash }: FileRecord): string {
  // All empty files have the same bytes.
  if (size === 0) return 'an empty file that is called the same'
  return contentHash === null ? 'one that looks the same, though this one was never read,' : 'its bytes'
}

/** When the bytes of an adopted file were written, and when they were last seen to be others. */
export function changeFacts({ modifiedAt, changedAt }: FileRecord): [string, Html | null][] {
  return [
    ['Last written', timeOf(modifiedAt)],
    ['Change found', timeOf(changedAt)],
  ] as [string, Html | null][]
}

/** What an adopted file was before its bytes changed. */
export function earlierVersions(former: readonly FormerState[]): Html {
  if (former.length === 0) return NOTHING
  return html`<section aria-labelledby="earlier"><h2 id="earlier" class="section-head">Earlier versions</h2><ul class="linked">${former.map(
    ({ replacedAt, modifiedAt, size, contentHash }) =>
      html`<li><span class="grow"><strong>${modifiedAt === null ? 'Version' : html`Written ${timeOf(modifiedAt)}`}</strong><small>${size !== null && `${formatBytes(size)} · `}replaced ${timeOf(replacedAt)}</small>${
        contentHash !== null &&
        html`<small>${copyable(contentHash.replace(/^sha256:/, ''), 'the whole SHA-256')}</small>`
      }</span></li>`,
  )}</ul><p class="hint">${former.length < MAX_FORMER_STATES ? 'Their bytes are no longer there' : `The last ${MAX_FORMER_STATES}. Their bytes are no longer there`}; rows that use this file hold what lies there now.</p></section>`
}

function timeOf(iso: string | null): Html | null {
  return iso === null ? null : shownTime(iso)
}
