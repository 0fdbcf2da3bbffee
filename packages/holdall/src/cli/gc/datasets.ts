import { createDatasetTrash } from '../../datasets/trash/trash.ts'
import { longThere, removeUnnamed, unnamedObjects } from '../../datasets/upkeep/objects.ts'
import { isDatasetPath } from '../../sources/paths.ts'
import type { Source } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Cleaning, removed } from './cleaning.ts'

/** Deleted datasets whose time is over, and versions that were replaced long ago. */
export async function purgeDatasets({ data, sources, remove, log, io, line, say, before }: Cleaning): Promise<void> {
  const trash = createDatasetTrash({ database: data.db, sources, log, before })
  const due = await trash.due()
  const objects = formatCount(due.objects, 'object')
  if (!remove) {
    say(`${objects} of deleted and replaced datasets would go for good: ${formatBytes(due.bytes)}`)
    return
  }
  let done = 0
  const report = await trash.sweep(() => {
    done += 1
    line.show('Datasets', `${formatNumber(done)} of ${objects}`, done, Math.max(done, due.objects))
  }, io.signal)
  say(
    `${formatCount(report.removed, 'object')} of deleted and replaced datasets gone for good: ${formatBytes(report.bytes)}`,
  )
  if (report.postponed > 0) {
    say(`${formatNumber(report.postponed)} of deleted datasets kept for now: the storage could not be asked, or failed`)
  }
}

/** Those of a page of a listing that lie below the folder of a dataset and that nothing names. */
export async function unnamedOf({ data }: Cleaning, source: Source, files: readonly StoredFile[]) {
  const objects = files.filter(({ path }) => isDatasetPath(path))
  return longThere(await unnamedObjects(data.db, source.id, objects), Date.now())
}

/** Bytes of datasets that nothing names. */
export async function clearObjects(
  { data, remove, io, say, before }: Cleaning,
  source: Source,
  storage: Storage,
  files: readonly StoredFile[],
): Promise<void> {
  let done = 0
  let bytes = 0
  for (const file of files) {
    if (io.signal.aborted) break
    if (remove) {
      before('remove orphan of a dataset')
      if (!(await removeUnnamed({ database: data.db, source, storage }, file))) continue
    }
    done += 1
    bytes += file.size
  }
  if (files.length === 0) return
  say(
    `${source.slug}: ${formatCount(done, 'object')} of datasets that nothing names ${removed(remove)}: ${formatBytes(bytes)}`,
  )
  if (!remove) for (const { path } of files) say(`  ${path}`)
}
