import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Source, Sources } from '../../sources/sources.ts'
import type { Storage } from '../../sources/storage.ts'
import { CannotFinish } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { type Batch, findBatch, type Looked } from '../joining/batches.ts'
import { isJoined, joinDataset, type Placed } from '../joining/join.ts'
import { CannotMerge } from '../joining/merge.ts'
import { dataPath } from '../joining/paths.ts'
import type { DatasetState } from '../joining/states.ts'
import { presentState } from './look.ts'
import { type DatasetMade, dataPathOf } from './made.ts'
import { versionOf } from './object.ts'

type Join = NonNullable<DatasetMade['join']>

interface JoinOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly before?: BeforeIo | undefined
}

/**
 * Makes an upload and all that it came with part of their dataset. What is added is first laid where the data of the
 * version lies, under a name of its own, and counts from the one transaction on that enters it; then what lay waiting goes.
 */
export function createJoin({ database, sources, before = () => {} }: JoinOptions) {
  async function place(
    { uploadId, looked }: { readonly uploadId: string; readonly looked: Looked },
    batch: Batch,
    state: DatasetState,
    signal: AbortSignal,
  ): Promise<Placed> {
    const { objectVersion, originals, warnings = [], differences: _, isThere: __, ...file } = looked
    const storage = await sourceOf(sources, file.sourceId).storage()
    if (batch.mode === 'replace') {
      await assertLooked(storage, file.path, objectVersion, signal)
      return { uploadId, file, originals, warnings }
    }
    const path = livePath(state, state.version, file.path)
    before('lay in place')
    await lay(storage, { from: file.path, to: path, objectVersion }, signal)
    const stored = await storage.stat(path, { signal })
    if (stored?.size !== file.sizeBytes) throw new Error('The storage does not show what it has copied')
    return { uploadId, file: { ...file, path, etag: stored.etag ?? null }, originals, warnings }
  }

  async function attempt(join: Join, signal: AbortSignal): Promise<boolean> {
    const batch = await findBatch(database.read, join.batch)
    const state = await presentState(database, join.dataset)
    if (batch === undefined) throw new CannotFinish('The other files that it came with were given up. Send it again.')
    const placed: Placed[] = []
    for (const { uploadId, looked } of batch.members) {
      if (looked === null) throw new Error('A file of the batch has not been looked at')
      placed.push(await place({ uploadId, looked }, batch, state, signal))
    }
    signal.throwIfAborted()
    before('database: join dataset')
    const outcome = await joinDataset(database, { state, batch, placed })
    if (outcome === 'joined') return true
    if (batch.mode === 'append') await clearUnjoined(placed)
    return false
  }

  /** Of files that have left the batch while they were laid in place, or were laid into a version that is over. */
  async function clearUnjoined(placed: readonly Placed[]): Promise<void> {
    for (const { uploadId, file } of placed) {
      if (await isJoined(database, uploadId)) continue
      await removeFrom(sources, file, () => before('remove what was laid'))
    }
  }

  return async (session: UploadSession, join: Join, signal: AbortSignal): Promise<void> => {
    for (let isDone = await isJoined(database, session.id); !isDone; ) {
      try {
        isDone = await attempt(join, signal)
      } catch (error) {
        // Another upload of the batch may have entered all of them, and removed what lay waiting of its own.
        if (await isJoined(database, session.id)) break
        if (!(error instanceof CannotMerge)) throw error
        throw new CannotFinish(`This cannot be added: ${error.message} Nothing was added.`, 'kept', { cause: error })
      }
    }
    if (join.mode === 'replace') return
    await removeLaid({ database, sources, before }, session, join.dataset)
    const waiting = { sourceId: session.sourceId, path: dataPathOf(session) }
    await removeFrom(sources, waiting, () => before('remove what lay waiting'))
  }
}

/** Where a file lies once it is part of a version. */
export function livePath(
  { id, organization }: Pick<DatasetState, 'id' | 'organization'>,
  version: number,
  path: string,
) {
  return dataPath(organization, id, version, path.slice(path.lastIndexOf('/') + 1))
}

async function lay(
  storage: Storage,
  { from, to, objectVersion }: { readonly from: string; readonly to: string; readonly objectVersion: string },
  signal: AbortSignal,
): Promise<void> {
  await assertLooked(storage, from, objectVersion, signal)
  if (storage.copy !== undefined) await storage.copy(from, to, { signal })
  else await storage.write?.(to, await storage.read(from, { signal }), { signal })
}

async function assertLooked(storage: Storage, path: string, objectVersion: string, signal: AbortSignal): Promise<void> {
  const stored = await storage.stat(path, { signal })
  if (stored === undefined) throw new CannotFinish('The storage no longer has the uploaded bytes.')
  if (versionOf(stored) !== objectVersion) {
    throw new CannotFinish('The object is no longer the one whose schema was inferred.')
  }
}

/**
 * Removes what was laid in place of an upload and is no part of the dataset: who died, or came late, may have laid it
 * into a version that was replaced meanwhile.
 */
export async function removeLaid(
  { database, sources, before = () => {} }: JoinOptions,
  session: UploadSession,
  dataset: string,
): Promise<void> {
  const { id, sourceId } = session
  const path = dataPathOf(session)
  const row = await database.read
    .selectFrom('datasets')
    .innerJoin('collections', 'collections.seq', 'datasets.collection')
    .select(['organization_id', 'last_version'])
    .where('datasets.id', '=', dataset)
    .executeTakeFirst()
  if (row === undefined) return
  const joined = await database.read.selectFrom('dataset_files').select('path').where('upload_id', '=', id).execute()
  for (let version = 1; version <= row.last_version; version += 1) {
    const laid = livePath({ id: dataset, organization: row.organization_id }, version, path)
    if (laid === path || joined.some((one) => one.path === laid)) continue
    await removeFrom(sources, { sourceId, path: laid }, () => before('remove what was laid'))
  }
}

/** Looked first: where deleted files leave a mark, none is left for what never was. */
async function removeFrom(
  sources: Sources,
  { sourceId, path }: Pick<UploadSession, 'sourceId' | 'path'>,
  before: () => void,
): Promise<void> {
  const storage = await sourceOf(sources, sourceId).storage()
  if ((await storage.stat(path)) === undefined) return
  before()
  await storage.delete?.(path)
}

function sourceOf(sources: Sources, id: number): Source {
  const source = sources.byId(id)
  if (source === undefined) throw new CannotFinish('The source is gone.')
  return source
}
