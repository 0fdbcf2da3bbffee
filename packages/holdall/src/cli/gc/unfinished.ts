import { ORPHAN_GRACE_MS } from '../../files/upkeep/orphans.ts'
import { madeAt } from '../../files/upkeep/ours.ts'
import type { Source } from '../../sources/sources.ts'
import type { Storage } from '../../sources/storage.ts'
import { unfinishedUploads } from '../../uploads/unfinished.ts'
import { formatCount } from '../../web/format.ts'
import { type Cleaning, removed } from './cleaning.ts'

/**
 * Uploads in parts whose bytes a storage holds though nobody will complete them. Only those of sessions of ours are
 * removed: what nothing here names may be another Holdall's, that writes to the same place.
 */
export async function clearUnfinished(
  { data, remove, io, say, before }: Cleaning,
  { id, slug }: Source,
  { multipart }: Storage,
): Promise<void> {
  if (multipart?.listUploads === undefined) return
  let over = 0
  let open = 0
  let unknown = 0
  for await (const found of unfinishedUploads(data.db, id, multipart, io.signal)) {
    if (found.standing === 'open') open += 1
    else if (found.standing === 'over') {
      over += 1
      if (!remove) continue
      before('remove unfinished upload')
      await multipart.abort(found.upload, { signal: io.signal })
    } else if (madeAt(found.path) !== undefined && found.startedAt.getTime() < Date.now() - ORPHAN_GRACE_MS)
      unknown += 1
  }
  say(`${slug}: ${formatCount(over, 'unfinished upload')} that nobody goes on with ${removed(remove)}`)
  if (open > 0) say(`${slug}: kept ${formatCount(open, 'unfinished upload')} whose client may come back`)
  if (unknown > 0) {
    say(
      `${slug}: kept ${formatCount(unknown, 'unfinished upload')} of more than 7 days that nothing here names; if no other Holdall uses this place, let its storage remove them`,
    )
  }
}
