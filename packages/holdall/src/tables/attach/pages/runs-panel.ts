import { formatCount, formatNumber, formatTime } from '../../../web/format.ts'
import { type Html, html } from '../../../web/html.ts'
import { linkButton, postButton } from '../../../web/parts/button.ts'
import { linkedRows } from '../../../web/parts/facts.ts'
import type { IconName } from '../../../web/parts/icon.ts'
import { shownTime } from '../../../web/parts/time.ts'
import type { Subject } from '../room.ts'
import { lastOf, type Run } from '../run.ts'

/** Plans of whoever looks that were neither carried out nor forgotten. */
export function plansPanel({ href }: Subject, plans: readonly Run[]): Html {
  if (plans.length === 0) return html``
  return html`<section aria-labelledby="not-finished"><h2 id="not-finished">Not finished</h2>${linkedRows(
    plans.map((run) => ({
      title: `${formatCount(run.files, 'file')} for ${run.column}`,
      note: html`Nothing is attached yet · ${shownTime(run.createdAt)}`,
      href: `${href}/${run.id}`,
      icon: 'clock' as const,
      end: linkButton({
        label: 'Continue',
        href: `${href}/${run.id}`,
        small: true,
        more: { 'aria-label': `Continue with ${formatCount(run.files, 'file')} for ${run.column}` },
      }),
    })),
  )}</section>`
}

/** What was attached to a table before, each with its undo. */
export function runsPanel({ href }: Subject, runs: readonly Run[], names: ReadonlyMap<string, string>): Html {
  if (runs.length === 0) return html``
  return html`<section aria-labelledby="attached-before"><h2 id="attached-before">Attached before</h2>${linkedRows(
    runs.map((run) => ({
      title: `${formatCount(run.files, 'file')} to ${run.column}`,
      note: noteOf(run, names),
      href: `${href}/${run.id}`,
      icon: iconOf(run),
      ...(run.status === 'applied' && {
        end: postButton(`${href}/${run.id}/-/undo`, {
          label: 'Undo',
          small: true,
          more: {
            'aria-label': `Undo ${formatCount(run.files, 'file')} to ${run.column}, ${formatTime(lastOf(run).at)}`,
          },
        }),
      }),
    })),
  )}</section>`
}

function noteOf(run: Run, names: ReadonlyMap<string, string>): Html {
  const { at, by } = lastOf(run)
  return html`${statusWords(run)} · ${by !== null && `by ${names.get(by) ?? by} · `}${shownTime(at)}`
}

// Beside what was undone stands nothing that could be pressed to delete it.
function iconOf({ status }: Run): IconName {
  return status === 'failed' ? 'warning' : status === 'applied' ? 'check' : 'clock'
}

export function statusWords({ status, cells, restored }: Run): string {
  switch (status) {
    case 'planned':
      return 'A plan'
    case 'applying':
      return 'Being written'
    case 'applied':
      return `On ${formatCount(cells, 'row')}`
    case 'undoing':
      return 'Being undone'
    case 'undone':
      return restored === cells
        ? `Undone on ${formatCount(cells, 'row')}`
        : `Undone on ${formatNumber(restored ?? 0)} of ${formatCount(cells, 'row')}`
    case 'failed':
      return 'Not written'
  }
}
