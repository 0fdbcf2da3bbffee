import type { Permissions } from '../access/permissions.ts'
import type { WhoMay } from '../access/who-may.ts'
import { type Source, type Sources, sourceResource } from '../sources/sources.ts'
import type { LeftOpen, LeftOpenAmong } from '../uploads/left-open.ts'
import { HoldallError } from '../web/error.ts'
import type { Html } from '../web/html.ts'
import type { FrameOf, Said } from '../web/page.ts'
import { type Actor, INSTANCE, type Need, type RouteContext } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import type { BesideFile } from './beside.ts'
import type { FindRows } from './found-rows.ts'
import type { Moves } from './moves/moves.ts'
import type { FindPlaces } from './places.ts'
import type { Previews } from './previews/previews.ts'
import type { FileRecord } from './record.ts'
import type { CountDatasets, FindDatasets, FindManyUses, FindUsed, FindUses } from './references.ts'
import type { Registry } from './registry.ts'
import type { Sync } from './sync/sync.ts'
import type { Thumbnails } from './thumbnails/thumbnails.ts'
import type { FindDeleted } from './trash/notes.ts'
import type { Trash } from './trash/trash.ts'

/** What is said once, on the page that a form leads to. */
export interface Once {
  write(c: RouteContext, path: string, flash: { said?: string | Said }): void
  take(c: RouteContext, path: string): { said?: string | Said }
}

/** What the routes and pages of files work with. */
export interface FilesRoom {
  readonly registry: Registry
  readonly sources: Sources
  readonly permissions: Permissions
  readonly thumbnails: Thumbnails
  readonly previews: Previews
  readonly trash: Trash
  readonly findDeleted: FindDeleted
  readonly sync: Sync
  readonly moves: Moves
  readonly urls: Urls
  readonly frame: FrameOf
  readonly findUses: FindUses
  readonly findUsed: FindUsed
  readonly findManyUses: FindManyUses
  readonly besideFile?: BesideFile
  readonly findPlaces?: FindPlaces
  readonly findRows?: FindRows
  readonly findDatasets?: FindDatasets
  readonly countDatasets?: CountDatasets
  /** What an actor has begun to upload to a source, and can go on with. */
  readonly findLeftOpen?: (source: Source, actor: Actor | null) => Promise<LeftOpen>
  readonly findLeftOpenAmong?: (sources: readonly Source[], actor: Actor | null) => Promise<LeftOpenAmong>
  readonly whoMay?: WhoMay
  readonly once?: Once
}

export const ID_PATH = '/-/files/:id{df-[a-z0-9]+}'

function notFound(c: RouteContext): HoldallError {
  return new HoldallError('file_not_found', { id: c.req.param('id') ?? '' })
}

/** For what needs no more than browsing. To whoever may not, the file does not exist. */
export function mayBrowseFile({ registry }: Pick<FilesRoom, 'registry'>): Need {
  return {
    kind: 'permission',
    action: 'files-browse',
    async on(c) {
      const file = await registry.byId(c.req.param('id') ?? '')
      if (file === undefined) throw notFound(c)
      c.set('found', file)
      return sourceResource(file.sourceSlug)
    },
    hidden: notFound,
  }
}

/** For changing a file: who may not even browse it learns nothing, others are told what they lack. */
export function mayEditFile({ registry }: FilesRoom): Need {
  return {
    kind: 'permission',
    action: 'files-edit',
    async on(c) {
      const file = (await registry.visible(c.var.actor, [c.req.param('id') ?? ''])).values().next().value
      if (file === undefined) throw notFound(c)
      c.set('found', file)
      return fileResource(file)
    },
  }
}

export function fileResource(file: FileRecord) {
  return { kind: 'file', parent: file.sourceSlug, child: file.id } as const
}

export function foundFile(c: RouteContext): FileRecord {
  return c.var.found as FileRecord
}

/** Asked before it is said whether there is such a source. */
export function maySource(action: 'files-browse' | 'files-upload'): Need {
  return { kind: 'permission', action, on: (c) => sourceResource(c.req.param('source') ?? '') }
}

/** For what is about all sources: whoever may browse one of them. */
export function mayBrowseAny(room: FilesRoom): Need {
  return {
    kind: 'permission',
    action: 'files-browse',
    async on(c) {
      const [first] = await sourcesFor(room, c.var.actor, 'files-browse')
      return first === undefined ? INSTANCE : sourceResource(first.slug)
    },
  }
}

/** The sources that an actor may do something to, by slug. */
export async function sourcesFor(
  { sources, permissions }: FilesRoom,
  actor: Actor | null,
  action: 'files-browse' | 'files-upload' | 'files-delete',
): Promise<Source[]> {
  const all = sources.list()
  const allowed = await permissions.among(
    actor,
    action,
    all.map(({ slug }) => sourceResource(slug)),
  )
  const slugs = new Set(allowed.map(({ parent }) => parent))
  return all.filter(({ slug }) => slugs.has(slug))
}

export async function sendPage(c: RouteContext, page: Html | Promise<Html>): Promise<Response> {
  return c.html(await page)
}
