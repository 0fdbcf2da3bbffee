import type { Sources } from '../../sources/sources.ts'
import type { StoredFile } from '../../sources/stored-file.ts'
import { HoldallError } from '../../web/error.ts'
import type { Dataset, DatasetFile } from '../records.ts'
import { versionOf } from '../uploads/object.ts'

/** What became of a file that a dataset is made of and that is not the dataset's own. */
export type ReferenceState = 'same' | 'changed' | 'gone' | 'unknown'

/** Looks at the files of a dataset that are somebody else's. */
export async function referenceState(sources: Sources, dataset: Pick<Dataset, 'files'>): Promise<ReferenceState> {
  return (await lookAtReferences(sources, dataset)).state
}

/**
 * The same for who reads them and looks before and after.
 *
 * @returns with `version`, which another one has as soon as something was written there, as far as the storage tells
 */
export async function lookAtReferences(
  sources: Sources,
  { files }: Pick<Dataset, 'files'>,
): Promise<{ readonly state: ReferenceState; readonly version: string }> {
  let state: ReferenceState = 'same'
  const versions: string[] = []
  for (const file of files) {
    if (file.fileId === undefined || file.role !== 'data') continue
    try {
      const stored = await (await sources.byId(file.sourceId)?.storage())?.stat(file.path)
      if (stored === undefined) return { state: 'gone', version: '' }
      if (isAnother(stored, file)) state = 'changed'
      versions.push(versionOf(stored))
    } catch (error) {
      // Its source says on other pages what is the matter with it.
      if (!(error instanceof HoldallError)) throw error
      return { state: 'unknown', version: '' }
    }
  }
  return { state, version: versions.join('\n') }
}

/** Whether what is stored is not what was recorded, as far as the storage tells. */
export function isAnother(
  stored: Pick<StoredFile, 'size' | 'etag'>,
  { sizeBytes, etag }: Pick<DatasetFile, 'sizeBytes' | 'etag'>,
): boolean {
  return stored.size !== sizeBytes || (etag !== null && stored.etag !== undefined && stored.etag !== etag)
}
