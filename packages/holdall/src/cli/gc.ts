import { createPermissions } from '../access/decide.ts'
import { createFiles, type Files } from '../files/files.ts'
import { imageLimits } from '../files/limits.ts'
import { countDeadRows, removeDeadRows, stalePictures } from '../files/upkeep/leftovers.ts'
import { findOrphans, type OrphanOptions, removeOrphan } from '../files/upkeep/orphans.ts'
import { killPoint } from '../sources/kill-point.ts'
import type { Source, Sources } from '../sources/sources.ts'
import { createUploads } from '../uploads/engine.ts'
import { formatBytes, formatCount, formatNumber } from '../web/format.ts'
import type { Log } from '../web/log.ts'
import { createUrls } from '../web/url.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { type ServerData, withServerData } from './internal.ts'
import { type ProgressLine, progressLine } from './progress.ts'
import { withSources } from './server-sources.ts'

interface Cleaning {
  readonly data: ServerData
  readonly sources: Sources
  readonly files: Files
  readonly dryRun: boolean
  readonly io: CommandIo
  readonly line: ProgressLine
  readonly before: (call: string) => void
  say(text: string): void
}

/**
 * `holdall gc [--dry-run]`: removes what nobody will ask for again, beside a running server or without one. With
 * `--dry-run` it only says what that is.
 */
export async function gc(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, { ...DATA_OPTIONS, 'dry-run': { type: 'boolean', default: false } })
  if (positionals.length > 0) throw new UsageError('gc takes no names: holdall gc [--dry-run]')
  const before = killPoint(io.env)
  const noted = notingLog(io)
  await withServerData(values, io, (data) =>
    withSources(data, { io, log: noted.log, before }, async (sources) => {
      const permissions = createPermissions(data.db, { rules: [] })
      const urls = createUrls(data.config.settings.base_url)
      const files = createFiles({
        database: data.db,
        sources,
        permissions,
        urls,
        log: noted.log,
        dataDirectory: data.path,
        limits: imageLimits(data.config.settings),
        before,
      })
      const line = progressLine(io.stderr, io.stdout.isTTY === true)
      const say = (text: string) => {
        line.clear()
        io.stdout.write(`${text}\n`)
      }
      const cleaning = {
        data,
        sources,
        files,
        dryRun: values['dry-run'],
        io,
        line,
        say,
        before: before ?? (() => {}),
      } satisfies Cleaning
      try {
        await purgeTrash(cleaning)
        const doubtful = await clearSources(cleaning)
        await endSessions(cleaning, noted.log)
        await clearPictures(cleaning)
        await clearRows(cleaning)
        if (noted.temporaryFiles() > 0) {
          say(`${formatCount(noted.temporaryFiles(), 'temporary file')} of dead processes removed`)
        }
        if (io.signal.aborted)
          throw new CommandError('Stopped. What is listed above is done; run it again for the rest.')
        if (doubtful.length > 0) throw new CommandError(doubtful.join('\n'))
      } finally {
        await files.close()
      }
    }),
  )
}

async function purgeTrash({ files, dryRun, io, line, say }: Cleaning): Promise<void> {
  const due = await files.trash.due()
  if (dryRun) {
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

/** @returns what must be looked at by somebody */
async function clearSources(cleaning: Cleaning): Promise<string[]> {
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

async function clearSource({ data, dryRun, io, line, say, before }: Cleaning, source: Source) {
  const options: OrphanOptions = {
    database: data.db,
    source,
    storage: await source.storage(),
    now: Date.now,
    signal: io.signal,
    onListed: (listed) => line.show(source.label, `${formatCount(listed, 'file')} looked at`, listed, undefined),
  }
  const { files, named, doubtful } = await findOrphans(options)
  if (doubtful) {
    return `${source.slug}: most of the files there are unknown here (${formatNumber(named)} are known). Another Holdall may keep its files there, or the internal database may come from a backup that is older than they are. Nothing of it was removed.`
  }
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  if (dryRun) {
    say(
      `${source.slug}: ${formatCount(files.length, 'file')} that nothing names would be removed: ${formatBytes(bytes)}`,
    )
    for (const { path } of files) say(`  ${path}`)
    return undefined
  }
  let removed = 0
  for (const file of files) {
    if (io.signal.aborted) break
    before('remove orphan')
    if (await removeOrphan(options, file)) removed += 1
    line.show(source.label, `${formatCount(removed, 'file')} removed`, removed, files.length)
  }
  say(`${source.slug}: ${formatCount(removed, 'file')} that nothing named removed: ${formatBytes(bytes)}`)
  return undefined
}

async function endSessions({ data, sources, files, dryRun, say, before }: Cleaning, log: Log): Promise<void> {
  const { past } = await data.db.read
    .selectFrom('upload_sessions')
    .select((eb) => eb.fn.countAll<number>().as('past'))
    .where('ttl', '<', Math.floor(Date.now() / 1_000))
    .where('status', 'in', ['completed', 'failed', 'aborted', 'expired'])
    .executeTakeFirstOrThrow()
  if (!dryRun) await createUploads({ database: data.db, sources, intake: files.intake, log, before }).sweep()
  say(`${formatCount(past, 'upload session')} past their time ${dryRun ? 'would be ' : ''}removed`)
}

async function clearPictures({ data, files, dryRun, say, before }: Cleaning): Promise<void> {
  const stale = await stalePictures(data.db, files.thumbnails)
  if (!dryRun) {
    before('remove stale pictures')
    for (const key of stale) await files.thumbnails.remove(key)
  }
  say(`Small pictures of ${formatCount(stale.length, 'file')} that are no more ${dryRun ? 'would be ' : ''}removed`)
}

async function clearRows({ data, dryRun, say, before }: Cleaning): Promise<void> {
  const dead = await countDeadRows(data.db)
  if (!dryRun && dead > 0) {
    before('database: remove dead rows')
    await removeDeadRows(data.db)
  }
  say(`${formatCount(dead, 'row')} about files that are no more ${dryRun ? 'would be ' : ''}removed`)
}

/** Storages sweep their temporary files when they are made; that is all of the log that is of use here. */
function notingLog(io: CommandIo) {
  let swept = 0
  const log: Log = {
    info(event, facts) {
      if (event === 'temporary files swept') swept += Number(facts?.files ?? 0)
    },
    warn: (event, facts) => io.stderr.write(`${event}: ${JSON.stringify(facts)}\n`),
    error: (event, facts) => io.stderr.write(`${event}: ${JSON.stringify(facts)}\n`),
  }
  return { log, temporaryFiles: () => swept }
}
