import { isAbsolute, resolve } from 'node:path'
import { storageTypes } from '../app/storage-types.ts'
import { everyStorage, laterStorages, requirePlugins } from '../plugins/load.ts'
import { createKeptSecrets } from '../secrets/kept.ts'
import { createSecrets } from '../secrets/named.ts'
import { resolveServerSecret } from '../secrets/server-secret.ts'
import { killPoint } from '../sources/kill-point.ts'
import { configFields } from '../sources/managing/config-fields.ts'
import { createManaging, type Managing } from '../sources/managing/managing.ts'
import { ASKED, ASKED_NAMES } from '../sources/managing/who.ts'
import { stateWords } from '../sources/managing/words.ts'
import type { StorageType } from '../sources/storage.ts'
import { createLog } from '../web/log.ts'
import { createOutgoing } from '../web/outgoing/fetch.ts'
import { type CommandIo, DATA_OPTIONS, parse, UsageError } from './arguments.ts'
import { type ServerData, withServerData } from './internal.ts'
import { withSources } from './server-sources.ts'

const USAGE =
  'Write: holdall sources list, holdall sources create SLUG --storage TYPE --set KEY=VALUE…, or holdall sources deactivate SLUG (activate SLUG)'
const OPTIONS = {
  ...DATA_OPTIONS,
  storage: { type: 'string', default: 'filesystem' },
  set: { type: 'string', multiple: true },
  label: { type: 'string' },
  sync: { type: 'string' },
  accept: { type: 'string' },
  reject: { type: 'string' },
  'max-file-size': { type: 'string' },
  browse: { type: 'string' },
  upload: { type: 'string' },
  delete: { type: 'string' },
  make: { type: 'boolean', default: false },
  secret: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

/**
 * `holdall sources list | create SLUG | deactivate SLUG | activate SLUG`: sources beside those of the configuration file.
 * A running server takes them up at its next request.
 */
export async function sources(argv: readonly string[], io: CommandIo): Promise<void> {
  const { values, positionals } = parse(argv, OPTIONS)
  const [verb = '', slug, ...more] = positionals
  if (more.length > 0 || (verb === 'list') !== (slug === undefined)) throw new UsageError(USAGE)
  if (slug === undefined) return await withServerData(values, io, (data) => list(data, values, io))
  if (!['create', 'deactivate', 'activate'].includes(verb)) throw new UsageError(USAGE)
  await withServerData(values, io, (data) =>
    withManaging(data, values, io, async (managing, types) => {
      if (verb !== 'create') {
        await managing.setActive(slug, verb === 'activate')
        io.stderr.write(
          verb === 'activate'
            ? `${slug} is activated.\n`
            : `${slug} is deactivated. Its files stay listed; holdall sources activate ${slug} brings it back.\n`,
        )
        return
      }
      const type = types.find((one) => one.type === values.storage)
      await managing.create(
        {
          slug,
          written: {
            storage: values.storage,
            config: configOf(values.set ?? [], type),
            ...(values.label !== undefined && { label: values.label }),
            ...(values.sync !== undefined && { sync: values.sync }),
            ...(values.accept !== undefined && { accept: values.accept }),
            ...(values.reject !== undefined && { reject: values.reject }),
            ...(values['max-file-size'] !== undefined && { max_file_size: values['max-file-size'] }),
            allow: allowOf(values),
          },
          values: new Map(),
          make: values.make,
        },
        null,
      )
      io.stdout.write(`${slug}\n`)
      io.stderr.write('A running server has it at its next request.\n')
    }),
  )
}

async function list(data: ServerData, { json }: Values, io: CommandIo): Promise<void> {
  const log = createLog(() => {})
  await withSources(data, { io, log, readOnly: true }, async (all) => {
    await Promise.all(all.list().map((source) => source.active && source.check().catch(() => undefined)))
    for (const source of all.list()) {
      const { slug, label, storageType: storage, origin, active, availability } = source
      io.stdout.write(
        json
          ? `${JSON.stringify({ slug, label, storage, origin, active, available: availability.available })}\n`
          : `${slug}\t${storage}\t${origin}\t${stateWords(source)}\n`,
      )
    }
  })
}

async function withManaging(
  { db, config, path, internal }: ServerData,
  { secret: option }: Values,
  io: CommandIo,
  work: (managing: Managing, types: readonly StorageType[]) => Promise<void>,
): Promise<void> {
  const builtIn = storageTypes()
  const plugins = await requirePlugins(config, { storages: builtIn })
  const known = [...builtIn, ...plugins.storages]
  const types = await everyStorage(known, laterStorages(config, known))
  const secret = await resolveServerSecret({
    ...(option !== undefined && { option }),
    env: io.env,
    dataDirectory: path,
  })
  const { getSecret } = createSecrets(io.env, createKeptSecrets(db, secret))
  const { fetch, guard, close } = createOutgoing({ allowPrivate: config.settings.allow_private_hosts })
  try {
    const managing = createManaging({
      database: db,
      config,
      types: async () => types,
      making: { getSecret, fetch, guard, log: createLog(() => {}) },
      reserved: [path, internal],
      keptIn: (within) => createKeptSecrets(within, secret),
      before: killPoint(io.env),
    })
    await work(managing, types)
  } finally {
    await close()
  }
}

/** `root=/srv/scans`; of a field that is a secret, its name; several values of a list by saying it again. */
function configOf(set: readonly string[], type: StorageType | undefined): Record<string, unknown> {
  const fields = new Map((type === undefined ? [] : configFields(type)).map((field) => [field.key, field]))
  const config: Record<string, unknown> = {}
  for (const entry of set) {
    const at = entry.indexOf('=')
    if (at < 1) throw new UsageError(`--set takes KEY=VALUE, not "${entry}".`)
    const [key, value] = [entry.slice(0, at), entry.slice(at + 1)]
    const field = fields.get(key)
    if (field?.isSecret) config[key] = { $secret: value }
    else if (field?.kind === 'lines') config[key] = [...((config[key] as string[] | undefined) ?? []), value]
    // On the command line a path is relative to where one is.
    else if (type?.type === 'filesystem' && key === 'root' && !isAbsolute(value)) config[key] = resolve(value)
    else config[key] = value
  }
  return config
}

function allowOf(values: Values): Record<string, unknown> {
  return Object.fromEntries(
    ASKED_NAMES.flatMap((name) => (values[name] === undefined ? [] : [[ASKED[name], whoMay(values[name])]])),
  )
}

function whoMay(text: string): unknown {
  if (text === 'everybody') return true
  if (text === 'nobody') return false
  return { id: text === '*' ? '*' : text.split(',').map((name) => name.trim()) }
}
