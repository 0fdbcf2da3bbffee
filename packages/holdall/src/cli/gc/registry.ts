import { clearableDatasets } from '../../datasets/uploads/purpose.ts'
import { countDeadRows, removeDeadRows, stalePictures } from '../../files/upkeep/leftovers.ts'
import { clearableFiles } from '../../uploads/file-purpose.ts'
import { sweepUploads } from '../../uploads/sweep.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Cleaning, removed } from './cleaning.ts'

/** Deleted files whose time is over. */
export async function purgeTrash({ files, remove, io, line, say }: Cleaning): Promise<void> {
  const due = await files.trash.due()
  if (!remove) {
    say(`${formatCount(due.files, 'file')} in the trash would go for good: ${formatBytes(due.bytes)}`)
    return
  }
  let done = 0
  const report = await files.trash.purgeDue(() => {
    done += 1
    line.show('Trash', `${formatNumber(done)} of ${formatCount(due.files, 'file')}`, done, Math.max(done, due.files))
  }, io.signal)
  say(`${formatCount(report.purged, 'file')} in the trash gone for good: ${formatBytes(report.bytes)}`)
  if (report.postponed > 0) {
    say(`${formatCount(report.postponed, 'file')} in the trash kept for now: the storage could not be asked`)
  }
}

/** Uploads that ended, once nobody asks any more how. */
export async function endSessions({ data, sources, remove, log, say, before }: Cleaning): Promise<void> {
  const { past } = await data.db.read
    .selectFrom('upload_sessions')
    .select((eb) => eb.fn.countAll<number>().as('past'))
    .where('ttl', '<', Math.floor(Date.now() / 1_000))
    .where('status', 'in', ['completed', 'failed', 'aborted', 'expired'])
    .executeTakeFirstOrThrow()
  const purposes = [clearableFiles(data.db), clearableDatasets(data.db, sources, before)]
  if (remove) await sweepUploads({ database: data.db, sources, purposes, log, before })
  say(`${formatCount(past, 'upload session')} past their time ${removed(remove)}`)
}

export async function clearPictures({ data, files, remove, say, before }: Cleaning): Promise<void> {
  const stale = await stalePictures(data.db, files.thumbnails)
  if (remove) {
    before('remove stale pictures')
    for (const key of stale) await files.thumbnails.remove(key)
  }
  say(`Small pictures of ${formatCount(stale.length, 'file')} that are no more ${removed(remove)}`)
}

export async function clearRows({ data, remove, say, before }: Cleaning): Promise<void> {
  const dead = await countDeadRows(data.db)
  if (remove && dead > 0) {
    before('database: remove dead rows')
    await removeDeadRows(data.db)
  }
  say(`${formatCount(dead, 'row')} about files that are no more ${removed(remove)}`)
}
