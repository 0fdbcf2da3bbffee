import type { InternalDatabase } from '../database/internal.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import type { Sources } from '../sources/sources.ts'
import type { Log } from '../web/log.ts'
import { createClearing } from './clearing.ts'
import { createInternalStore } from './internal-store.ts'
import type { Clearable } from './purpose.ts'
import type { UploadSession } from './session.ts'
import { createSessions } from './sessions.ts'

export interface SweepOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  /** What uploads are for; those for anything else are left alone. */
  readonly purposes: readonly Clearable[]
  readonly log: Log
  readonly before: BeforeIo
}

/** Removes the bytes of uploads that made nothing, and sessions past their time: once, beside a server or without one. */
export async function sweepUploads({ database, sources, purposes, log, before }: SweepOptions): Promise<void> {
  const now = Date.now
  const sessions = createSessions({ store: createInternalStore(database), before, now })
  const byName = new Map(purposes.map((purpose) => [purpose.name, purpose]))
  function purposeOf({ purpose }: UploadSession): Clearable {
    const found = byName.get(purpose)
    if (found === undefined) throw new Error(`Nobody here knows uploads for ${purpose}`)
    return found
  }
  await createClearing({ sessions, purposeOf, sources, log, now }).sweep()
}
