import type { Sources } from '../sources/sources.ts'
import type { Log } from '../web/log.ts'
import type { Clearing } from './clearing.ts'
import { LONGEST_PAUSE_MS } from './limits.ts'
import type { Purpose } from './purpose.ts'
import { isProxied, type Lease, type UploadSession } from './session.ts'
import type { Sessions } from './sessions.ts'
import { failure } from './steps.ts'

export interface RecoveryOptions {
  readonly sessions: Sessions
  readonly clearing: Clearing
  readonly sources: Sources
  readonly purposeOf: (session: UploadSession) => Purpose
  readonly log: Log
  readonly now: () => number
  finish(lease: Lease): Promise<UploadSession>
}

/** What happens to sessions that nobody works on any more. */
export function createRecovery({ sessions, clearing, sources, purposeOf, log, now, finish }: RecoveryOptions) {
  async function resume(lease: Lease): Promise<void> {
    const { session } = lease
    if (session.status === 'completing') {
      log.info('upload taken over', { upload: session.id, at: session.completionStatus })
      await finish(lease)
      return
    }
    // Its body broke off with the process that read it. The file may already have been there whole: nobody was told.
    const expired = session.ttl * 1_000 < now()
    // Nobody was told of parts that were not begun in the storage.
    const unbegun = session.kind === 'parts' && session.storageUpload === undefined
    if (expired || unbegun || !session.prepared) {
      await clearing.discardIfThereIs(session, expired)
      const reason = expired ? 'It waited too long for its bytes.' : 'The server stopped before all bytes had arrived.'
      await sessions.change(lease, 'given up', {
        status: expired ? 'expired' : 'aborted',
        received: null,
        failure: failure('receive', reason, new Date(now())),
        ...(!isProxied(session) && { clearAt: new Date(now() + purposeOf(session).lateArrivalsMs) }),
        release: true,
      })
      return
    }
    // What went to the storage by itself is whole or nothing, and parts are what their client comes back for.
    if (session.received === undefined && isProxied(session)) await clearing.discard(session)
    await sessions.change(lease, 'waits again', { release: true })
  }

  return {
    /** Goes on with what others left. A session whose source does not answer is left for a minute. */
    async takeOver(): Promise<void> {
      const swept = new Set<number>()
      for await (const orphans of sessions.orphaned()) {
        for (const orphan of orphans) {
          const lease = await sessions.claim(orphan.id, ['initiated', 'completing'])
          if (lease === undefined) continue
          await sweepOnce(orphan.sourceId, swept)
          const resumed = resume(lease).catch((error) => postpone(lease, error))
          // One that is tried again for an hour must not hold up the others.
          if (lease.session.status !== 'completing') await resumed
        }
      }
    },
  }

  /** Whoever held the lease may have died while it made something, under a name that no session knows. Never throws. */
  async function sweepOnce(sourceId: number, swept: Set<number>): Promise<void> {
    if (swept.has(sourceId)) return
    swept.add(sourceId)
    try {
      await (await sources.byId(sourceId)?.storage())?.sweep?.()
    } catch (error) {
      log.warn('temporary files not swept', { source: sourceId, error })
    }
  }

  async function postpone(lease: Lease, error: unknown): Promise<void> {
    log.warn('upload not taken over, trying later', { upload: lease.session.id, error })
    const notBefore = new Date(now() + LONGEST_PAUSE_MS)
    await sessions.change(lease, 'postponed', { release: { notBefore } }).catch(() => sessions.abandon(lease))
  }
}
