import { findOrphans, type OrphanOptions, type Orphans, removeOrphan } from '../../files/upkeep/orphans.ts'
import { createSeenAsRecorded, type SeenAsRecorded } from '../../files/upkeep/seen.ts'
import { verifyRows } from '../../files/upkeep/verify.ts'
import type { Source } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { missingPage } from '../missing-page.ts'
import { type Cleaning, removed } from './cleaning.ts'
import { clearObjects, unnamedOf } from './datasets.ts'
import { clearUnfinished } from './unfinished.ts'

/**
 * Bytes that nothing names, and files that have no bytes; of these, nothing is removed.
 *
 * @returns what must be looked at by somebody
 */
export async function clearSources(cleaning: Cleaning): Promise<string[]> {
  const doubts: string[] = []
  for (const source of cleaning.sources.list()) {
    if (cleaning.io.signal.aborted) break
    if (!source.active) {
      cleaning.say(`${source.slug}: left alone, because it is not in this configuration (-c FILE)`)
      continue
    }
    try {
      const doubt = await clearSource(cleaning, source)
      if (doubt !== undefined) doubts.push(doubt)
    } catch (error) {
      if (cleaning.io.signal.aborted) break
      doubts.push(`${source.slug} was not looked through: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return doubts
}

async function clearSource(cleaning: Cleaning, source: Source): Promise<string | undefined> {
  const { data, io, line, say } = cleaning
  const storage = await source.storage()
  await clearUnfinished(cleaning, source, storage)
  if (storage.list === undefined) {
    say(`${source.slug}: left alone, because its storage does not list what it holds`)
    return undefined
  }
  const seen = await createSeenAsRecorded(data.db, source)
  const objects: StoredFile[] = []
  const options: OrphanOptions = {
    database: data.db,
    source,
    storage,
    now: Date.now,
    signal: io.signal,
    async onPage(files) {
      await seen.take(files)
      objects.push(...(await unnamedOf(cleaning, source, files)))
    },
    onListed: (listed) => line.show(source.label, `${formatCount(listed, 'file')} looked at`, listed, undefined),
  }
  const orphans = await findOrphans(options)
  await reportWithoutBytes(cleaning, source, storage, seen)
  await clearObjects(cleaning, source, storage, objects)
  if (orphans.doubtful) {
    return `${source.slug}: most of the files there are unknown here (${formatNumber(orphans.named)} are known). Another Holdall may keep its files there, or the internal database may come from a backup that is older than they are. Nothing of it is removed.`
  }
  await clearOrphans(cleaning, options, orphans)
  return undefined
}

async function clearOrphans(
  { remove, io, line, say, before }: Cleaning,
  options: OrphanOptions,
  { files }: Orphans,
): Promise<void> {
  const { slug, label } = options.source
  let done = 0
  let bytes = 0
  for (const file of files) {
    if (io.signal.aborted) break
    if (remove) {
      before('remove orphan')
      if (!(await removeOrphan(options, file))) continue
      line.show(label, `${formatCount(done, 'file')} removed`, done, files.length)
    }
    done += 1
    bytes += file.size
  }
  say(`${slug}: ${formatCount(done, 'file')} that nothing names ${removed(remove)}: ${formatBytes(bytes)}`)
  if (!remove) for (const { path } of files) say(`  ${path}`)
}

/** Nothing is certain of them: their bytes may come back, and what is known of them would be lost. */
async function reportWithoutBytes(
  { data, io, line, say }: Cleaning,
  source: Source,
  storage: Storage,
  seen: SeenAsRecorded,
): Promise<void> {
  let missing = 0
  const { known_missing } = await verifyRows(
    {
      database: data.db,
      source,
      storage,
      thorough: 'sizes',
      repair: false,
      signal: io.signal,
      onProblem({ kind }) {
        if (kind === 'missing') missing += 1
      },
      onProgress: (_, done, total) => line.show(source.label, `${formatCount(done, 'file')} checked`, done, total),
    },
    seen,
  )
  if (known_missing > 0) {
    const isOne = known_missing === 1
    say(
      `${source.slug}: kept ${formatCount(known_missing, 'file')} that ${isOne ? 'is' : 'are'} known to be missing; see ${missingPage(source)}`,
    )
  }
  if (missing === 0) return
  say(
    `${source.slug}: kept ${formatCount(missing, 'file')} without bytes; holdall verify ${source.slug} says which, with --repair marks them`,
  )
}
