import type { Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Dataset } from '../records.ts'

/** What became of a file that a dataset is made of and that is not the dataset's own. */
export type ReferenceState = 'same' | 'changed' | 'gone' | 'unknown'

/** Looks at the files of a dataset that are somebody else's. */
export async function referenceState(sources: Sources, { files }: Pick<Dataset, 'files'>): Promise<ReferenceState> {
  let state: ReferenceState = 'same'
  for (const { fileId, role, sourceId, path, sizeBytes, etag } of files) {
    if (fileId === undefined || role !== 'data') continue
    try {
      const stored = await (await sources.byId(sourceId)?.storage())?.stat(path)
      if (stored === undefined) return 'gone'
      if (stored.size !== sizeBytes || (etag !== null && stored.etag !== undefined && stored.etag !== etag))
        state = 'changed'
    } catch (error) {
      // Its source says on other pages what is the matter with it.
      if (!(error instanceof HoldallError)) throw error
      return 'unknown'
    }
  }
  return state
}
