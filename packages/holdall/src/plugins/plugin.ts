import type { StorageType } from '../sources/storage.ts'

/** What a plugin adds. Each member is optional; each names types, of which Holdall makes and closes the instances. */
export interface Plugin {
  /** What a source's `storage` may name. */
  readonly storages?: readonly AnyStorageType[]
}

/**
 * The default export of a plugin's module.
 *
 * @param options what the configuration says beside the plugin's name; a block of nothing when it says nothing
 * @throws whatever is wrong with the options: the message of an error, and each of a Zod error's issues, is printed at
 * its place in the configuration
 */
export type PluginFactory = (options: Readonly<Record<string, unknown>>) => Plugin | Promise<Plugin>

/** A storage type whatever its `config` is: its own schema stands between the two. */
export type AnyStorageType = Pick<StorageType<never>, 'type' | 'hashUnasked'> & {
  readonly config: { safeParse(value: unknown): unknown }
  create(config: never, context: Parameters<StorageType['create']>[1]): ReturnType<StorageType['create']>
  diagnose?(error: unknown, config: never): ReturnType<NonNullable<StorageType['diagnose']>>
}
