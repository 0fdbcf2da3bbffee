import type { Complaint, Config, Path } from '../config/config.ts'
import { ConfigurationError } from '../config/config.ts'
import type { MoreStorages } from '../sources/runtime.ts'
import type { StorageType } from '../sources/storage.ts'
import type { AnyStorageType, Plugin } from './plugin.ts'
import { isPath, locate, type Places } from './resolve.ts'

/** What there is without any plugin. */
export interface BuiltIn {
  readonly storages: readonly StorageType[]
}

/** What the plugins of a configuration add. */
export interface Plugins {
  readonly storages: readonly StorageType[]
}

export interface LoadedPlugins extends Plugins {
  /** What is wrong with the plugins that are listed. */
  readonly complaints: readonly Complaint[]
  /** Why a storage that a package of ours provides is not there: what to add. */
  readonly absent: ReadonlyMap<string, string>
}

/** Storages that need no entry in `plugins`: the package that provides one is loaded when a source names it. */
const PROVIDERS: Readonly<Record<string, string>> = { s3: '@holdall/storage-s3' }
const MEMBERS: readonly (keyof Plugin)[] = ['storages']

/**
 * Loads what `plugins` lists, and what sources name beyond it. Never throws: what is wrong is said beside everything else
 * that is wrong with the configuration.
 */
export async function loadPlugins(
  config: Config,
  builtIn: BuiltIn,
  holdall: string = import.meta.url,
): Promise<LoadedPlugins> {
  const places = { directory: config.directory, holdall }
  const complaints: Complaint[] = []
  const absent = new Map<string, string>()
  const storages = new Map<string, { readonly type: StorageType; readonly by: string }>()
  for (const type of builtIn.storages) storages.set(type.type, { type, by: 'Holdall itself' })

  async function add(name: string, options: unknown, complain: (message: string, path?: Path) => void): Promise<void> {
    const plugin = await makePlugin(name, options, places, complain)
    for (const type of plugin?.storages ?? []) {
      const other = storages.get(type.type)
      if (other === undefined) storages.set(type.type, { type: type as unknown as StorageType, by: name })
      else complain(`provides the storage ${type.type}, which ${other.by} provides too. Leave one of them out.`)
    }
  }

  for (const [name, options] of Object.entries(config.plugins)) {
    await add(name, options, (message, path = []) => complaints.push({ path: ['plugins', name, ...path], message }))
  }
  for (const { storage } of Object.values(config.sources)) {
    const provider = Object.hasOwn(PROVIDERS, storage) ? PROVIDERS[storage] : undefined
    // One that is listed and could not be loaded has been complained about.
    if (provider === undefined || storages.has(storage) || absent.has(storage)) continue
    if (Object.hasOwn(config.plugins, provider))
      absent.set(storage, `comes with ${provider}, which could not be loaded.`)
    else await add(provider, {}, (message) => absent.set(storage, `comes with ${provider}, which ${message}`))
  }
  for (const { type } of builtIn.storages) storages.delete(type)
  return { storages: [...storages.values()].map(({ type }) => type), complaints, absent }
}

/**
 * The storages of packages of ours that no source of the configuration names: sources that are made at runtime may, and
 * the package is loaded then.
 *
 * @param known what there is already
 */
export function laterStorages(
  config: Pick<Config, 'directory'>,
  known: readonly StorageType[],
  holdall: string = import.meta.url,
): MoreStorages {
  const places = { directory: config.directory, holdall }
  const loading = new Map<string, Promise<StorageType | undefined>>()

  async function loadFrom(provider: string, type: string): Promise<StorageType | undefined> {
    // One that is not installed is not offered; the doctor and the configuration's reader say what to do.
    const plugin = await makePlugin(provider, {}, places, () => undefined)
    return plugin?.storages?.find((storage) => storage.type === type) as StorageType | undefined
  }

  return {
    offered: Object.keys(PROVIDERS).filter((type) => !known.some((storage) => storage.type === type)),
    async load(type) {
      const provider = Object.hasOwn(PROVIDERS, type) ? PROVIDERS[type] : undefined
      if (provider === undefined) return undefined
      const before = loading.get(type) ?? loadFrom(provider, type)
      loading.set(type, before)
      return await before
    },
  }
}

/** Every storage that a source may be of, those that are loaded only now too. */
export async function everyStorage(known: readonly StorageType[], more: MoreStorages): Promise<StorageType[]> {
  const later = await Promise.all(more.offered.map((type) => more.load(type)))
  return [...known, ...later.filter((type) => type !== undefined)]
}

/** @throws ConfigurationError with everything that is wrong with the plugins, for who has not asked before */
export async function requirePlugins(config: Config, builtIn: BuiltIn): Promise<LoadedPlugins> {
  const loaded = await loadPlugins(config, builtIn)
  if (loaded.complaints.length > 0) {
    const file = config.file === undefined ? {} : { file: config.file }
    throw new ConfigurationError(
      loaded.complaints.map(({ path, message }) => ({ path: path.join('.'), message, ...file })),
    )
  }
  return loaded
}

async function makePlugin(
  name: string,
  options: unknown,
  places: Places,
  complain: (message: string, path?: Path) => void,
): Promise<Plugin | undefined> {
  const given = options ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) {
    complain('must be a block of options; {} gives none.')
    return undefined
  }
  let factory: unknown
  try {
    const url = locate(name, places)
    if (url === undefined) {
      complain(notFound(name, places.directory))
      return undefined
    }
    factory = ((await import(url)) as { default?: unknown }).default
  } catch (error) {
    complain(`could not be loaded: ${messageOf(error)}`)
    return undefined
  }
  if (typeof factory !== 'function') {
    complain('is no plugin: the default export of its module must be a function from options to a plugin.')
    return undefined
  }
  let made: unknown
  try {
    made = await factory(given)
  } catch (error) {
    for (const { path, message } of issuesOf(error)) complain(message, path)
    return undefined
  }
  const wrong = wrongWith(made)
  if (wrong !== undefined) complain(wrong)
  return wrong === undefined ? (made as Plugin) : undefined
}

function notFound(name: string, directory: string): string {
  if (isPath(name)) return `is not there: there is no such file beside the configuration, in ${directory}.`
  return `is not installed. Install it beside the configuration, in ${directory}: npm install ${name}`
}

/** What an `import` of a plugin's fails with, which may be a whole page. */
function messageOf(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n', 1)[0] as string) : String(error)
}

/** A Zod error says more than one thing, each of a place in the options. */
function issuesOf(error: unknown): { path: Path; message: string }[] {
  const { issues } = error as { issues?: unknown }
  if (!(error instanceof Error) || !Array.isArray(issues) || issues.length === 0) {
    return [{ path: [], message: `does not take these options: ${messageOf(error)}` }]
  }
  return (issues as { path?: readonly PropertyKey[]; message?: string }[]).map(({ path = [], message = '' }) => ({
    path: path.map((step) => (typeof step === 'symbol' ? String(step) : step)),
    message,
  }))
}

function wrongWith(made: unknown): string | undefined {
  if (typeof made !== 'object' || made === null) return 'is no plugin: its function must return an object.'
  const strange = Object.keys(made).find((key) => !MEMBERS.includes(key as keyof Plugin))
  if (strange !== undefined) {
    return `has a member ${strange}, which this version of Holdall does not know. It knows: ${MEMBERS.join(', ')}.`
  }
  const { storages = [] } = made as { storages?: unknown }
  if (!Array.isArray(storages) || !storages.every(isStorageType)) {
    return 'has storages that are none: each needs a type, a config schema and create.'
  }
  return undefined
}

function isStorageType(value: unknown): value is AnyStorageType {
  const { type, config, create } = (value ?? {}) as Partial<Record<'type' | 'config' | 'create', unknown>>
  return (
    typeof type === 'string' &&
    type !== '' &&
    typeof (config as { safeParse?: unknown } | undefined)?.safeParse === 'function' &&
    typeof create === 'function'
  )
}
