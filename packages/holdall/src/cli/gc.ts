import { createPermissions } from '../access/decide.ts'
import { createFiles } from '../files/files.ts'
import { imageLimits } from '../files/limits.ts'
import { killPoint } from '../sources/kill-point.ts'
import { formatCount } from '../web/format.ts'
import type { Log } from '../web/log.ts'
import { createUrls } from '../web/url.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse } from './arguments.ts'
import { type Cleaning, createCleaning, removed } from './gc/cleaning.ts'
import { purgeDatasets } from './gc/datasets.ts'
import { clearPictures, clearRows, endSessions, purgeTrash } from './gc/registry.ts'
import { clearSources } from './gc/storages.ts'
import { reportUnused } from './gc/unused.ts'
import { withServerData } from './internal.ts'
import { withSources } from './server-sources.ts'

/**
 * `holdall gc [DB…] [--delete]`: says what nobody will ask for again, beside a running server or without one, and
 * changes nothing. With `--delete` it removes what is certain of it.
 */
export async function gc(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, { ...DATA_OPTIONS, delete: { type: 'boolean', default: false } })
  const before = killPoint(io.env)
  const remove = values.delete
  const { log, temporaryFiles } = notingLog(io)
  await withServerData({ ...values, databases: positionals }, io, (data) =>
    withSources(data, { io, log, before, readOnly: !remove }, async (sources) => {
      const files = createFiles({
        database: data.db,
        sources,
        permissions: createPermissions(data.db, { rules: [] }),
        urls: createUrls(data.config.settings.base_url),
        log,
        dataDirectory: data.path,
        limits: imageLimits(data.config.settings),
        before,
      })
      try {
        const cleaning = createCleaning({ data, sources, files, remove, log, io, before: before ?? (() => {}) })
        await collect(cleaning, temporaryFiles)
      } finally {
        await files.close()
      }
    }),
  )
}

async function collect(cleaning: Cleaning, temporaryFiles: () => number): Promise<void> {
  const { remove, io, say } = cleaning
  await purgeTrash(cleaning)
  if (!io.signal.aborted) await purgeDatasets(cleaning)
  const doubtful = await clearSources(cleaning)
  if (!io.signal.aborted) {
    await endSessions(cleaning)
    await clearPictures(cleaning)
    await clearRows(cleaning)
    if (temporaryFiles() > 0) {
      say(`${formatCount(temporaryFiles(), 'temporary file')} of dead processes ${removed(remove)}`)
    }
    await reportUnused(cleaning).catch((error: unknown) => {
      if (!io.signal.aborted) throw error
    })
  }
  if (io.signal.aborted) {
    throw new CommandError(
      `Stopped. What is listed above is ${remove ? 'done; run it again for the rest' : 'not all; nothing was changed'}.`,
    )
  }
  if (!remove) say('Nothing was changed; holdall gc --delete removes what would be removed.')
  if (doubtful.length > 0) throw new CommandError(doubtful.join('\n'))
}

/** Storages sweep their temporary files when they are made, or count them; that is all of the log that is of use here. */
function notingLog(io: CommandIo): { log: Log; temporaryFiles: () => number } {
  let temporary = 0
  const log: Log = {
    info(event, facts) {
      if (event === 'temporary files swept' || event === 'temporary files found') temporary += Number(facts?.files ?? 0)
    },
    warn: (event, facts) => io.stderr.write(`${event}: ${JSON.stringify(facts)}\n`),
    error: (event, facts) => io.stderr.write(`${event}: ${JSON.stringify(facts)}\n`),
  }
  return { log, temporaryFiles: () => temporary }
}
