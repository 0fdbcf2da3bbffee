import { discard, type UnfinishedUpload, type UploadTarget, unfinished } from '@holdall/client'
import { beingSent, type Sent } from './elsewhere.ts'

/** Uploads of one name and size that were begun and not finished: to whoever looks they are one. */
export interface LeftOpen extends Sent {
  readonly key: string
  /** bytes that storage has of the newest of them */
  readonly received: number
  readonly sessions: readonly UnfinishedUpload[]
}

export interface Unfinished {
  /** Newest first. */
  readonly list: readonly LeftOpen[]
  /** Asks the server; what cannot be asked is not told. */
  ask(): Promise<void>
  /** The one that a file may be of, as far as its name and size say. */
  of(file: Sent): LeftOpen | undefined
  /** One of the same name, but of another size. */
  namesake(file: Sent): LeftOpen | undefined
  /** It has become a file. */
  finished(file: Sent): void
  /** Takes it from the list. */
  setAside(one: LeftOpen): { bringBack(): void; discard(): Promise<void> }
}

export function sentKey({ name, size }: Sent): string {
  return `${size}/${name}`
}

export function createUnfinished(target: () => UploadTarget, changed: () => void): Unfinished {
  let list: readonly LeftOpen[] = []
  const aside = new Set<string>()
  let asking: Promise<void> | undefined

  function show(next: readonly LeftOpen[]): void {
    if (next.length === 0 && list.length === 0) return
    list = next
    changed()
  }

  async function look(): Promise<void> {
    try {
      const [open, isSent] = await Promise.all([unfinished(target()), beingSent(target())])
      show(grouped(open).filter((one) => !aside.has(one.key) && !isSent(one)))
    } catch {
      // What there is to go on with can be found later as well.
    } finally {
      asking = undefined
    }
  }

  async function give(one: LeftOpen): Promise<void> {
    await Promise.allSettled(one.sessions.map((session) => discardNow(target(), session)))
    aside.delete(one.key)
  }

  return {
    get list() {
      return list
    },
    ask() {
      asking ??= look()
      return asking
    },
    of: (file) => list.find(({ key }) => key === sentKey(file)),
    namesake: (file) => list.find(({ name, size }) => name === file.name && size !== file.size),
    finished(file) {
      show(list.filter(({ key }) => key !== sentKey(file)))
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

/** What nothing was received of is nothing to go on with. */
function grouped(open: readonly UnfinishedUpload[]): LeftOpen[] {
  const groups = new Map<string, LeftOpen>()
  for (const session of open) {
    if (session.bytes_received === 0) continue
    const { filename: name, total_size: size, bytes_received: received } = session
    const key = sentKey({ name, size })
    const group = groups.get(key) ?? { key, name, size, received, sessions: [] }
    groups.set(key, { ...group, sessions: [...group.sessions, session] })
  }
  return [...groups.values()]
}

/** Also while the page is being left; the client then tries on, where there is still somebody to do so. */
async function discardNow(target: UploadTarget, session: UnfinishedUpload, ask = fetch): Promise<void> {
  const base = new URL(target.baseUrl ?? '/', location.href)
  const request = { method: 'DELETE', keepalive: true, headers: { accept: 'application/json' } }
  const answer = await ask(new URL(session.session_url, base), request).catch(() => null)
  if (answer === null || !answer.ok) await discard(target, session)
}
