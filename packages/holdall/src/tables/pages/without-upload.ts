import type { Source } from '../../sources/sources.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { PagesRoom } from './room.ts'

/** Whether files can be put there at all; of one that cannot be reached nobody knows, so it counts. */
export function takesFiles({ capabilities, availability }: Pick<Source, 'capabilities' | 'availability'>): boolean {
  return capabilities.can_upload || !availability.available
}

/** The source that a column names although nothing can be put there: files are only picked from it. */
export function readOnlySource(sources: PagesRoom['sources'], { source }: FileColumn): Source | undefined {
  const named = source === undefined ? undefined : sources.list().find(({ slug }) => slug === source)
  return named?.active && !takesFiles(named) ? named : undefined
}
