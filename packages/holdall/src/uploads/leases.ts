import { randomBytes } from 'node:crypto'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import { isAlive, THIS_PROCESS } from '../sources/process.ts'
import { BATCH, LEASE_MS } from './limits.ts'
import type { Lease, UploadSession } from './session.ts'
import type { SessionPatch, SessionStore, StoredSession } from './session-store.ts'

/** The lease has moved on to somebody else, whose business the session is now. Never reaches a client. */
export class LeaseLost extends Error {
  constructor(id: string) {
    super(`The lease of upload session ${id} was taken over`)
    this.name = 'LeaseLost'
  }
}

export interface LeasesOptions {
  readonly store: SessionStore
  readonly before: BeforeIo
  readonly now: () => number
}

/** The leases of upload sessions that this process holds: renewed together, given back together. */
export function createLeases({ store, before, now }: LeasesOptions) {
  const owner = randomBytes(12).toString('hex')
  const held = new Map<string, { fence: number; abort: AbortController }>()

  function time(offset = 0): string {
    return new Date(now() + offset).toISOString()
  }

  async function holds(id: string, fence: number): Promise<boolean> {
    const session = await store.get(id)
    return session?.fence === fence && session.leaseOwner === owner
  }

  const upkeep = {
    /** Forgets a lease that could not be given back; it runs out by itself. */
    abandon(lease: Lease): void {
      if (held.get(lease.session.id)?.fence === lease.fence) held.delete(lease.session.id)
    },

    /** Aborts whatever is done under a lease held here. */
    interrupt(): void {
      for (const [id, { abort }] of held) abort.abort(new LeaseLost(id))
    },

    /** Gives back every lease held here, for the next process to take at once. */
    async releaseAll(): Promise<void> {
      const all = [...held]
      held.clear()
      if (all.length > 0) before('database: release leases')
      await Promise.all(
        all.map(([id, { fence }]) =>
          store.update(id, { fence, owner }, { ...given(), leaseProcess: null, fence: fence + 1 }),
        ),
      )
    },

    /** Renews every lease held here, and aborts those that were lost. */
    async heartbeat(): Promise<void> {
      if (held.size === 0) return
      const asked = [...held].map(([id, { fence }]) => ({ id, fence }))
      before('database: renew leases')
      const renewed = new Set(await store.renewLeases(owner, asked, time(LEASE_MS)))
      for (const { id, fence } of asked) {
        const lease = held.get(id)
        if (renewed.has(id) || lease?.fence !== fence || (await holds(id, fence))) continue
        held.delete(id)
        lease.abort.abort(new LeaseLost(id))
      }
    },

    /** Ends the leases of processes of this host that are no more. @returns how many that were */
    async releaseDead(): Promise<number> {
      let dead = 0
      // Every lease runs out by then, so that all are among them.
      const at = time(LEASE_MS)
      for (let after: StoredSession | undefined; ; ) {
        const leased = await store.due({ ended: false, at, after, limit: BATCH })
        const theirs = leased.filter(({ leaseProcess }) => leaseProcess !== null && isAlive(leaseProcess) === false)
        const running = theirs.filter(({ leaseUntil }) => leaseUntil !== null && leaseUntil >= time())
        for (const { id, fence } of running) {
          before('database: end dead lease')
          await store.update(id, { fence }, given())
        }
        dead += running.length
        if (leased.length < BATCH) return dead
        after = leased.at(-1)
      }
    },
  }

  /** What a row says whose lease is over since a moment ago. */
  function given(): SessionPatch {
    return { leaseOwner: null, leaseUntil: time(-1), dueAt: time(-1) }
  }

  return {
    owner,
    upkeep,
    /** What a row says that is leased to us from now on. */
    taken(): Pick<Required<SessionPatch>, 'leaseOwner' | 'leaseProcess' | 'leaseUntil' | 'dueAt'> {
      const until = time(LEASE_MS)
      return { leaseOwner: owner, leaseProcess: THIS_PROCESS, leaseUntil: until, dueAt: until }
    },
    hold(session: UploadSession, fence: number): Lease {
      const abort = new AbortController()
      held.set(session.id, { fence, abort })
      return { session, fence, signal: abort.signal }
    },
    /** It was given back. */
    drop(id: string): void {
      held.delete(id)
    },
    /** It was taken away: what is done under it stops. */
    lose(id: string): void {
      held.get(id)?.abort.abort(new LeaseLost(id))
      held.delete(id)
    },
  }
}
