import { type Source, takesFiles } from '../../sources/source.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { PagesRoom } from './room.ts'

/** The source that a column names although nothing can be put there: files are only picked from it. */
export function readOnlySource(sources: PagesRoom['sources'], { source }: FileColumn): Source | undefined {
  const named = source === undefined ? undefined : sources.list().find(({ slug }) => slug === source)
  return named?.active && !takesFiles(named) ? named : undefined
}
