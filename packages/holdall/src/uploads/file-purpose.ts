import type { InternalDatabase } from '../database/internal.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import type { Source } from '../sources/sources.ts'
import type { Storage } from '../sources/storage.ts'
import { HoldallError } from '../web/error.ts'
import type { FileIntake, FinishedUpload } from './inspection.ts'
import { LATE_ARRIVALS_MS } from './limits.ts'
import { measure } from './measure.ts'
import { CannotFinish, type Clearable, type Purpose } from './purpose.ts'
import { createIsRecorded } from './recorded.ts'
import type { UploadSession } from './session.ts'
import type { Received } from './steps.ts'

export interface FilePurposeOptions {
  readonly database: InternalDatabase
  readonly intake: FileIntake
  readonly sourceById: (id: number) => Source | undefined
  /** Whether sessions live in the internal database, whose later writes make the earlier ones last. */
  readonly isInternal: boolean
  readonly before: BeforeIo
}

/** What uploads of files leave. */
export function clearableFiles(database: InternalDatabase): Clearable {
  return { name: 'file', lateArrivalsMs: LATE_ARRIVALS_MS, isMade: createIsRecorded(database) }
}

/** The bytes become a file of the registry. */
export function filePurpose({ database, intake, sourceById, isInternal, before }: FilePurposeOptions): Purpose {
  function sourceOf({ sourceId }: UploadSession): Source {
    const source = sourceById(sourceId)
    if (source === undefined) throw new CannotFinish('The source is gone.')
    return source
  }

  async function judge(session: UploadSession, { rules }: Source, storage: Storage, signal: AbortSignal) {
    try {
      return await measure(session, { storage, rules, sniff: intake.sniff, signal })
    } catch (error) {
      if (!(error instanceof HoldallError)) throw error
      if (error.code === 'file_missing') throw new CannotFinish('The storage no longer has the uploaded bytes.')
      if (error.status < 500) throw new CannotFinish(error.message, 'removed')
      throw error
    }
  }

  function finishedOf(session: UploadSession): FinishedUpload {
    const received = receivedOf(session)
    return {
      uploadId: session.id,
      fileId: session.fileId,
      sourceId: session.sourceId,
      sourceSlug: sourceOf(session).slug,
      path: session.path,
      filename: session.filename,
      contentType: received.contentType,
      declaredType: received.contradicts ? (session.declaredType ?? null) : null,
      contentHash: received.contentHash,
      size: received.size,
      uploadedBy: session.actorId,
      facts: received.facts ?? {},
    }
  }

  return {
    ...clearableFiles(database),
    followed: false,
    steps: [
      {
        name: 'inspect',
        running: 'inspecting',
        ended: 'inspected',
        async run(session, signal) {
          const source = sourceOf(session)
          const storage = await source.storage()
          const received = session.received ?? (await judge(session, source, storage, signal))
          const facts = await intake.inspect({
            storage,
            path: session.path,
            size: received.size,
            contentType: received.contentType,
            filename: session.filename,
            keepGps: source.keepGps,
            signal,
          })
          return { received: { ...received, facts } }
        },
      },
      {
        name: 'record',
        running: 'recording',
        ended: 'recorded',
        async run(session) {
          // Said first: a session that is completed has its file. Whoever says it again finds it said.
          before('database: record file')
          await intake.record(finishedOf(session), { lasting: !isInternal })
          return {}
        },
      },
    ],
  }
}

function receivedOf(session: UploadSession): Received {
  if (session.received === undefined) throw new CannotFinish('No bytes were received.')
  return session.received
}
