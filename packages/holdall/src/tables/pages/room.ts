import type { WhoMay } from '../../access/who-may.ts'
import type { Config } from '../../config/config.ts'
import type { Registry } from '../../files/registry.ts'
import type { Once } from '../../files/room.ts'
import type { FindDeleted } from '../../files/trash/notes.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Uploads } from '../../uploads/engine.ts'
import type { Crumb, FrameOf } from '../../web/page.ts'
import type { Actor } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import type { TablesRoom } from '../room.ts'
import type { DatabaseSchema } from '../schema.ts'
import type { WriteRoom } from '../write/room.ts'

/** What the pages of tables need of the rooms around them. */
export interface PagesRoom extends TablesRoom, Omit<WriteRoom, 'database' | 'files'> {
  readonly config: Config
  readonly registry: Registry
  readonly findDeleted: FindDeleted
  readonly sources: Pick<Sources, 'list'>
  /** The slugs of the sources that collections keep their datasets in. */
  readonly datasetSources: () => Promise<ReadonlySet<string>>
  /** Where the files go that a form carries without scripts. */
  readonly uploads: Pick<Uploads, 'send'>
  /** What every page of a request has in common. */
  readonly frame: FrameOf
  /** What is said once, on the page that a form leads to. */
  readonly once: Once
  readonly whoMay: WhoMay
  readonly findCollections: FindCollections
}

export interface FoundCollections {
  /** By their labels; not all where there are many. */
  readonly shown: readonly { readonly title: string; readonly note: string; readonly href: string }[]
  readonly total: number
}

/** The collections of datasets that an actor may look at. */
export type FindCollections = (actor: Actor | null) => Promise<FoundCollections>

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
