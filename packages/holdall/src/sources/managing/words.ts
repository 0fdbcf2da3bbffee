import { basename } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { Source } from '../source.ts'
import type { StorageType } from '../storage.ts'
import { storageWords } from './config-fields.ts'

export const SOURCES_PATH = '/-/files/sources'

/** What people call the storage of a source. */
export function storageTitle(types: readonly StorageType[], name: string): string {
  const type = types.find((one) => one.type === name)
  return type === undefined ? name : storageWords(type).title
}

/** The configuration file as people read it. */
export function fileWords({ file }: Pick<Config, 'file'>): string {
  return file === undefined ? 'the configuration' : basename(file)
}

/** Where the source comes from, as it follows "· ". */
export function originWords({ origin }: Source, config: Pick<Config, 'file'>, madeBy: string | null): string {
  if (origin === 'configuration') return `set in ${fileWords(config)}`
  if (origin === 'default') return 'there when no other is configured'
  return madeBy === null ? 'made on the command line' : `made here by ${madeBy}`
}

/** Whether it can be used now. */
export function stateWords({ active, availability, origin }: Source): string {
  if (active) return availability.available ? 'in use' : `unavailable: ${availability.reason}`
  return origin === 'runtime' ? 'deactivated' : 'no longer configured'
}
