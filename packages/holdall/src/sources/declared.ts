import { join } from 'node:path'
import type { Config, SourceConfig } from '../config/config.ts'
import { ConfigurationError, type ConfigurationProblem } from '../config/config.ts'
import { secretNames, withSecrets } from './secrets.ts'
import type { StorageType } from './storage.ts'

export const DEFAULT_SOURCE = 'files'

export interface DeclaredSource {
  readonly origin: 'configuration' | 'default'
  readonly source: SourceConfig
  readonly type: StorageType
}

export type StorageTypes = ReadonlyMap<string, StorageType>

/**
 * The sources that there should be: those of the configuration, else one for files in the data directory.
 *
 * @throws ConfigurationError with every source whose storage is unknown or whose `config` its storage does not take
 */
export function declaredSources(config: Config, types: StorageTypes, dataDirectory: string): DeclaredSource[] {
  const configured = Object.values(config.sources)
  const sources = configured.length > 0 ? configured : [defaultSource(dataDirectory)]
  const origin = configured.length > 0 ? 'configuration' : 'default'
  const problems: ConfigurationProblem[] = []
  const declared: DeclaredSource[] = []
  for (const source of sources) {
    const type = types.get(source.storage)
    if (type === undefined) {
      const known = [...types.keys()].sort().join(', ')
      problems.push(
        problem(
          config,
          source,
          'storage',
          `names the storage ${source.storage}, which nothing provides. There is: ${known}.`,
        ),
      )
      continue
    }
    // What a secret holds is known when the storage is made; any text stands in for it here.
    const checked = type.config.safeParse(withSecrets(source.config, (name) => name))
    for (const issue of checked.error?.issues ?? []) {
      problems.push(problem(config, source, ['config', ...issue.path].join('.'), issue.message))
    }
    declared.push({ origin, source, type })
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  return declared
}

/** The names of the secrets that a source may read. */
export function readableSecrets(source: SourceConfig): ReadonlySet<string> {
  return new Set([...source.secrets, ...secretNames(source.config)])
}

function defaultSource(dataDirectory: string): SourceConfig {
  return {
    slug: DEFAULT_SOURCE,
    label: 'Files',
    storage: 'filesystem',
    config: { root: join(dataDirectory, DEFAULT_SOURCE) },
    accept: [],
    reject: [],
    onTypeMismatch: 'record',
    secrets: [],
    keepGps: false,
  }
}

function problem(config: Config, source: SourceConfig, at: string, message: string): ConfigurationProblem {
  return { path: `sources.${source.slug}.${at}`, message, ...(config.file !== undefined && { file: config.file }) }
}
