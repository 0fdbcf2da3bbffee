import type { Source } from '../../sources/sources.ts'
import type { FilesRoom } from '../room.ts'

/** The page where files are uploaded to a source. */
export function uploadHref({ urls }: Pick<FilesRoom, 'urls'>, { slug }: Source): string {
  return urls.path(`/-/files/upload/${encodeURIComponent(slug)}`)
}
