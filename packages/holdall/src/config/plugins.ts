import { z } from 'zod'
import { readBlock, readEntries } from './block.ts'
import type { Path } from './path.ts'
import type { Report } from './report.ts'
import { FILES_IGNORED, FILES_SHAPE, type Settings } from './settings.ts'
import { block } from './values.ts'

const FILES_PLUGIN = 'datasette-files'
/** Plugins of Datasette are called this by custom; a plugin of Holdall is a package or a file. */
const DATASETTE_PLUGIN = /^datasette[-_]/
const DONE_HERE: Readonly<Record<string, string>> = {
  'datasette-files-s3': 'S3 is the storage of @holdall/storage-s3',
}

export interface PluginsRead {
  /** By package name or path, with the options as written; a path is relative to the configuration file. */
  readonly plugins: Record<string, unknown>
  /** The sources of `plugins.datasette-files.sources`, not yet read. */
  readonly sources: { readonly path: Path; readonly value: unknown }
  readonly settings: Partial<Settings>
}

export function readPlugins(report: Report, path: Path, value: unknown): PluginsRead {
  const plugins = block()
  let sources: unknown
  let settings: Partial<Settings> = {}
  for (const [key, options] of readEntries(report, path, value)) {
    const at = [...path, key]
    if (key === FILES_PLUGIN) {
      ;({ sources, ...settings } = readBlock(
        report,
        at,
        options,
        { ...FILES_SHAPE, sources: z.unknown() },
        FILES_IGNORED,
      ))
    } else if (DATASETTE_PLUGIN.test(key)) {
      report.ignore(at, `is ignored: ${DONE_HERE[key] ?? 'it is a plugin of Datasette'}.`)
    } else {
      plugins[key] = options ?? block()
    }
  }
  return { plugins, sources: { path: [...path, FILES_PLUGIN, 'sources'], value: sources }, settings }
}
