import { storageTypes } from '../app/storage-types.ts'
import { laterStorages, requirePlugins } from '../plugins/load.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import { createSources, type Source, type Sources } from '../sources/sources.ts'
import type { Log } from '../web/log.ts'
import { createOutgoing } from '../web/outgoing/fetch.ts'
import { CommandError, type CommandIo } from './arguments.ts'
import type { ServerData } from './internal.ts'
import { secretsOf } from './server-secrets.ts'

interface SourcesWanted {
  readonly io: CommandIo
  readonly log: Log
  readonly before?: BeforeIo | undefined
  /** Whether nothing in the storages may change, not even by being opened. */
  readonly readOnly?: boolean
}

/** The sources of a server, for a command that reads them beside it; what the server has entered stays as it is. */
export async function withSources<Result>(
  { config, db, path }: ServerData,
  { io, log, before, readOnly = false }: SourcesWanted,
  work: (sources: Sources) => Promise<Result>,
): Promise<Result> {
  const builtIn = storageTypes(before)
  const plugins = await requirePlugins(config, { storages: builtIn })
  const types = [...builtIn, ...plugins.storages]
  const outgoing = createOutgoing({ allowPrivate: config.settings.allow_private_hosts })
  try {
    const sources = await createSources({
      database: db,
      config,
      types,
      more: laterStorages(config, types),
      absent: plugins.absent,
      getSecret: await secretsOf(db, path, io.env),
      dataDirectory: path,
      log,
      fetch: outgoing.fetch,
      guard: outgoing.guard,
      asEntered: true,
      readOnly,
    })
    try {
      return await work(sources)
    } finally {
      await sources.close()
    }
  } finally {
    await outgoing.close()
  }
}

/** @throws CommandError that names the sources there are, or says that the configuration is wanted */
export function namedSource(sources: Sources, slug: string): Source {
  const found = sources.list().find((source) => source.slug === slug)
  if (found?.active) return found
  if (found?.origin === 'runtime') {
    throw new CommandError(`The source ${slug} is deactivated. Bring it back first: holdall sources activate ${slug}`)
  }
  if (found !== undefined) {
    throw new CommandError(
      `The source ${slug} is not in this configuration. Name the file that the server was started with: -c FILE.`,
    )
  }
  const known = sources.list().filter(({ active }) => active)
  throw new CommandError(
    known.length === 0
      ? `There is no source ${slug}. Name the file that the server was started with: -c FILE.`
      : `There is no source ${slug}. There is: ${known.map((source) => source.slug).join(', ')}.`,
  )
}
