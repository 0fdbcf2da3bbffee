import type { Urls } from '../../web/url.ts'
import type { FileRecord } from '../record.ts'
import { folderOf } from '../search/folders.ts'

/** The folder of a file and where all that lies below it is listed; undefined where it lies in none, or in this one. */
export function folderLink(
  file: Pick<FileRecord, 'adopted' | 'path' | 'sourceSlug'>,
  urls: Urls,
  here = '',
): { readonly label: string; readonly href: string } | undefined {
  const folder = folderOf(file)
  if (folder === '' || folder === here) return undefined
  const label = here !== '' && folder.startsWith(`${here}/`) ? folder.slice(here.length + 1) : folder
  return { label, href: urls.path(`/-/files/browse/${encodeURIComponent(file.sourceSlug)}`, { folder }) }
}
