import type { Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { DatasetObject } from './ask.ts'

/** Objects as files of this computer, for as long as they are needed. */
export interface LocalFiles {
  /** @throws HoldallError `file_missing`, `source_unavailable`, `source_inactive`, `dataset_not_local` */
  take(objects: readonly DatasetObject[], signal?: AbortSignal): Promise<LocalLease>
}

export interface LocalLease {
  /** Absolute. */
  pathOf(object: DatasetObject): string
  release(): Promise<void>
}

/** Where the storage keeps its files on this computer, they are read where they lie. */
export function createLocalFiles(sources: Sources): LocalFiles {
  async function pathOf({ sourceId, path }: DatasetObject): Promise<string> {
    const source = sources.byId(sourceId)
    if (source === undefined) throw new HoldallError('file_missing')
    const storage = await source.storage()
    if (storage.openLocal === undefined) throw new HoldallError('dataset_not_local', { source: source.slug })
    const local = await storage.openLocal(path)
    if (local === undefined) throw new HoldallError('file_missing')
    await local.close()
    return local.path
  }

  return {
    async take(objects, signal) {
      const paths = new Map<DatasetObject, string>()
      for (const object of objects) {
        signal?.throwIfAborted()
        paths.set(object, await pathOf(object))
      }
      return { pathOf: (object) => paths.get(object) as string, async release() {} }
    },
  }
}
