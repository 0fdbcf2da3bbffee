import { discard, type ServerTarget, type UnfinishedUpload } from '@holdall/client'
import { announce } from './announce.ts'
import { chooseFiles } from './dragging.ts'
import { beingSent, type Sent, wasSentHere } from './elsewhere.ts'
import { formatBytes } from './format.ts'
import type { Begun } from './transfers.ts'

/** Uploads of one name and size that were begun and not finished: to whoever looks they are one. */
export interface LeftOpen extends Sent {
  readonly key: string
  /** bytes that storage has of the newest of them of which it has any; 0 where nothing has arrived */
  readonly received: number
  /** seconds since the last part of any of them arrived, when the server was asked; null where nobody knows */
  readonly idle: number | null
  /** seconds since the newest of those was begun of which nothing has arrived, as the clock here says; null without such */
  readonly begun: number | null
  /** It was seen to grow, and no page of this browser sends it. */
  readonly moving: boolean
  /** This tab sent it, and does so no more. */
  readonly ours: boolean
  readonly sessions: readonly UnfinishedUpload[]
}

export interface Unfinished {
  /** Newest first. */
  readonly list: readonly LeftOpen[]
  /** Asks the server; what cannot be asked is not told. */
  ask(): Promise<void>
  /** The one that a file may go on with, as far as its name and size say. */
  of(file: Sent): LeftOpen | undefined
  /** That one of the same name, but of another size, was not finished. */
  noteOn(file: Sent): string | null
  /** It has become a file: uploads of it of which nothing has arrived are given up. */
  finished(file: Sent): void
  /** Takes it from the list. */
  setAside(one: LeftOpen): { bringBack(): void; discard(): Promise<void> }
}

/** Seconds for which somebody may still be at it: a part over a slow line takes minutes. */
const MAY_MOVE = 300
/** Seconds for which what was seen to grow is said to arrive. */
const JUST_MOVED = 60
/** Milliseconds until what may move is looked at again. */
const LOOK_AGAIN = 10_000

/** Whether somebody may be sending it right now, from where this browser does not know. */
export function mayMove({ idle, begun }: Pick<LeftOpen, 'idle' | 'begun'>): boolean {
  return Math.min(idle ?? MAY_MOVE, begun ?? MAY_MOVE) < MAY_MOVE
}

/** Whether discarding it may end what somebody does, as far as can be known. */
export function mayDisturb(one: LeftOpen): boolean {
  return one.ours && one.sessions.length === 1 ? one.moving : mayMove(one)
}

export function sentKey({ name, size }: Sent): string {
  return `${size}/${name}`
}

export function createUnfinished(begun: Begun, changed: () => void): Unfinished {
  let list: readonly LeftOpen[] = []
  const aside = new Set<string>()
  /** What was listed until a page of this browser began to send it. */
  const takenUp = new Map<string, LeftOpen>()
  let asking: Promise<void> | undefined
  let again: ReturnType<typeof setTimeout> | undefined

  function show(next: readonly LeftOpen[]): void {
    if (next.length === 0 && list.length === 0) return
    list = next
    changed()
  }

  async function look(): Promise<void> {
    try {
      const [open, isSent] = await Promise.all([begun.open(), beingSent(begun.place())])
      const before = new Map(list.map((one) => [one.key, one]))
      const next = grouped(open).filter((one) => !aside.has(one.key) && !isSent(one))
      for (const one of list) if (isSent(one)) takenUp.set(one.key, one)
      const place = begun.place()
      show(next.map((one) => ({ ...one, moving: moves(one, before.get(one.key)), ours: wasSentHere(place, one) })))
      clearTimeout(again)
      again = next.some(mayMove) ? setTimeout(lookAgain, LOOK_AGAIN) : undefined
    } catch {
      // What there is to go on with can be found later as well.
    } finally {
      asking = undefined
    }
  }

  /** A page that nobody sees asks when it is seen again. */
  function lookAgain(): void {
    if (!document.hidden && list.some(mayMove)) asking ??= look()
  }

  async function give(one: LeftOpen): Promise<void> {
    await Promise.allSettled(one.sessions.map((session) => discardNow(begun.server(), session)))
    aside.delete(one.key)
  }

  function ask(): Promise<void> {
    asking ??= look()
    return asking
  }

  /** A new upload was begun in their place, since nothing could prove that they were of this file; nobody needs them now. */
  async function giveUpEmpty({ key, sessions }: LeftOpen): Promise<void> {
    const empty = new Set(sessions.filter(isEmpty).map(({ session_url: url }) => url))
    if (empty.size === 0) return
    aside.add(key)
    try {
      // Something of one may have arrived since, from elsewhere.
      const open = (await begun.open()).filter((session) => isEmpty(session) && empty.has(session.session_url))
      await Promise.allSettled(open.map((session) => discardNow(begun.server(), session)))
    } catch {
      // They are shown again, and go after a week.
    }
    aside.delete(key)
    // What was asked meanwhile may have been answered before they were gone.
    await asking
    await ask()
  }

  return {
    get list() {
      return list
    },
    ask,
    of: (file) => list.find(({ key, received }) => key === sentKey(file) && received > 0),
    noteOn({ name, size }) {
      const namesakes = list.filter((one) => one.name === name)
      const other = namesakes.find(({ received }) => received > 0)
      return other === undefined || namesakes.some((one) => one.size === size)
        ? null
        : `This is not the ${name} of ${formatBytes(other.size)} that was not finished. It is sent from its beginning.`
    },
    finished(file) {
      const one = list.find(({ key }) => key === sentKey(file)) ?? takenUp.get(sentKey(file))
      if (one === undefined) return
      takenUp.delete(one.key)
      show(list.filter((other) => other !== one))
      giveUpEmpty(one)
    },
    setAside(one) {
      const at = list.indexOf(one)
      aside.add(one.key)
      show(list.filter((other) => other !== one))
      return {
        bringBack() {
          aside.delete(one.key)
          show(list.toSpliced(Math.max(0, at), 0, one))
        },
        discard: () => give(one),
      }
    },
  }
}

/** Another name is another file; of the same name it is taken, and said if it is not the same. */
export function chooseSame(
  { name, size }: Sent,
  { take, wrong }: { take(file: File): void; wrong(text: string): void },
): void {
  chooseFiles({ accept: null, multiple: false }, ([file]) => {
    if (file === undefined) return
    if (file.name === name) return take(file)
    const text = `${file.name} is another file. To go on, choose ${name} of ${formatBytes(size)}.`
    wrong(text)
    announce(text)
  })
}

function moves(now: LeftOpen, before: LeftOpen | undefined): boolean {
  if (before === undefined) return false
  return now.received > before.received || (before.moving && now.idle !== null && now.idle < JUST_MOVED)
}

function isEmpty({ bytes_received: received }: UnfinishedUpload): boolean {
  return received === 0
}

function grouped(open: readonly UnfinishedUpload[]): LeftOpen[] {
  const groups = new Map<string, LeftOpen>()
  for (const session of open) {
    const { filename: name, total_size: size, bytes_received: received } = session
    const key = sentKey({ name, size })
    const group = groups.get(key) ?? { key, name, size, received, idle: null, begun: null, ...UNSEEN, sessions: [] }
    const ages = [group.idle, session.last_part_seconds_ago ?? null].filter((age) => age !== null)
    const idle = ages.length === 0 ? null : Math.min(...ages)
    const begun = group.begun ?? (isEmpty(session) ? secondsSince(session.created_at) : null)
    const sessions = [...group.sessions, session]
    groups.set(key, { ...group, received: group.received || received, idle, begun, sessions })
  }
  return [...groups.values()]
}

/** What is found out once all are known. */
const UNSEEN = { moving: false, ours: false }

function secondsSince(time: string): number {
  return Math.max(0, (Date.now() - Date.parse(time)) / 1_000)
}

/** Also while the page is being left; the client then tries on, where there is still somebody to do so. */
async function discardNow(target: ServerTarget, session: UnfinishedUpload, ask = fetch): Promise<void> {
  const base = new URL(target.baseUrl ?? '/', location.href)
  const request = { method: 'DELETE', keepalive: true, headers: { accept: 'application/json' } }
  const answer = await ask(new URL(session.session_url, base), request).catch(() => null)
  if (answer === null || !answer.ok) await discard(target, session)
}
