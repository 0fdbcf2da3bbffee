import type { ShownFile } from '../web/parts/file.ts'
import type { Urls } from '../web/url.ts'
import { DECODABLE } from './images/jobs.ts'
import type { FileBrief } from './record.ts'

/** A file as every page shows it: a picture where one can be made of it, else its type. */
export function shownFile(file: FileBrief, urls: Urls, side?: number): ShownFile {
  return {
    id: file.id,
    filename: file.filename,
    contentType: file.contentType,
    size: file.size,
    width: file.width,
    height: file.height,
    href: urls.file(file.id),
    // Whoever could not be measured could not be decoded: there is no use in asking for a picture of it.
    thumbnail: DECODABLE.has(file.contentType) && file.width !== null ? urls.thumbnail(file.id, side, side) : null,
    changedAt: file.changedAt,
    missingSince: file.missingSince,
    unreadable: file.unreadable,
  }
}
