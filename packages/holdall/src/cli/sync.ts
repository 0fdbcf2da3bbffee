import { setTimeout as sleep } from 'node:timers/promises'
import type { SyncRun } from '../files/sync/runs.ts'
import { createSync, FOLDER_SKIPPED, SYNC_FAILED, type Sync } from '../files/sync/sync.ts'
import { killPoint } from '../sources/kill-point.ts'
import type { Source } from '../sources/sources.ts'
import { HoldallError } from '../web/error.ts'
import { formatCount, formatNumber } from '../web/format.ts'
import { createLog, type Log } from '../web/log.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { withServerData } from './internal.ts'
import { progressLine } from './progress.ts'
import { namedSource, withSources } from './server-sources.ts'

/** How often it is looked how far the run is. */
const REFRESH_MS = 100
/** How often a run of another process is tried to be taken over, in case that process is no more. */
const RETAKE_MS = 2_000

/** `holdall sync SOURCE`: makes the registry follow what lies in a source, beside a running server or without one. */
export async function sync(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, { ...DATA_OPTIONS, json: { type: 'boolean', default: false } })
  const [slug, ...more] = positionals
  if (slug === undefined || more.length > 0) throw new UsageError('Name one source: holdall sync SOURCE')
  const before = killPoint(io.env)
  const { log, cause } = notingLog(io)
  await withServerData(values, io, (data) =>
    withSources(data, { io, log, before }, async (sources) => {
      const source = namedSource(sources, slug)
      const engine = createSync({ database: data.db, sources, log, ...(before && { before }) })
      try {
        const report = values.json ? jsonReport(source, io) : textReport(source, io)
        end(await follow(engine, source, report, io), source, report, cause())
      } finally {
        await engine.close()
      }
    }),
  )
}

/** What a server's log would say of a run: the folders that were passed over, and why it failed. */
function notingLog(io: CommandIo): { log: Log; cause: () => unknown } {
  let cause: unknown
  const log: Log = {
    ...createLog(() => {}),
    warn(event, facts) {
      if (event === FOLDER_SKIPPED) {
        io.stderr.write(`${facts?.path} may not be read; what is known of the files below stays as it is.\n`)
      } else if (event === SYNC_FAILED) cause = facts?.error
    },
  }
  return { log, cause: () => cause }
}

interface SyncReport {
  elsewhere(): void
  progress(run: SyncRun, expected: number | undefined): void
  done(run: SyncRun): void
  /** What the error on stderr says as well. */
  failed(run: SyncRun, reason: string): void
  stopped(run: SyncRun): void
}

/** The run in its last state, or as it was when the user wanted no more of it. */
async function follow(engine: Sync, source: Source, report: SyncReport, io: CommandIo): Promise<SyncRun> {
  let { run, ended } = await engine.begin(source, null)
  if (ended === undefined) report.elsewhere()
  const { expected } = await engine.state(source)
  for (let last = performance.now(); run.status === 'running' && !io.signal.aborted; ) {
    await sleep(REFRESH_MS, undefined, { signal: io.signal }).catch(() => undefined)
    run = (await engine.run(run.id)) ?? run
    report.progress(run, expected)
    if (ended === undefined && run.status === 'running' && performance.now() - last > RETAKE_MS) {
      last = performance.now()
      ended = (await engine.begin(source, null)).ended
    }
  }
  if (!io.signal.aborted) return run
  await engine.close()
  return (await engine.run(run.id)) ?? run
}

/** @param cause of a run that failed here: its reason sends people to the log of a server */
function end(run: SyncRun, { slug }: Source, report: SyncReport, cause: unknown): void {
  if (run.status === 'completed') {
    report.done(run)
    return
  }
  if (run.status === 'failed') {
    const isOfStorage = cause instanceof Error && !(cause instanceof HoldallError)
    const reason = isOfStorage ? `The storage failed: ${cause.message}` : (run.failure_reason ?? '')
    report.failed(run, reason)
    throw new CommandError(`${slug} was not synced. ${reason}`.trimEnd())
  }
  report.stopped(run)
  throw new CommandError(
    `Stopped after ${formatCount(run.listed, 'file')}. A running server goes on from there; without one, the same command does.`,
  )
}

function textReport({ slug, label }: Source, io: CommandIo): SyncReport {
  const line = progressLine(io.stderr, io.stdout.isTTY === true)
  return {
    elsewhere: () => io.stderr.write(`${slug} is being synced already; this is how far it is.\n`),
    progress: ({ listed, phase }, expected) =>
      line.show(
        label,
        phase === 'missing' ? 'looking for what is missing' : formatCount(listed, 'file'),
        listed,
        expected === undefined ? undefined : Math.max(listed, expected),
      ),
    done({ listed, added, changed, missing, returned, left_out }) {
      line.clear()
      const found = [
        `${formatNumber(added)} new`,
        `${formatNumber(changed)} changed`,
        `${formatNumber(missing)} missing`,
        `${formatNumber(returned)} returned`,
        ...(left_out > 0 ? [`${formatCount(left_out, 'system file')} left out`] : []),
      ]
      io.stdout.write(`${slug}: ${formatCount(listed, 'file')}; ${found.join(', ')}\n`)
    },
    failed: () => line.clear(),
    stopped: () => line.clear(),
  }
}

function jsonReport({ slug }: Source, io: CommandIo): SyncReport {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  let shown = -1
  return {
    elsewhere: () => write({ event: 'elsewhere', source: slug }),
    progress({ listed, added, changed, missing, returned }, expected) {
      if (listed === shown) return
      shown = listed
      write({ event: 'progress', source: slug, listed, added, changed, missing, returned, expected: expected ?? null })
    },
    done: ({ listed, added, changed, missing, returned, left_out }) =>
      write({ event: 'done', source: slug, listed, added, changed, missing, returned, left_out }),
    failed: ({ listed }, reason) => write({ event: 'failed', source: slug, listed, reason }),
    stopped: ({ listed }) => write({ event: 'stopped', source: slug, listed }),
  }
}
