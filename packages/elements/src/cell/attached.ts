import { formatCount } from '../lib/format.ts'
import { storedSummary } from '../lib/stored.ts'
import type { Task } from '../lib/task.ts'
import { nameOf, type Shown } from './shown.ts'

/** What a cell holds once uploads have arrived, and how that is told: a column of one file holds the last of them. */
export function withArrived(
  shown: readonly Shown[],
  arrived: readonly Task[],
  cell: { readonly multiple: boolean; readonly rowLabel: string },
): { readonly next: Shown[]; readonly said: string } {
  const files = arrived.flatMap((task) =>
    task.stored ? [{ ...storedSummary(task.stored), preview: task.preview }] : [],
  )
  const added = files.map(({ preview, ...file }) => ({
    id: file.id,
    file: { ...file, thumbnail_url: file.thumbnail_url ?? preview },
  }))
  const known = new Set(shown.map(({ id }) => id))
  const next = cell.multiple ? [...shown, ...added.filter(({ id }) => !known.has(id))] : added.slice(-1)
  const what = files.length === 1 ? (files[0]?.filename ?? 'The file') : formatCount(files.length, 'file')
  const [before] = shown
  const where = cell.rowLabel ? ` to ${cell.rowLabel}` : ''
  const one = before && nameOf(before)
  const instead = !cell.multiple && one ? ` in place of ${one === what ? 'the one before' : one}` : ''
  return { next, said: `${what} attached${where}${instead}` }
}
