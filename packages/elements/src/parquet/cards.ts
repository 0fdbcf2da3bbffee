import type { DatasetStatus } from '@holdall/client'
import type { Task } from '../lib/task.ts'
import { sentKey } from '../lib/unfinished.ts'
import type { Followed } from './following.ts'
import { sentTime } from './steps.ts'
import { createStopwatch } from './stopwatch.ts'
import type { Card } from './view.ts'

/** All that is shown at one moment. */
export interface Shown {
  /** Those of this page first, the last one on top. */
  readonly cards: readonly Card[]
  /** Files that this page has taken up, by `sentKey`: they are nothing to go on with. */
  readonly taken: ReadonlySet<string>
}

export interface CardsOptions {
  /** What the server has said of a file of this page. */
  readonly status: (file: File) => DatasetStatus | null
  readonly silentSince: (file: File) => number | null
  readonly hrefOf: (session: DatasetStatus) => string
  readonly reviewHrefOf: (session: DatasetStatus) => string
}

/** Makes cards of what this page sends and of what is followed; none of them stands there twice. */
export function createCards({ status, silentSince, hrefOf, reviewHrefOf }: CardsOptions) {
  const stopwatch = createStopwatch()

  function own(task: Task<unknown>): Card {
    const time = stopwatch.read(task)
    // What is sent again is no longer what the server spoke of.
    const session = task.state === 'making' || task.state === 'done' ? status(task.file) : null
    const { name, size } = task.file
    return {
      ...{ key: keyOf(task), name, size, task, session, asked: null, trouble: null },
      silentSince: session === null || session.status === 'completing' ? silentSince(task.file) : null,
      old: false,
      sentTime: task.state === 'waiting' || time === 0 ? null : time,
      href: hrefIf(session),
      reviewHref: session === null ? '' : reviewHrefOf(session),
    }
  }

  function other({ key, session, asked, trouble, silentSince, old }: Followed): Card {
    const { filename: name, total_size: size } = session
    return {
      key,
      name,
      size,
      task: null,
      session,
      sentTime: sentTime(session),
      asked,
      trouble,
      silentSince: session.status === 'completing' ? silentSince : null,
      old,
      href: hrefIf(session),
      reviewHref: reviewHrefOf(session),
    }
  }

  function hrefIf(session: DatasetStatus | null): string | null {
    return session?.status === 'completed' ? hrefOf(session) : null
  }

  return (tasks: readonly Task<unknown>[], followed: readonly Followed[]): Shown => {
    const taken = new Set(tasks.filter(({ state }) => state !== 'done').map(({ file }) => sentKey(file)))
    const cards = tasks.map(own).reverse()
    const ids = new Set(cards.map(({ session }) => session?.upload_id))
    const others = followed.filter(({ session }) => !ids.has(session.upload_id) && !isSentAgain(session, taken))
    return { cards: [...cards, ...others.map(other)], taken }
  }
}

/** The name of the card of a file that this page sends. */
export function keyOf({ key }: Pick<Task<unknown>, 'key'>): string {
  return `sent-${key}`
}

/** The storage lacked parts of it, and this page sends them. */
function isSentAgain(session: DatasetStatus, taken: ReadonlySet<string>): boolean {
  const { status, failure_reason: failure, filename: name, total_size: size } = session
  return status === 'failed' && failure?.step === 'combine' && taken.has(sentKey({ name, size }))
}
