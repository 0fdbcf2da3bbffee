import { resolve } from 'node:path'
import { sql } from 'kysely'
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

/** A line for each source with files: where they are, which no backup of the databases holds. Folders are named by their paths. */
export async function filesToCopy({ config, db, path }: ServerData): Promise<string[]> {
  const { rows } = await sql<Holding>`SELECT s.id, s.slug, s.storage_type, s.origin, s.config,
      coalesce((SELECT files FROM datasette_files_totals WHERE source_id = s.id), 0) AS files,
      (SELECT count(DISTINCT path) FROM dataset_files WHERE source_id = s.id AND file_id IS NULL) AS objects
    FROM datasette_files_sources AS s ORDER BY s.slug`.execute(db.read)
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
    return `${slug}: ${placeOf(source)}, ${what.join(', ')}`
  })

  function placeOf({ slug, storage_type, origin, config: made }: Holding): string {
    const declared = config.sources[slug]?.config
    const settings = declared ?? (origin === 'runtime' ? (JSON.parse(made) as { readonly root?: unknown }) : undefined)
    if (storage_type !== 'filesystem') return `what lies in ${storage_type}`
    if (typeof settings?.root === 'string') return `the folder ${resolve(settings.root)}`
    if (slug === DEFAULT_SOURCE && origin === 'default') return `the folder ${defaultRoot(path)}`
    return 'its folder, which stands in the configuration that the server was started with'
  }
}
