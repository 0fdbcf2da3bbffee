import type { Source } from '../../sources/sources.ts'
import { formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html, NOTHING, safeUrl } from '../../web/html.ts'
import { attributes } from '../../web/parts/attributes.ts'
import { linkButton, postButton } from '../../web/parts/button.ts'
import { notice } from '../../web/parts/notice.ts'
import { shownTime } from '../../web/parts/time.ts'
import { INSTANCE, type RouteContext } from '../../web/route.ts'
import { type FileState, MAX_COUNT } from '../list.ts'
import type { FilesRoom } from '../room.ts'
import type { Comparing } from './reading.ts'
import type { SyncRun } from './runs.ts'
import type { SyncState } from './sync.ts'

/** The part of a source's page that says when it was synced last, or how far that is, and lets those who may begin one. */
export async function syncPanel(room: FilesRoom, c: RouteContext, source: Source): Promise<Html> {
  const { sync, permissions } = room
  const [state, manages] = await Promise.all([
    sync.state(source),
    permissions.allowed(c.var.actor, 'files-manage-sources', INSTANCE),
  ])
  return html`<div data-live="sync"${attributes({
    'data-live-on':
      state.run?.status === 'running'
        ? `${source.label} is synced`
        : state.comparing && `What is new in ${source.label} was read`,
  })}>${panel(room, source, state, manages)}</div>`
}

function panel({ urls }: FilesRoom, source: Source, state: SyncState, manages: boolean): Html {
  const { run } = state
  const now = standing(state, urls.source(source.slug))
  const syncable = source.availability.available && source.capabilities.can_list
  if (run === undefined && now === NOTHING && !(manages && syncable)) return NOTHING
  const again =
    manages &&
    syncable &&
    postButton(urls.path(`/-/files/sync/${encodeURIComponent(source.slug)}`), {
      label: 'Sync now',
      icon: 'retry',
      small: true,
      more: { 'aria-label': `Sync now: ${source.label}` },
    })
  if (run?.status === 'running') return running(state, run, urls.source(source.slug))
  if (run?.status === 'failed') {
    return notice({
      tone: 'warning',
      title: 'The last sync did not come to its end.',
      body: html`${manages && `${run.failure_reason} `}What it had found by then is listed: ${foundIn(run)}.${now !== NOTHING && html` ${now}.`}`,
      role: 'status',
      ...(again && { actions: again }),
    })
  }
  return html`<div class="sync-line"><p class="muted">${run === undefined ? 'Not synced yet: what lies there beside uploads is not listed.' : completed(run)}${now !== NOTHING && html` · ${now}`}${state.comparing && html`. What is new is being read: ${PROMISED[state.comparing]}.`}</p>${again}</div>`
}

/** What reading the new files tells of the missing ones. */
const PROMISED: Record<Comparing, string> = {
  all: 'a file that was only renamed or moved stays the file it is',
  some: 'of the missing files, those that had been read stay the files they are if they were only renamed or moved',
}

function running({ expected }: SyncState, run: SyncRun, page: string): Html {
  const known = expected === undefined ? undefined : Math.max(expected, run.listed)
  const words =
    run.phase === 'missing'
      ? `${formatCount(run.listed, 'file')} listed, looking for what is missing`
      : `${formatNumber(run.listed)}${known === undefined ? ' files' : ` of about ${formatCount(known, 'file')}`} listed`
  const bar =
    known === undefined
      ? html`<progress aria-label="Sync"></progress>`
      : html`<progress aria-label="Sync" max="${known}" value="${run.listed}"></progress>`
  return html`<div class="sync-line" role="status"><div class="grow"><p>Syncing: <span class="tabular">${words}, ${foundIn(run)}</span></p>${bar}</div>${linkButton(
    { label: 'See how far it is', href: page, small: true, more: { 'data-when-scriptless': true } },
  )}</div>`
}

/** What a run found new says nothing of what was noticed before it. */
function standing({ missingNow, changedSince }: SyncState, page: string): Html {
  const counts: readonly [number, string, FileState][] = [
    [missingNow, 'missing now', 'missing'],
    [changedSince, 'with other contents than when first listed', 'changed'],
  ]
  const links = counts
    .filter(([files]) => files > 0)
    .map(([files, words, state], at) => {
      const count = files > MAX_COUNT ? `more than ${formatNumber(MAX_COUNT)}` : formatNumber(files)
      return html`${at > 0 && ' · '}<a href="${safeUrl(`${page}?state=${state}`)}">${count} ${words}</a>`
    })
  return links.length === 0 ? NOTHING : html`${links}`
}

function completed(run: SyncRun): Html {
  const time = run.finished_at ?? run.started_at
  return html`Synced ${shownTime(time)}: ${foundIn(run)}`
}

function foundIn({ added, changed, moved, missing, returned, left_out }: SyncRun): string {
  const parts = [
    [added, 'new'],
    [changed, 'changed'],
    [moved, 'moved'],
    [missing, 'missing'],
    [returned, 'back again'],
  ] as const
  const shown = parts.filter(([count]) => count > 0).map(([count, what]) => `${formatNumber(count)} ${what}`)
  const found = shown.length === 0 ? 'nothing new' : shown.join(', ')
  return left_out === 0 ? found : `${found}, ${formatCount(left_out, 'system file')} left out`
}
