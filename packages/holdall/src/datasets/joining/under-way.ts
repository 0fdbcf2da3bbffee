import type { InternalDatabase } from '../../database/internal.ts'
import type { Uploads } from '../../uploads/engine.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { formatCount } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { linkButton } from '../../web/parts/button.ts'
import { notice } from '../../web/parts/notice.ts'
import type { Dataset } from '../records.ts'
import { madeOf } from '../uploads/made.ts'
import { batchesOf, type JoinMode } from './batches.ts'
import { failedAt, historyOf } from './history.ts'

/** Files that are on their way into a dataset together. */
interface UnderWay {
  readonly mode: JoinMode
  readonly files: number
  readonly standing: 'failed' | 'waits' | 'goes on'
}

type Room = { readonly database: InternalDatabase; readonly uploads: Pick<Uploads, 'find'> }

/** What the page of a dataset says of files that are not part of it yet; false where there are none. */
export async function underWayNotices(
  room: Room,
  dataset: Pick<Dataset, 'id' | 'version'>,
  here: string,
): Promise<Html | false> {
  const found: UnderWay[] = []
  for (const { mode, members } of await batchesOf(room.database, dataset.id)) {
    const sessions = await Promise.all(members.map(({ uploadId }) => room.uploads.find('dataset', uploadId)))
    const there = sessions.filter((session) => session !== undefined).filter(({ status }) => OPEN.has(status))
    if (there.length === 0) continue
    const standing = standingOf(there)
    if (standing === 'failed' && (await isSettled(room, dataset, there))) continue
    found.push({ mode, files: there.length, standing })
  }
  return found.length > 0 && html`<div class="notices">${found.map((one) => noticeOf(one, here))}</div>`
}

/** What failed is no news any more once there is a version since, or the same files have come: its history tells of it. */
async function isSettled(room: Room, dataset: Pick<Dataset, 'id' | 'version'>, sessions: readonly UploadSession[]) {
  const failed = failedAt(sessions.map((session) => ({ session })))
  const { changes } = await historyOf(room, dataset)
  return changes
    .filter(({ at }) => at !== null && at > failed)
    .some(({ what, came }) => {
      const names = new Set(came.map(({ filename }) => filename))
      return what === 'replaced' || (what === 'added' && sessions.every(({ filename }) => names.has(filename)))
    })
}

const OPEN: ReadonlySet<string> = new Set(['initiated', 'completing', 'failed'])

function standingOf(sessions: readonly UploadSession[]): UnderWay['standing'] {
  if (sessions.some(({ status }) => status === 'failed')) return 'failed'
  const waits = (one: UploadSession) => one.completionStatus === 'inferred' && madeOf(one).waits_for === 'confirmation'
  return sessions.some(waits) ? 'waits' : 'goes on'
}

function noticeOf({ mode, files, standing }: UnderWay, here: string): Html {
  const count = formatCount(files, 'file')
  const [is, was] = files === 1 ? ['is', 'was'] : ['are', 'were']
  const isNew = mode === 'replace'
  const href = `${here}/-/${isNew ? 'replace' : 'add'}#waiting`
  const link = (label: string) => linkButton({ label, href, small: true })
  if (standing === 'failed') {
    const title = isNew ? `It was not replaced: ${count} failed.` : `${count} ${was} not added.`
    return notice({ tone: 'warning', title, body: 'Nothing of it is in the dataset.', actions: link('See why') })
  }
  if (standing === 'waits') {
    const title = `${count} ${files === 1 ? 'waits' : 'wait'} for you.`
    const body = `Nothing is ${isNew ? 'replaced' : 'added'} before somebody has looked at it.`
    return notice({ tone: 'warning', title, body, actions: link('See what differs') })
  }
  const title = isNew ? `A new version of ${count} is on the way.` : `${count} ${is} on the way into it.`
  return notice({
    tone: 'info',
    title,
    body: 'Until then the rows are those that were there.',
    actions: link('See how far'),
  })
}
