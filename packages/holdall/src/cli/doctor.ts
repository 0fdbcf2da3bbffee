import { resolve } from 'node:path'
import { storageTypes } from '../app/storage-types.ts'
import { loadConfig } from '../config/config.ts'
import { requirePlugins } from '../plugins/load.ts'
import { type DeclaredSource, declaredSources } from '../sources/declared.ts'
import type { Finding } from '../sources/examination.ts'
import { commandLine } from '../web/command-line.ts'
import { formatCount } from '../web/format.ts'
import { createLog } from '../web/log.ts'
import { createOutgoing } from '../web/outgoing/fetch.ts'
import { rememberedAddress } from './address.ts'
import { CommandError, type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { DEFAULT_DATA } from './defaults.ts'
import { type Examination, examineSource } from './doctor/examine.ts'
import { type DoctorReport, jsonReport, textReport } from './doctor/report.ts'
import { runtimeSources } from './doctor/runtime.ts'
import { progressLine } from './progress.ts'
import { withSecrets } from './server-secrets.ts'

/** Where storages send clients, the operator has said in the configuration: inside the network too. */
const EVERYWHERE = ['0.0.0.0/0', '::/0']

/**
 * `holdall doctor [SOURCE] [--origin URL]`: tries each storage, of sources made at runtime too, and prints the fix for what fails, before a server is
 * started or beside it. What it makes in a storage for that, it removes.
 */
export async function doctor(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, {
    ...DATA_OPTIONS,
    origin: { type: 'string' },
    json: { type: 'boolean', default: false },
  })
  const [slug, ...more] = positionals
  if (more.length > 0) throw new UsageError('Name one source, or none for all of them: holdall doctor [SOURCE]')
  const data = resolve(values.data ?? DEFAULT_DATA)
  const origin = values.origin === undefined ? remembered(data) : originOf(values.origin)
  const { config } = loadConfig({ file: values.config, env: io.env, databases: [] })
  const types = storageTypes()
  const plugins = await requirePlugins(config, { storages: types })
  const known = new Map([...types, ...plugins.storages].map((type) => [type.type, type]))
  const declared = declaredSources(config, known, data, plugins.absent)
  const outgoing = createOutgoing({ allowPrivate: config.settings.allow_private_hosts })
  const clients = createOutgoing({ allowPrivate: EVERYWHERE })
  const line = progressLine(io.stderr, io.stdout.isTTY === true)
  const report = values.json ? jsonReport(io) : textReport(io, line)
  try {
    const { findings, count } = await withSecrets(
      { data, internal: values.internal },
      io.env,
      async (getSecret, db) => {
        const say = (text: string) => io.stderr.write(`${text}\n`)
        const made = db === undefined ? [] : await runtimeSources(db, config, known, say)
        const there = new Set(declared.map(({ source }) => source.slug))
        const sources = chosen([...declared, ...made.filter(({ source }) => !there.has(source.slug))], slug)
        const context = { getSecret, fetch: outgoing.fetch, log: createLog(() => {}), readOnly: true }
        const kept = { data, config: values.config, internal: values.internal }
        const keeping = (name: string) => commandLine(['secrets', 'set', name], kept)
        const examination = { context, fetch: clients.fetch, origin, keeping, signal: io.signal }
        return { findings: await examineAll(sources, examination, report), count: sources.length }
      },
    )
    const failures = findings.filter(({ status }) => status === 'failed').length
    if (failures > 0) {
      throw new CommandError(`${formatCount(failures, 'check')} failed in ${formatCount(count, 'source')}.`)
    }
  } catch (error) {
    if (io.signal.aborted) throw new CommandError('Stopped. What was made in the storages is removed again.')
    throw error
  } finally {
    line.clear()
    await Promise.all([outgoing.close(), clients.close()])
  }
}

/** All at once, and told one after the other. */
async function examineAll(
  sources: readonly DeclaredSource[],
  examination: Examination,
  report: DoctorReport,
): Promise<Finding[]> {
  const looking = sources.map((declared) => {
    const findings = relay(examineSource(declared, examination))
    return { source: { slug: declared.source.slug, storage: declared.source.storage }, findings }
  })
  const all: Finding[] = []
  try {
    for (const { source, findings } of looking) {
      report.begin(source)
      const found: Finding[] = []
      for await (const finding of findings) {
        report.finding(source, finding)
        found.push(finding)
      }
      report.end(source, found)
      all.push(...found)
    }
  } finally {
    // Each has something to remove before this process ends.
    await Promise.all(looking.map(({ findings }) => findings.ended))
  }
  return all
}

/** The items as they come, though nobody may have asked for them yet. */
function relay<Item>(items: AsyncIterable<Item>): AsyncIterable<Item> & { readonly ended: Promise<unknown> } {
  const seen: Item[] = []
  let news = Promise.withResolvers<void>()
  let isOver = false
  const running = (async () => {
    for await (const item of items) {
      seen.push(item)
      news.resolve()
    }
  })()
  const ended = running
    .catch(() => {})
    .then(() => {
      isOver = true
      news.resolve()
    })
  return {
    ended,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; ) {
        news = Promise.withResolvers()
        while (at < seen.length) yield seen[at++] as Item
        if (isOver) break
        await news.promise
      }
      await running
    },
  }
}

function chosen(sources: readonly DeclaredSource[], slug: string | undefined): readonly DeclaredSource[] {
  if (slug === undefined) return sources
  const found = sources.filter(({ source }) => source.slug === slug)
  if (found.length > 0) return found
  const known = sources.map(({ source }) => source.slug).join(', ')
  throw new CommandError(
    `There is no source ${slug}. There is: ${known}. Another file is named by -c FILE, another data directory by --data DIR.`,
  )
}

function remembered(data: string): string | undefined {
  const url = rememberedAddress(data)
  return url === undefined ? undefined : new URL(url).origin
}

/** @throws UsageError */
function originOf(written: string): string {
  const url = URL.parse(written)
  if (url !== null && /^https?:$/.test(url.protocol)) return url.origin
  throw new UsageError(`--origin takes the address at which people open this server, not "${written}".`)
}
