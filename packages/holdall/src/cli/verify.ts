import { type VerifiedObjects, verifyObjects } from '../datasets/upkeep/verify.ts'
import { type Problem, type Verified, verifySource } from '../files/upkeep/verify.ts'
import { killPoint } from '../sources/kill-point.ts'
import type { Source, Sources } from '../sources/sources.ts'
import { formatBytes, formatCount, formatNumber } from '../web/format.ts'
import { createLog } from '../web/log.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { type ServerData, withServerData } from './internal.ts'
import { missingPage } from './missing-page.ts'
import { progressLine } from './progress.ts'
import { namedSource, withSources } from './server-sources.ts'

/**
 * `holdall verify [SOURCE] [--quick] [--repair]`: reads every file again and compares it with what was recorded. The
 * storages are never changed, and what was recorded only with `--repair`.
 */
export async function verify(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    ...DATA_OPTIONS,
    quick: { type: 'boolean', default: false },
    repair: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const [slug, ...more] = positionals
  if (more.length > 0) throw new UsageError('Name one source, or none for all of them: holdall verify [SOURCE]')
  const wanted = { quick: values.quick, repair: values.repair }
  const report = values.json ? jsonReport(io) : textReport(io)
  await withServerData(values, io, (data) =>
    withSources(data, { io, log: createLog(() => {}), readOnly: true }, async (sources) => {
      const found: Found = { problems: 0, damaged: 0, repaired: 0 }
      const chosen = slug === undefined ? configured(sources) : [namedSource(sources, slug)]
      for (const source of chosen) await verifyOne(data, source, wanted, { report, io, found })
      if (found.problems > 0) throw new CommandError(advice(found, chosen.length, wanted))
    }),
  )
}

interface Wanted {
  readonly quick: boolean
  readonly repair: boolean
}

/** Over all sources. What was repaired is no problem any more. */
interface Found {
  problems: number
  damaged: number
  repaired: number
}

function configured(sources: Sources): Source[] {
  const active = sources.list().filter((source) => source.active)
  if (active.length > 0) return active
  throw new CommandError('There is no source here. Name the file that the server was started with: -c FILE.')
}

async function verifyOne(
  data: ServerData,
  source: Source,
  { quick, repair }: Wanted,
  { report, io, found }: { readonly report: Report; readonly io: CommandIo; readonly found: Found },
): Promise<void> {
  const before = { ...found }
  try {
    const verified = await verifySource({
      database: data.db,
      source,
      storage: await source.storage(),
      thorough: quick ? 'sizes' : 'bytes',
      repair,
      signal: io.signal,
      before: killPoint(io.env),
      onProblem(problem) {
        if (problem.repaired) found.repaired += 1
        else found.problems += 1
        if (problem.kind === 'damaged') found.damaged += 1
        report.problem(source, problem)
      },
      onProgress: (phase, done, total) => report.progress(source, phase, done, total),
    })
    const datasets = await verifyObjects({
      database: data.db,
      source,
      storage: await source.storage(),
      thorough: !quick,
      signal: io.signal,
      onProblem(problem) {
        found.problems += 1
        if (problem.kind === 'damaged') found.damaged += 1
        report.problem(source, { ...problem, repaired: false })
      },
      onProgress: (done) => report.progress(source, 'datasets', done, done),
    })
    report.done(source, { ...verified, datasets }, found.problems - before.problems, found.repaired - before.repaired)
  } catch (error) {
    if (io.signal.aborted) {
      throw new CommandError(
        `Stopped. What is listed above was found; ${repair ? 'run it again for the rest' : 'nothing was changed'}.`,
      )
    }
    found.problems += 1
    report.failed(source, error instanceof Error ? error.message : String(error))
  }
}

function advice({ problems, damaged }: Found, sources: number, { repair }: Wanted): string {
  const said = [`${formatCount(problems, 'problem')} in ${formatCount(sources, 'source')}; they are listed above.`]
  if (!repair) said.push('holdall verify --repair enters what is missing, returned or changed.')
  if (damaged > 0) {
    said.push(
      'A damaged file came in through here and has other bytes now; nothing was recorded of them. Put it back from a backup.',
    )
  }
  return said.join(' ')
}

/** Files, and the objects of datasets. */
type VerifiedSource = Verified & { readonly datasets: VerifiedObjects }

interface Report {
  progress(source: Source, phase: string, done: number, total: number): void
  problem(source: Source, problem: Problem): void
  failed(source: Source, reason: string): void
  done(source: Source, verified: VerifiedSource, problems: number, repaired: number): void
}

function textReport(io: CommandIo): Report {
  const line = progressLine(io.stderr, io.stdout.isTTY === true)
  return {
    progress: ({ label }, phase, done, total) =>
      line.show(label, `${phase} ${formatNumber(done)} of ${formatCount(total, 'file')}`, done, total),
    problem({ slug }, { kind, id, path, detail, repaired }) {
      line.clear()
      io.stdout.write(`${kind.padEnd(10)}  ${slug}  ${id ?? '-'}  ${path}  ${detail}${repaired ? '; repaired' : ''}\n`)
    },
    failed({ slug }, reason) {
      line.clear()
      io.stdout.write(`${'failed'.padEnd(10)}  ${slug}  ${reason}\n`)
    },
    done(source, { files, bytes, hashed, unhashed, known_missing, others, datasets }, problems, repaired) {
      line.clear()
      const facts = [`${formatCount(files, 'file')}, ${formatBytes(bytes)}`]
      if (hashed > 0) facts.push(`${formatNumber(hashed)} read again`)
      if (unhashed > 0) facts.push(`${formatNumber(unhashed)} without a hash to compare`)
      if (known_missing > 0) {
        facts.push(`${formatNumber(known_missing)} known to be missing, see ${missingPage(source)}`)
      }
      if (others > 0) facts.push(`${formatNumber(others)} of others`)
      if (datasets.objects > 0) {
        facts.push(`${formatCount(datasets.objects, 'object')} of datasets, ${formatBytes(datasets.bytes)}`)
      }
      if (repaired > 0) facts.push(`${formatNumber(repaired)} repaired`)
      facts.push(problems === 0 ? 'all as recorded' : formatCount(problems, 'problem'))
      io.stdout.write(`${source.slug}: ${facts.join('; ')}\n`)
    },
  }
}

function jsonReport(io: CommandIo): Report {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  return {
    progress: () => {},
    problem: ({ slug }, problem) => write({ event: 'problem', source: slug, ...problem }),
    failed: ({ slug }, reason) => write({ event: 'failed', source: slug, reason }),
    done: ({ slug }, verified, problems, repaired) =>
      write({ event: 'done', source: slug, ...verified, problems, repaired }),
  }
}
