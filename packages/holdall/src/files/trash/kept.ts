import type { Sources } from '../../sources/sources.ts'
import type { FileRecord } from '../record.ts'

/**
 * Whether deleting here leaves the bytes where they lie, because they were there before us or because the source cannot
 * remove any: what goes to the trash is the entry here.
 */
export function keepsBytes(
  sources: Pick<Sources, 'byId'>,
  { sourceId, adopted }: Pick<FileRecord, 'sourceId' | 'adopted'>,
): boolean {
  return adopted || isReadOnly(sources, sourceId)
}

/** Nothing of it can be deleted for good. A source that is not there now may be able to delete once it is back. */
export function isReadOnly(sources: Pick<Sources, 'byId'>, sourceId: number): boolean {
  const source = sources.byId(sourceId)
  return source?.availability.available === true && !source.capabilities.can_delete
}
