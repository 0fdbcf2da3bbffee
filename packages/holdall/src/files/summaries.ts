import { CompiledQuery } from 'kysely'
import type { Permissions } from '../access/permissions.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Actor } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { UNKNOWN_TYPE } from './record.ts'

/**
 * What is known of files, short, as the members of a JSON object by their ids: `"df-…":{…},"df-…":{…}`. Ids that are
 * of no file, or of one that the actor may not browse, are absent.
 */
export type Summaries = (actor: Actor | null, ids: readonly string[], urls: Pick<Urls, 'path'>) => Promise<string>

// SQLite writes the JSON: a page asks for a hundred files at once, and taking fourteen values of each out of the database
// to write them down again was more than half of the answer.
const SUMMARIES = `SELECT s.slug, group_concat(json_quote(f.id) || ':' || json_object(
    'id', f.id, 'filename', f.filename, 'content_type', coalesce(f.content_type, '${UNKNOWN_TYPE}'), 'size', f.size,
    'width', f.width, 'height', f.height, 'content_hash', f.content_hash, 'source_slug', s.slug,
    'created_at', f.created_at, 'changed_at', f.changed_at, 'missing_since', f.missing_since, 'unreadable', f.unreadable, 'url', ?2 || f.id, 'download_url', ?2 || f.id || '/download',
    'thumbnail_url', ?2 || f.id || '/thumbnail', 'info_url', ?2 || f.id)) AS members
  FROM json_each(?1) AS wanted
  CROSS JOIN datasette_files AS f ON f.id = wanted.value
  CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
  GROUP BY s.slug`

interface OfSource {
  readonly slug: string
  readonly members: string
}

export function createSummaries(database: InternalDatabase, permissions: Permissions): Summaries {
  return async (actor, ids, urls) => {
    const query = CompiledQuery.raw(SUMMARIES, [JSON.stringify(ids), urls.path('/-/files/')])
    const { rows } = await database.read.executeQuery(query as CompiledQuery<OfSource>)
    const allowed = await permissions.among(
      actor,
      'files-browse',
      rows.map(({ slug }) => ({ kind: 'source', parent: slug })),
    )
    const slugs = new Set(allowed.map(({ parent }) => parent))
    return rows.flatMap(({ slug, members }) => (slugs.has(slug) ? [members] : [])).join()
  }
}
