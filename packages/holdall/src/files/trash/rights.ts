import { sourceResource } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import { type Actor, INSTANCE, type Need, type Resource, type RouteContext } from '../../web/route.ts'
import type { FileRecord } from '../record.ts'
import { type FilesRoom, fileResource, sourcesFor } from '../room.ts'
import type { Scope } from './list.ts'

/** The file of an address, whether it is in the registry or in the trash. Who may not even browse it learns nothing. */
async function knownFile({ registry, trash, permissions }: FilesRoom, actor: Actor | null, id: string) {
  const file = (await registry.visible(actor, [id])).get(id)
  if (file !== undefined) return file
  const trashed = await trash.byId(id)
  if (trashed === undefined) return undefined
  return (await permissions.allowed(actor, 'files-delete', fileResource(trashed))) ? trashed : undefined
}

/** For deleting a file and for restoring it. Deleted files exist only for who may delete them. */
export function mayDeleteFile(room: FilesRoom): Need {
  return {
    kind: 'permission',
    action: 'files-delete',
    async on(c) {
      const id = c.req.param('id') ?? ''
      const file = await knownFile(room, c.var.actor, id)
      if (file === undefined) throw new HoldallError('file_not_found', { id })
      c.set('found', file)
      return fileResource(file)
    },
  }
}

/** As `mayBrowseFile`, but who may delete a file sees it in the trash as well. */
export function mayBrowseEvenTrashed(room: FilesRoom): Need {
  const notFound = (c: RouteContext) => new HoldallError('file_not_found', { id: c.req.param('id') ?? '' })
  return {
    kind: 'permission',
    action: 'files-browse',
    async on(c) {
      const file = await knownFile(room, c.var.actor, c.req.param('id') ?? '')
      if (file === undefined) throw notFound(c)
      c.set('found', file)
      return sourceResource(file.sourceSlug)
    },
    hidden: notFound,
  }
}

/** The files that an actor may delete. */
export async function deletableBy(room: FilesRoom, actor: Actor | null): Promise<Scope> {
  const whole = new Set((await sourcesFor(room, actor, 'files-delete')).map(({ id }) => id))
  if (actor === null) return { sources: [...whole], own: null }
  const own = (await room.trash.ownBySource(actor.id)).filter(({ sourceId }) => !whole.has(sourceId))
  // What holds for one file of the actor's in a source holds for all of them there.
  const allowed = await room.permissions.among(
    actor,
    'files-delete',
    own.map(({ slug, id }): Resource => ({ kind: 'file', parent: slug, child: id })),
  )
  const ids = new Set(allowed.map(({ child }) => child))
  const sources = own.filter(({ id }) => ids.has(id)).map(({ sourceId }) => sourceId)
  return { sources: [...whole], own: { actorId: actor.id, sources } }
}

/** For what is about deleted files of all sources: whoever may delete in one of them, or has own ones there. */
export function mayDeleteAny(room: FilesRoom): Need {
  return {
    kind: 'permission',
    action: 'files-delete',
    async on(c) {
      const { actor } = c.var
      const [first] = await sourcesFor(room, actor, 'files-delete')
      if (first !== undefined) return sourceResource(first.slug)
      const own = actor === null ? [] : await room.trash.ownBySource(actor.id)
      const [allowed] = await room.permissions.among(
        actor,
        'files-delete',
        own.map(({ slug, id }): Resource => ({ kind: 'file', parent: slug, child: id })),
      )
      return allowed ?? INSTANCE
    },
  }
}

/**
 * Finds files by their ids, when the actor may delete all of them.
 *
 * @throws HoldallError `file_not_found`, `sign_in_required` or `permission_denied` with a message for each that is
 * refused, and `refused` among its values; the actor learns nothing of files that it may not browse
 */
export async function findDeletable(
  { registry, trash, permissions }: FilesRoom,
  actor: Actor | null,
  ids: readonly string[],
): Promise<{ live: Map<string, FileRecord>; trashed: Awaited<ReturnType<FilesRoom['trash']['byIds']>> }> {
  const live = await registry.visible(actor, ids)
  const trashed = await trash.byIds(ids.filter((id) => !live.has(id)))
  const found = [...live.values(), ...trashed.values()]
  const allowed = new Set(
    (await permissions.among(actor, 'files-delete', found.map(fileResource))).map(({ child }) => child),
  )
  const refused: { id: string; code: 'file_not_found' | 'permission_denied' | 'sign_in_required'; error: string }[] = []
  for (const id of ids) {
    if (allowed.has(id)) continue
    const file = live.get(id)
    const error =
      file === undefined
        ? new HoldallError('file_not_found', { id })
        : actor === null
          ? new HoldallError('sign_in_required', { action: 'files-delete' })
          : new HoldallError('permission_denied', { action: 'files-delete', resource: `${file.sourceSlug}/${id}` })
    refused.push({ id, code: error.code as (typeof refused)[number]['code'], error: error.message })
  }
  const [first] = refused
  if (first === undefined) return { live, trashed }
  // What one may not do is said before what is not there: the first can be put right.
  const { code } = refused.find((one) => one.code !== 'file_not_found') ?? first
  throw new HoldallError(
    code,
    { action: 'files-delete', resource: 'these files', place: 'these files', id: first.id, refused },
    {
      errors: [...new Set(refused.map(({ error }) => error))],
      headers: code === 'sign_in_required' ? { 'WWW-Authenticate': 'Bearer realm="Holdall"' } : {},
    },
  )
}
