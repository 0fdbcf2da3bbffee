import type { Job } from './job.ts'
import type { Reader } from './reader.ts'

/** The place of a reader in a pool, with what it works on. */
export interface Slot {
  reader: Reader
  /** Fresh readers have normal priority; a slow one has been slowed down for good. */
  slow: boolean
  job: Job | null
  /** It has been told to end and takes no more work. */
  ending: boolean
  /** It has started and takes work. One that ends before that could not start, and the next is not hurried. */
  ready: boolean
  slowTimer: NodeJS.Timeout | null
  limitTimer: NodeJS.Timeout | null
  idleTimer: NodeJS.Timeout | null
}

export function emptySlot(slow: boolean, makeReader: (slot: Slot) => Reader): Slot {
  const slot: Slot = {
    reader: undefined as unknown as Reader,
    slow,
    job: null,
    ending: false,
    ready: false,
    slowTimer: null,
    limitTimer: null,
    idleTimer: null,
  }
  slot.reader = makeReader(slot)
  return slot
}

/** Nothing runs any more that would be slow or take too long. */
export function clearTimers(slot: Slot) {
  if (slot.slowTimer) clearTimeout(slot.slowTimer)
  if (slot.limitTimer) clearTimeout(slot.limitTimer)
  slot.slowTimer = null
  slot.limitTimer = null
}
