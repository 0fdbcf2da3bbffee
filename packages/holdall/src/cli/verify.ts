import { type Problem, type Verified, verifySource } from '../files/upkeep/verify.ts'
import type { Source, Sources } from '../sources/sources.ts'
import { formatBytes, formatCount, formatNumber } from '../web/format.ts'
import { createLog } from '../web/log.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { type ServerData, withServerData } from './internal.ts'
import { progressLine } from './progress.ts'
import { namedSource, withSources } from './server-sources.ts'

/** `holdall verify [SOURCE] [--hash]`: compares the registry with what lies in the storages, and changes nothing. */
export async function verify(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    ...DATA_OPTIONS,
    hash: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  })
  const [slug, ...more] = positionals
  if (more.length > 0) throw new UsageError('Name one source, or none for all of them: holdall verify [SOURCE]')
  const report = values.json ? jsonReport(io) : textReport(io)
  await withServerData(values, io, (data) =>
    withSources(data, { io, log: createLog(() => {}) }, async (sources) => {
      let problems = 0
      const chosen = slug === undefined ? configured(sources) : [namedSource(sources, slug)]
      for (const source of chosen) problems += await verifyOne(data, source, values.hash, report, io)
      if (problems > 0) {
        throw new CommandError(
          `${formatCount(problems, 'problem')} in ${formatCount(chosen.length, 'source')}; they are listed above.`,
        )
      }
    }),
  )
}

function configured(sources: Sources): Source[] {
  const active = sources.list().filter((source) => source.active)
  if (active.length > 0) return active
  throw new CommandError('There is no source here. Name the file that the server was started with: -c FILE.')
}

async function verifyOne(data: ServerData, source: Source, hash: boolean, report: Report, io: CommandIo) {
  let problems = 0
  try {
    const verified = await verifySource({
      database: data.db,
      source,
      storage: await source.storage(),
      hash,
      signal: io.signal,
      onProblem(problem) {
        problems += 1
        report.problem(source, problem)
      },
      onProgress: (phase, done, total) => report.progress(source, phase, done, total),
    })
    report.done(source, verified, problems)
  } catch (error) {
    if (io.signal.aborted) throw new CommandError('Stopped. What is listed above was found; nothing was changed.')
    problems += 1
    report.failed(source, error instanceof Error ? error.message : String(error))
  }
  return problems
}

interface Report {
  progress(source: Source, phase: string, done: number, total: number): void
  problem(source: Source, problem: Problem): void
  failed(source: Source, reason: string): void
  done(source: Source, verified: Verified, problems: number): void
}

function textReport(io: CommandIo): Report {
  const line = progressLine(io.stderr, io.stdout.isTTY === true)
  return {
    progress: ({ label }, phase, done, total) =>
      line.show(label, `${phase} ${formatNumber(done)} of ${formatCount(total, 'file')}`, done, total),
    problem({ slug }, { kind, id, path, detail }) {
      line.clear()
      io.stdout.write(`${kind.padEnd(10)}  ${slug}  ${id ?? '-'}  ${path}  ${detail}\n`)
    },
    failed({ slug }, reason) {
      line.clear()
      io.stdout.write(`${'failed'.padEnd(10)}  ${slug}  ${reason}\n`)
    },
    done({ slug }, { files, bytes, hashed, others }, problems) {
      line.clear()
      const facts = [`${formatCount(files, 'file')}, ${formatBytes(bytes)}`]
      if (hashed > 0) facts.push(`${formatNumber(hashed)} read again`)
      if (others > 0) facts.push(`${formatNumber(others)} of others`)
      facts.push(problems === 0 ? 'all as recorded' : formatCount(problems, 'problem'))
      io.stdout.write(`${slug}: ${facts.join('; ')}\n`)
    },
  }
}

function jsonReport(io: CommandIo): Report {
  const write = (event: object) => io.stdout.write(`${JSON.stringify(event)}\n`)
  return {
    progress: () => {},
    problem: ({ slug }, problem) => write({ event: 'problem', source: slug, ...problem }),
    failed: ({ slug }, reason) => write({ event: 'failed', source: slug, reason }),
    done: ({ slug }, verified, problems) => write({ event: 'done', source: slug, ...verified, problems }),
  }
}
