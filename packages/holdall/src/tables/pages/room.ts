import type { WhoMay } from '../../access/who-may.ts'
import type { Config } from '../../config/config.ts'
import type { Registry } from '../../files/registry.ts'
import type { Once } from '../../files/room.ts'
import type { FindDeleted } from '../../files/trash/notes.ts'
import type { Source, Sources } from '../../sources/sources.ts'
import type { Uploads } from '../../uploads/engine.ts'
import type { Crumb, FrameOf } from '../../web/page.ts'
import type { Actor } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import type { TablesRoom } from '../room.ts'
import type { DatabaseSchema } from '../schema.ts'
import type { WriteRoom } from '../write/room.ts'

/** What the pages of tables need of the rooms around them. */
export interface PagesRoom extends TablesRoom, Omit<WriteRoom, 'database' | 'files'> {
  readonly config: Config
  readonly registry: Registry
  readonly findDeleted: FindDeleted
  readonly sources: Pick<Sources, 'list'>
  /** Where the files go that a form carries without scripts. */
  readonly uploads: Pick<Uploads, 'send'>
  /** What every page of a request has in common. */
  readonly frame: FrameOf
  /** What is said once, on the page that a form leads to. */
  readonly once: Once
  readonly whoMay: WhoMay
}

/** `Databases / collection / objects`; the last one is the page itself. */
export function crumbs(
  { urls }: Pick<PagesRoom, 'urls'>,
  ...names: readonly [database?: string, table?: string, ...more: string[]]
): Crumb[] {
  const [database, table] = names
  const trail: Crumb[] = [{ label: 'Databases', href: urls.path('/') }]
  if (database !== undefined) trail.push({ label: database, href: urls.database(database) })
  if (database !== undefined && table !== undefined) trail.push({ label: table, href: urls.table(database, table) })
  for (const label of names.slice(2)) trail.push({ label: label as string })
  const last = trail.pop() as Crumb
  return [...trail, { label: last.label }]
}

/** The sources that an actor may upload to, by slug, in the order in which they are configured. */
export async function uploadableSources(room: PagesRoom, actor: Actor | null): Promise<ReadonlyMap<string, Source>> {
  const writable = room.sources.list().filter(({ capabilities, active }) => active && capabilities.can_upload)
  if (writable.length === 0) return new Map()
  const allowed = await room.permissions.among(
    actor,
    'files-upload',
    writable.map(({ slug }) => ({ kind: 'source', parent: slug })),
  )
  const slugs = new Set(allowed.map(({ parent }) => parent))
  return new Map(writable.filter(({ slug }) => slugs.has(slug)).map((source) => [source.slug, source]))
}

/** Where a new file of a column goes: the source that the column names, else the first that there is. */
export function sourceFor(column: FileColumn, sources: ReadonlyMap<string, Source>): Source | undefined {
  return column.source === undefined ? sources.values().next().value : sources.get(column.source)
}

/** The slugs of the sources whose files an actor may pick from. */
export async function browsableSources(room: PagesRoom, actor: Actor | null): Promise<ReadonlySet<string>> {
  const allowed = await room.permissions.among(
    actor,
    'files-browse',
    room.sources.list().map(({ slug }) => ({ kind: 'source', parent: slug })),
  )
  return new Set(allowed.flatMap(({ parent }) => parent ?? []))
}

/** The schema as it is now, for a page that reads nothing else. */
export async function currentSchema(database: ServedDatabase): Promise<DatabaseSchema> {
  return (await database.read(() => ({ statements: [], options: { short: true } }))).schema
}
