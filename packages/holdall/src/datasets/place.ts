import type { Permissions } from '../access/permissions.ts'
import type { Config } from '../config/config.ts'
import type { InternalDatabase } from '../database/internal.ts'
import type { Once } from '../files/room.ts'
import type { Sources } from '../sources/sources.ts'
import { HoldallError } from '../web/error.ts'
import type { FrameOf } from '../web/page.ts'
import { INSTANCE, type Need, type Resource, type RouteContext } from '../web/route.ts'
import type { Urls } from '../web/url.ts'
import { type Collection, findCollection } from './collections/rows.ts'
import { type Dataset, findDataset } from './records.ts'

/** What the routes and pages of this room work with. */
export interface DatasetsRoom {
  readonly database: InternalDatabase
  readonly config: Pick<Config, 'file' | 'catalogs'>
  readonly sources: Sources
  readonly permissions: Permissions
  readonly urls: Urls
  readonly frame: FrameOf
  readonly once: Once
  /** Scheme, host and port as the client wrote them, for commands that people copy. */
  readonly origin: (c: RouteContext) => string
}

export const DATASETS_PATH = '/-/datasets'
export const COLLECTION_PATH = '/-/datasets/:organization/:collection'
export const DATASET_PATH = `${COLLECTION_PATH}/:dataset{[0-9a-fA-F-]+}`
/** Where a collection itself is changed. */
export const MANAGED_PATH = '/-/collections/:organization/:collection'

/** The resource that `view-collection`, `edit-collection` and `query-collection` are asked for. */
export function collectionResource(organization: string, id: string): Resource {
  return { kind: 'collection', parent: id, child: organization.toLowerCase() }
}

/** Asked before it is said whether there is such a collection. */
export function mayCollection(action: 'view-collection' | 'edit-collection' | 'query-collection'): Need {
  return { kind: 'permission', action, on: (c) => collectionResource(organizationOf(c), collectionIdOf(c)) }
}

export const MAY_MANAGE: Need = { kind: 'permission', action: 'manage-collections', on: () => INSTANCE }

/** The collection of an address. @throws HoldallError `collection_not_found` */
export async function collectionAt({ database }: Pick<DatasetsRoom, 'database'>, c: RouteContext): Promise<Collection> {
  const collection = await findCollection(database, organizationOf(c), collectionIdOf(c))
  if (collection === undefined) throw new HoldallError('collection_not_found', { id: collectionIdOf(c) })
  return collection
}

/** The dataset of an address, with its collection; in the trash or not. @throws HoldallError `dataset_not_found` */
export async function datasetAt(
  room: Pick<DatasetsRoom, 'database'>,
  c: RouteContext,
): Promise<{ collection: Collection; dataset: Dataset }> {
  const collection = await collectionAt(room, c)
  const id = c.req.param('dataset') ?? ''
  const dataset = await findDataset(room.database, collection.seq, id)
  if (dataset === undefined) throw new HoldallError('dataset_not_found', { id })
  return { collection, dataset }
}

/** The same; one in the trash is not found. @throws HoldallError `dataset_not_found` */
export async function datasetInUse(room: Pick<DatasetsRoom, 'database'>, c: RouteContext) {
  const found = await datasetAt(room, c)
  if (found.dataset.deletionRequestedAt !== null) throw new HoldallError('dataset_not_found', { id: found.dataset.id })
  return found
}

function organizationOf(c: RouteContext): string {
  return c.req.param('organization') ?? ''
}

function collectionIdOf(c: RouteContext): string {
  return c.req.param('collection') ?? ''
}

type Named = Pick<Collection, 'organization' | 'id'>

export function collectionHref(
  urls: Urls,
  { organization, id }: Named,
  parameters: Parameters<Urls['path']>[1] = {},
): string {
  return urls.path(`${DATASETS_PATH}/${organization}/${encodeURIComponent(id)}`, parameters)
}

export function managedHref(urls: Urls, { organization, id }: Named, what: 'update' | 'delete' | 'restore'): string {
  return urls.path(`/-/collections/${organization}/${encodeURIComponent(id)}/${what}`)
}

export function datasetHref(
  urls: Urls,
  { organization, id }: Named,
  datasetId: string,
  parameters: Parameters<Urls['path']>[1] = {},
): string {
  return urls.path(`${DATASETS_PATH}/${organization}/${encodeURIComponent(id)}/${datasetId}`, parameters)
}
