import { existsSync, readFileSync } from 'node:fs'
import { basename, isAbsolute, join, relative, resolve } from 'node:path'
import { sql } from 'kysely'
import { type Config, loadConfig } from '../config/config.ts'
import { countedFiles } from '../files/pages/missing-words.ts'
import { countMissing } from '../files/search/states.ts'
import { DEFAULT_SOURCE, defaultRoot } from '../sources/declared.ts'
import { formatCount } from '../web/format.ts'
import type { ServerData } from './internal.ts'

interface Holding {
  readonly id: number
  readonly slug: string
  readonly storage_type: string
  readonly origin: string
  readonly config: string
  readonly files: number
  readonly objects: number
}

/**
 * A line for each source with files, which no backup of the databases holds: where they are, and where a server that
 * begins with the backup looks for them.
 *
 * @param backup the folder, with its copy of the configuration
 */
export async function filesToCopy(
  { config, db, path }: ServerData,
  backup: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  const { rows } = await sql<Holding>`SELECT s.id, s.slug, s.storage_type, s.origin, s.config,
      coalesce((SELECT files FROM datasette_files_totals WHERE source_id = s.id), 0) AS files,
      (SELECT count(DISTINCT path) FROM dataset_files WHERE source_id = s.id AND file_id IS NULL) AS objects
    FROM datasette_files_sources AS s ORDER BY s.slug`.execute(db.read)
  const roots = rootsIn(backup, config, env)
  const held = rows.filter(({ files, objects }) => files + objects > 0)
  const missing = await countMissing(
    db,
    held.map(({ id }) => id),
  )
  return held.map((source) => {
    const { id, slug, files, objects } = source
    const what = [
      ...(files > 0 ? [countedFiles(files, missing.get(id) ?? 0)] : []),
      ...(objects > 0 ? [formatCount(objects, 'dataset file')] : []),
    ]
    return `${slug}: ${placeOf(source)}, ${what.join(', ')}${wayOf(source)}`
  })

  function placeOf(source: Holding): string {
    const { storage_type } = source
    if (storage_type !== 'filesystem') return `what lies in ${storage_type}`
    const root = rootOf(source)
    if (root === undefined) return 'its folder, which stands in the configuration that the server was started with'
    return `the folder ${root}`
  }

  function wayOf(source: Holding): string {
    if (source.storage_type !== 'filesystem' || rootOf(source) === undefined) return ''
    const to = isDefault(source) ? defaultRoot(join(backup, 'data')) : roots[source.slug]
    return to !== undefined && isBelow(to, backup) ? `; copy it to ${to}` : '; it is looked for there again'
  }

  function rootOf({ slug, origin, config: made }: Holding): string | undefined {
    if (isDefault({ slug, origin })) return defaultRoot(path)
    const declared = config.sources[slug]?.config
    const { root } = declared ?? (origin === 'runtime' ? (JSON.parse(made) as { readonly root?: unknown }) : {})
    return typeof root === 'string' ? resolve(root) : undefined
  }

  function isDefault({ slug, origin }: Pick<Holding, 'slug' | 'origin'>): boolean {
    return slug === DEFAULT_SOURCE && origin === 'default'
  }
}

/** The roots that the copied configuration gives: what is relative there has come along. */
function rootsIn(backup: string, { file, directory }: Config, env: NodeJS.ProcessEnv): Record<string, string> {
  if (file === undefined) return {}
  // What the configuration refers to lies where it always has: beside the original, or where its whole path says.
  const readFile = (path: string) => {
    const original = resolve(directory, relative(backup, path))
    return readFileSync(existsSync(original) ? original : path)
  }
  const { config } = loadConfig({ file: join(backup, basename(file)), env, databases: [], readFile })
  return Object.fromEntries(
    Object.values(config.sources).flatMap(({ slug, config: { root } }) =>
      typeof root === 'string' ? [[slug, root]] : [],
    ),
  )
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && !way.startsWith('..') && !isAbsolute(way)
}
