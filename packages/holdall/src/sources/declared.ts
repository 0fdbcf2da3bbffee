import { join } from 'node:path'
import type { Complaint, Config, Path, SourceConfig } from '../config/config.ts'
import { ConfigurationError } from '../config/config.ts'
import { secretNames, withSecrets } from './secrets.ts'
import type { StorageType } from './storage.ts'

export const DEFAULT_SOURCE = 'files'

export interface DeclaredSource {
  readonly origin: 'configuration' | 'default' | 'runtime'
  readonly source: SourceConfig
  readonly type: StorageType
}

export type StorageTypes = ReadonlyMap<string, StorageType>
/** By type: why a storage is not among the types, and what to do; each continues a sentence that ends in “which”. */
export type AbsentStorages = ReadonlyMap<string, string>

/**
 * The sources that there should be: those of the configuration, else one for files in the data directory.
 *
 * @throws ConfigurationError with every source whose storage is unknown or whose `config` its storage does not take
 */
export function declaredSources(
  config: Config,
  types: StorageTypes,
  dataDirectory: string,
  absent?: AbsentStorages,
): DeclaredSource[] {
  const configured = Object.values(config.sources)
  const sources = configured.length > 0 ? configured : [defaultSource(dataDirectory)]
  const origin = configured.length > 0 ? 'configuration' : 'default'
  const complaints = sourceComplaints(config, types, absent)
  if (complaints.length > 0) {
    const file = config.file === undefined ? {} : { file: config.file }
    throw new ConfigurationError(complaints.map(({ path, message }) => ({ path: path.join('.'), message, ...file })))
  }
  return sources.map((source) => ({ origin, source, type: types.get(source.storage) as StorageType }))
}

/** Every source of the configuration whose storage is unknown, and whatever its storage does not take of its `config`. */
export function sourceComplaints(config: Config, types: StorageTypes, absent?: AbsentStorages): Complaint[] {
  return Object.values(config.sources).flatMap((source) => {
    const at = (...steps: (string | number)[]): Path => ['sources', source.slug, ...steps]
    const type = types.get(source.storage)
    if (type === undefined) {
      const known = [...types.keys()].sort().join(', ')
      return [
        {
          path: at('storage'),
          message: `names the storage ${source.storage}, which ${absent?.get(source.storage) ?? `nothing provides. There is: ${known}.`}`,
        },
      ]
    }
    return configComplaints(source, type).map(({ path, message }) => ({ path: at(...path), message }))
  })
}

/** What a storage does not take of the `config` of a source; paths begin with `config`. */
export function configComplaints(source: SourceConfig, type: StorageType): Complaint[] {
  // What a secret holds is known when the storage is made; any text stands in for it here.
  const checked = type.config.safeParse(withSecrets(source.config, (name) => name))
  return (checked.error?.issues ?? []).map(({ path, message }) => ({
    path: ['config', ...path.map((step) => (typeof step === 'symbol' ? String(step) : step))],
    message,
  }))
}

/** The names of the secrets that a source may read. */
export function readableSecrets(source: SourceConfig): ReadonlySet<string> {
  return new Set([...source.secrets, ...secretNames(source.config)])
}

/** The folder of the source that there is when none is configured. */
export function defaultRoot(dataDirectory: string): string {
  return join(dataDirectory, DEFAULT_SOURCE)
}

function defaultSource(dataDirectory: string): SourceConfig {
  return {
    slug: DEFAULT_SOURCE,
    label: 'Files',
    storage: 'filesystem',
    config: { root: defaultRoot(dataDirectory) },
    accept: [],
    reject: [],
    onTypeMismatch: 'record',
    secrets: [],
    keepGps: false,
    keepSystemFiles: false,
  }
}
