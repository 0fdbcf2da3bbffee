import type { InternalDatabase } from '../../database/internal.ts'
import type { Uploads } from '../../uploads/engine.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { formatCount } from '../../web/format.ts'
import type { Dataset } from '../records.ts'
import { batchesOf } from './batches.ts'
import { type Change, changesOf, isOfRows } from './changes.ts'
import { type OlderVersion, olderVersions } from './versions.ts'

interface History {
  /** The last first. */
  readonly changes: readonly Change[]
  /** The last first. */
  readonly older: readonly OlderVersion[]
}

/** What became of the versions of a dataset that are there, and what failed to become part of it for as long as that is kept. */
export async function historyOf(
  { database, uploads }: { readonly database: InternalDatabase; readonly uploads: Pick<Uploads, 'find'> },
  dataset: Pick<Dataset, 'id' | 'version'>,
): Promise<History> {
  const older = await olderVersions(database, dataset)
  const versions = [dataset.version, ...older.map(({ version }) => version)]
  const changes = await changesOf(database, dataset.id, versions)
  for (const { mode, members } of await batchesOf(database, dataset.id)) {
    const sessions = await Promise.all(members.map(({ uploadId }) => uploads.find('dataset', uploadId)))
    const failed = sessions.flatMap((session) => (session?.status === 'failed' ? [{ session }] : []))
    const at = failedAt(failed)
    const before = changes.findIndex((change) => isBy(change, at))
    const then = changes[before]
    if (failed.length === 0 || then === undefined) continue
    const came = failed.map(({ session }) => ({ filename: session.filename }))
    const by = failed[0]?.session.actorId ?? null
    const what = mode === 'append' ? 'not_added' : 'not_replaced'
    changes.splice(before, 0, { what, version: then.version, at, by, came, files: 0, rows: 0, after: then.after })
  }
  return { changes, older }
}

/** When the last of these failed, ISO 8601. */
export function failedAt(files: readonly { readonly session: UploadSession }[]): string {
  return (
    files
      .map(({ session }) => session.failure?.at ?? '')
      .toSorted()
      .at(-1) ?? ''
  )
}

/** "visits, which is as it was: 800 rows, version 1", or what it then had. @param changes the last first */
export function asItWas(name: string, at: string, changes: readonly Change[]): string {
  const then = changes.find((change) => isBy(change, at))
  if (then === undefined) return name
  const facts = `${formatCount(then.after.rows, 'row')}, version ${then.version}`
  const isAnother = changes.some((change) => isOfRows(change) && !isBy(change, at))
  return isAnother ? `${name}, which then had ${facts}, and has changed since` : `${name}, which is as it was: ${facts}`
}

function isBy({ at }: Change, time: string): boolean {
  return at !== null && at <= time
}
