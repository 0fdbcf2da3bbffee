import { type Complaint, type Config, type ConfigNote, type LoadOptions, loadConfig } from '../config/config.ts'
import { type LoadedPlugins, loadPlugins } from '../plugins/load.ts'
import { sourceComplaints } from '../sources/declared.ts'
import { storageTypes } from './storage-types.ts'

/**
 * The configuration with the plugins that it names, and everything that is wrong with either at once: what the rooms
 * find in their blocks is known before any of them opens anything.
 *
 * @throws ConfigurationError
 */
export async function loadConfiguration(
  options: LoadOptions,
): Promise<{ config: Config; notes: ConfigNote[]; plugins: LoadedPlugins }> {
  const plugins = await pluginsOf(options)
  const types = new Map([...storageTypes(), ...plugins.storages].map((type) => [type.type, type]))
  const check = (config: Config): Complaint[] => [
    ...plugins.complaints,
    ...sourceComplaints(config, types, plugins.absent),
  ]
  return { ...loadConfig({ ...options, check }), plugins }
}

/** Of a configuration that may be wrong elsewhere: that is said with all else, when it is read for good. */
async function pluginsOf(options: LoadOptions): Promise<LoadedPlugins> {
  let read: Config | undefined
  try {
    loadConfig({
      ...options,
      check(config) {
        read = config
        return []
      },
    })
  } catch {
    // It is read again.
  }
  return read === undefined
    ? { storages: [], complaints: [], absent: new Map() }
    : await loadPlugins(read, { storages: storageTypes() })
}
