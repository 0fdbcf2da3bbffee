import { isDatasetPath } from '../../sources/paths.ts'
import type { Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { LocalObject, ObjectCache } from '../engine/cache.ts'
import { isAnother } from '../references/state.ts'

/** An object that a table is made of. */
export interface DatasetObject {
  readonly sourceId: number
  readonly path: string
  /** Bytes. */
  readonly sizeBytes: number
  readonly etag: string | null
}

/** Objects as files of this computer, for as long as they are needed. */
export interface LocalFiles {
  /** @throws HoldallError `file_missing`, `source_unavailable`, `source_inactive`, and what the cache throws */
  take(objects: readonly DatasetObject[], signal?: AbortSignal): Promise<LocalLease>
  /** What reading them failed with: a `file_missing` is `file_changed` where another file lies. */
  explained(error: unknown, objects: readonly DatasetObject[]): Promise<unknown>
}

export interface LocalLease {
  /** Absolute. */
  pathOf(object: DatasetObject): string
  release(): Promise<void>
}

/** @param cache what is not on this computer is copied to it */
export function createLocalFiles(sources: Sources, cache: ObjectCache): LocalFiles {
  async function open(object: DatasetObject, signal: AbortSignal | undefined): Promise<LocalObject> {
    const { sourceId, path, sizeBytes, etag } = object
    const source = sources.byId(sourceId)
    if (source === undefined) throw new HoldallError('file_missing')
    const storage = await source.storage()
    return await cache.open(
      { storage, sourceId: String(sourceId), path, size: sizeBytes, etag, isOurs: isDatasetPath(path) },
      signal,
    )
  }

  return {
    async take(objects, signal) {
      const opened = new Map<DatasetObject, LocalObject>()
      async function release(): Promise<void> {
        await Promise.all([...opened.values()].map((local) => local.close()))
      }
      try {
        for (const object of objects) opened.set(object, await open(object, signal))
      } catch (error) {
        await release()
        throw error
      }
      return { pathOf: (object) => (opened.get(object) as LocalObject).path, release }
    },

    async explained(error, objects) {
      if (!(error instanceof HoldallError && error.code === 'file_missing')) return error
      for (const object of objects) {
        try {
          const stored = await (await sources.byId(object.sourceId)?.storage())?.stat(object.path)
          if (stored !== undefined && isAnother(stored, object)) {
            return new HoldallError('file_changed', {}, { cause: error })
          }
        } catch {
          // What is known already says enough.
          return error
        }
      }
      return error
    },
  }
}
