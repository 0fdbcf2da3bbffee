import type { Sources } from '../sources/sources.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import { BATCH, LONGEST_PAUSE_MS } from './limits.ts'
import { failure, type Lease, type UploadSession } from './session.ts'
import type { SessionStore } from './store.ts'

export interface RecoveryOptions {
  readonly store: SessionStore
  readonly sources: Sources
  readonly log: Log
  readonly now: () => number
  finish(lease: Lease): Promise<UploadSession>
}

/** What happens to sessions that nobody works on any more. */
export function createRecovery({ store, sources, log, now, finish }: RecoveryOptions) {
  /** Removes the bytes of a session that made no file. */
  async function discard(session: UploadSession): Promise<void> {
    if (await store.isRecorded(session)) return
    const source = sources.byId(session.sourceId)
    if (source === undefined) return
    const storage = await source.storage()
    await storage.delete?.(session.path)
  }

  /** @param giveUp whether a source that has left the configuration is a reason to leave its bytes where they are */
  async function discardIfThereIs(session: UploadSession, giveUp: boolean): Promise<void> {
    try {
      await discard(session)
    } catch (error) {
      if (!giveUp || !(error instanceof HoldallError) || error.code !== 'source_inactive') throw error
      log.warn('bytes of an upload left in a source that is no longer configured', {
        upload: session.id,
        path: session.path,
      })
    }
  }

  async function resume(lease: Lease): Promise<void> {
    const { session } = lease
    if (session.status === 'completing') {
      log.info('upload taken over', { upload: session.id, at: session.completionStatus })
      await finish(lease)
      return
    }
    // Its body broke off with the process that read it. The file may already have been there whole: nobody was told.
    const expired = session.ttl * 1_000 < now()
    if (expired || !session.prepared) {
      await discardIfThereIs(session, expired)
      const reason = expired ? 'It waited too long for its bytes.' : 'The server stopped before all bytes had arrived.'
      await store.change(lease, 'given up', {
        status: expired ? 'expired' : 'aborted',
        received: null,
        failure: failure('receive', reason, new Date(now())),
        release: true,
      })
      return
    }
    if (session.received === undefined) await discard(session)
    await store.change(lease, 'waits again', { release: true })
  }

  return {
    discard,

    /** Goes on with what others left. A session whose source does not answer is left for a minute. */
    async takeOver(): Promise<void> {
      for (;;) {
        const orphans = await store.orphaned()
        let taken = 0
        for (const orphan of orphans) {
          const lease = await store.claim(orphan.id, ['initiated', 'completing'])
          if (lease === undefined) continue
          taken += 1
          const resumed = resume(lease).catch((error) => postpone(lease, error))
          // One that is tried again for an hour must not hold up the others.
          if (lease.session.status !== 'completing') await resumed
        }
        if (orphans.length < BATCH || taken === 0) return
      }
    },

    /** Removes rows past their time, and what a failed one had kept. */
    async sweep(): Promise<void> {
      for (let after: UploadSession | undefined; ; ) {
        const stale = await store.stale(after)
        const removable: string[] = []
        for (const session of stale) {
          try {
            // Only a failed one may have kept its bytes, for somebody to look at.
            if (session.status === 'failed') await discardIfThereIs(session, true)
            removable.push(session.id)
          } catch (error) {
            log.warn('bytes of an old upload not removed', { upload: session.id, error })
          }
        }
        await store.remove(removable)
        if (stale.length < BATCH) return
        after = stale.at(-1)
      }
    },
  }

  async function postpone(lease: Lease, error: unknown): Promise<void> {
    log.warn('upload not taken over, trying later', { upload: lease.session.id, error })
    const notBefore = new Date(now() + LONGEST_PAUSE_MS)
    await store.change(lease, 'postponed', { release: { notBefore } }).catch(() => store.abandon(lease))
  }
}
