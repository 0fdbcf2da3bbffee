import type { Source } from '../sources/sources.ts'

/** Where the files of a source are listed of which it is recorded that they are missing. */
export function missingPage({ slug }: Pick<Source, 'slug'>): string {
  return `/-/files/browse/${encodeURIComponent(slug)}?state=missing`
}
