import { randomBytes } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema } from '../database/schema.ts'
import { isAlive, THIS_PROCESS } from '../sources/process.ts'
import { LEASE_MS } from './limits.ts'
import type { Lease, UploadSession } from './session.ts'

/** The lease has moved on to somebody else, whose business the session is now. Never reaches a client. */
export class LeaseLost extends Error {
  constructor(id: string) {
    super(`The lease of upload session ${id} was taken over`)
    this.name = 'LeaseLost'
  }
}

export interface LeasesOptions {
  readonly database: InternalDatabase
  readonly write: <Result>(name: string, work: (trx: Transaction<Schema>) => Promise<Result>) => Promise<Result>
  readonly now: () => number
}

/** The leases of upload sessions that this process holds: renewed together, given back together. */
export function createLeases({ database, write, now }: LeasesOptions) {
  const owner = randomBytes(12).toString('hex')
  const held = new Map<string, { fence: number; abort: AbortController }>()

  function time(offset = 0): string {
    return new Date(now() + offset).toISOString()
  }

  async function holds(id: string, fence: number): Promise<boolean> {
    const row = await database.read
      .selectFrom('upload_sessions')
      .select(['fence', 'lease_owner'])
      .where('id', '=', id)
      .executeTakeFirst()
    return row?.fence === fence && row.lease_owner === owner
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
      if (held.size === 0) return
      held.clear()
      await write('release leases', (trx) =>
        trx
          .updateTable('upload_sessions')
          .set((eb) => ({ lease_owner: null, lease_until: time(-1), fence: eb('fence', '+', 1) }))
          .where('lease_owner', '=', owner)
          .execute(),
      )
    },

    /** Renews every lease held here, and aborts those that were lost. */
    async heartbeat(): Promise<void> {
      if (held.size === 0) return
      const rows = await write('renew leases', (trx) =>
        trx
          .updateTable('upload_sessions')
          .set({ lease_until: time(LEASE_MS) })
          .where('lease_owner', '=', owner)
          .where('id', 'in', sql<string>`(SELECT value FROM json_each(${JSON.stringify([...held.keys()])}))`)
          .returning(['id', 'fence'])
          .execute(),
      )
      const fences = new Map(rows.map(({ id, fence }) => [id, fence]))
      for (const [id, { fence, abort }] of held) {
        const known = fences.get(id)
        // One that was claimed while the statement ran is not in its answer yet.
        if (known === fence || (known === undefined && (await holds(id, fence)))) continue
        held.delete(id)
        abort.abort(new LeaseLost(id))
      }
    },

    /** Ends the leases of processes of this host that are no more. */
    async releaseDead(): Promise<number> {
      const rows = await database.read
        .selectFrom('upload_sessions')
        .select(['id', 'fence', 'lease_process'])
        .where('status', 'in', ['initiated', 'completing'])
        .where('lease_until', '>=', time())
        .where('lease_process', 'is not', null)
        .execute()
      const dead = rows.filter(({ lease_process }) => isAlive(lease_process as string) === false)
      for (const { id, fence } of dead) {
        await write('end dead lease', (trx) =>
          trx
            .updateTable('upload_sessions')
            .set({ lease_owner: null, lease_until: time(-1) })
            .where('id', '=', id)
            .where('fence', '=', fence)
            .execute(),
        )
      }
      return dead.length
    },
  }

  return {
    owner,
    upkeep,
    /** The columns of a row that is leased to us from now on. */
    taken: () => ({ lease_owner: owner, lease_process: THIS_PROCESS, lease_until: time(LEASE_MS) }),
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
