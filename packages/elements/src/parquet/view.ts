import type { DatasetStatus } from '@holdall/client'
import type { Task } from '../lib/task.ts'

/** One upload: what this page knows of it while it sends, and what the server says once it has all. */
export interface Card {
  readonly key: string
  readonly name: string
  /** bytes */
  readonly size: number
  /** Null where another page sent it. */
  readonly task: Task<unknown> | null
  /** Null until all is sent. */
  readonly session: DatasetStatus | null
  /** Milliseconds that it was being sent; null where that is not known. */
  readonly sentTime: number | null
  readonly asked: 'cancel' | 'retry' | null
  /** What does not concern the upload itself: the server could not be asked. */
  readonly trouble: string | null
  /** Since when the server does not answer, in milliseconds since 1970; null while it does. */
  readonly silentSince: number | null
  /** It had failed when this page came. */
  readonly old: boolean
  /** The page of the dataset, once there is one. */
  readonly href: string | null
  /** Where what differs stands, which somebody has to confirm. */
  readonly reviewHref: string
}
