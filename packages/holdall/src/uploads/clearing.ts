import type { Multipart, NewMultipart } from '../sources/multipart.ts'
import type { Sources } from '../sources/sources.ts'
import type { Storage } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import { LONGEST_PAUSE_MS } from './limits.ts'
import type { Clearable } from './purpose.ts'
import { isProxied, multipartUploadOf, newMultipartOf, type UploadSession } from './session.ts'
import type { Sessions } from './sessions.ts'

export interface ClearingOptions {
  readonly sessions: Sessions
  readonly purposeOf: (session: UploadSession) => Clearable
  readonly sources: Sources
  readonly log: Log
  readonly now: () => number
}

/** Removes what uploads leave that is no file: what the row says must be done, until it is done. */
export function createClearing({ sessions, purposeOf, sources, log, now }: ClearingOptions) {
  /** @throws what the storage throws */
  async function discard(session: UploadSession): Promise<void> {
    if (session.status === 'completed') return await discardLate(session)
    const purpose = purposeOf(session)
    // Of what was cancelled while it was made, some may be there: it shall not be.
    if (session.status === 'aborted') await purpose.undo?.(session)
    if (await purpose.isMade(session)) return
    const source = sources.byId(session.sourceId)
    if (source === undefined) return
    const storage = await source.storage()
    for (const path of purpose.writes?.(session) ?? []) await removeWritten(storage, path)
    if (isProxied(session)) return await storage.delete?.(session.path)
    if (session.kind === 'parts') await abortParts(storage.multipart, session)
    // Asked first: where deleted files leave a mark, none is left for what never was.
    if ((await storage.stat(session.path)) !== undefined) await storage.delete?.(session.path)
  }

  /** What it has made is no longer ours, nor is it ours to know whether that is still there. */
  async function discardLate(session: UploadSession): Promise<void> {
    const storage = await sources.byId(session.sourceId)?.storage()
    if (session.kind === 'parts') await abortParts(storage?.multipart, session)
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

  /** Does what `clear_at` of an ended session asks for. Never throws: what fails is tried again in a minute. */
  async function clear(session: UploadSession): Promise<void> {
    try {
      // Who asks for its steps again comes before this, or is told that they are over.
      if (session.retryable && (await sessions.giveUp(session.id)) === undefined) return
      await discardIfThereIs(session, true)
      await sessions.cleared(session, nextTime(session))
    } catch (error) {
      await putOff(session, error)
    }
  }

  /**
   * Whoever got an address before the upload ended may have begun to send there at its last moment: once that is over,
   * what they left is removed too.
   */
  function nextTime(session: UploadSession): Date | null {
    if (isProxied(session)) return null
    const over = new Date(Date.parse(session.updatedAt) + purposeOf(session).lateArrivalsMs)
    return over.getTime() > now() ? over : null
  }

  /** Removes the row of a session whose time is over, and what a failed one had kept. */
  async function forget(session: UploadSession): Promise<void> {
    if (session.status === 'failed') {
      if (session.retryable && (await sessions.giveUp(session.id)) === undefined) return
      await discardIfThereIs(session, true)
    }
    await sessions.remove([session.id])
  }

  return {
    discard,
    discardIfThereIs,
    clear,

    /** What has to be done for sessions that ended. What fails is tried again in a minute. */
    async sweep(): Promise<void> {
      for await (const batch of sessions.over()) {
        for (const session of batch) {
          if (session.ttl * 1_000 >= now()) await clear(session)
          else await forget(session).catch((error) => putOff(session, error))
        }
      }
    },
  }

  async function putOff(session: UploadSession, error: unknown): Promise<void> {
    log.warn('bytes of an upload not removed, trying again', { upload: session.id, error })
    await sessions.cleared(session, new Date(now() + LONGEST_PAUSE_MS)).catch(() => {})
  }
}

/** What a step wrote there, and what it had only begun to write when its process died. */
async function removeWritten(storage: Storage, path: string): Promise<void> {
  await abortAt(storage.multipart, path)
  if ((await storage.stat(path)) !== undefined) await storage.delete?.(path)
}

async function abortParts(multipart: Multipart | undefined, session: UploadSession): Promise<void> {
  if (multipart === undefined) return
  const upload = multipartUploadOf(session)
  if (upload !== undefined) return await multipart.abort(upload)
  // Its process died before it heard what the storage calls the upload. The path has our id in it, so it is ours.
  await abortAt(multipart, session.path, newMultipartOf(session))
}

/** Ends whatever uploads in parts there are of a path that is ours alone. */
export async function abortAt(multipart: Multipart | undefined, path: string, begun?: NewMultipart): Promise<void> {
  for (let cursor: string | null | undefined; cursor !== null && multipart?.listUploads !== undefined; ) {
    const page: Awaited<ReturnType<typeof multipart.listUploads>> = await multipart.listUploads(
      cursor ? { cursor } : {},
    )
    for (const { id, path: at } of page.uploads) {
      if (at === path) await multipart.abort({ size: 1, partSize: 1, token: '', ...begun, path, id })
    }
    cursor = page.next
  }
}

export type Clearing = ReturnType<typeof createClearing>
