import { readFields } from '../../access/fields.ts'
import type { Registry } from '../../files/registry.ts'
import { foundFile, ID_PATH, mayBrowseFile } from '../../files/room.ts'
import { disposition } from '../../files/serving/disposition.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route } from '../../web/route.ts'
import { REFERENCES_API } from '../api.ts'
import { goTo } from '../back.ts'
import { findCollection } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import {
  collectionResource,
  DATASET_PATH,
  type DatasetsRoom,
  datasetHref,
  datasetInUse,
  mayCollection,
} from '../place.ts'
import type { Probe } from '../uploads/probe.ts'
import { makeDataset } from './make.ts'
import { makePage } from './page.ts'

const PATH = `${ID_PATH}/-/dataset`

export type ReferencesRoom = DatasetsRoom & { readonly registry: Registry; readonly probe: Probe }

/** Making a dataset of a file that a source has, and taking away what a dataset was converted from. */
export function referenceRoutes(room: ReferencesRoom): Route[] {
  const { urls, database, permissions, sources } = room
  const need = mayBrowseFile(room)

  return [
    {
      method: 'GET',
      path: PATH,
      need,
      api: REFERENCES_API.page,
      handler: async (c) => c.html(await makePage(room, c, { file: foundFile(c) })),
    },
    {
      method: 'POST',
      path: PATH,
      need,
      api: REFERENCES_API.make,
      async handler(c) {
        const file = foundFile(c)
        const { organization, collection: id } = await readFields(c)
        if (typeof organization !== 'string' || typeof id !== 'string') {
          throw new HoldallError('bad_request', { reason: 'organization and collection are required, as texts.' })
        }
        const { actor } = c.var
        await permissions.demand(actor, 'edit-collection', collectionResource(organization, id))
        const collection = await findCollection(database, organization, id)
        if (collection === undefined) throw new HoldallError('collection_not_found', { id })
        const by = actor?.id ?? null
        try {
          const made = await makeDataset(room, { file, collection, by }, c.req.raw.signal)
          const href = datasetHref(urls, collection, made.id)
          if (c.var.format === 'json')
            return c.json({ ok: true, dataset_id: made.id, url: href }, made.isNew ? 201 : 200)
          return goTo(room, c, href, made.isNew ? 'Dataset made' : 'There was one already')
        } catch (error) {
          if (c.var.format === 'json' || !(error instanceof HoldallError) || error.status >= 500) throw error
          return c.html(await makePage(room, c, { file, refused: error }), error.status as 400)
        }
      },
    },
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/original`,
      need: mayCollection('query-collection'),
      api: REFERENCES_API.original,
      async handler(c) {
        const { dataset } = await datasetInUse(room, c)
        const originals = dataset.files.filter(({ role }) => role === 'original')
        const path = c.req.query('path')
        const file = path === undefined ? originals[0] : originals.find((one) => one.path === path)
        if (file === undefined) throw new HoldallError('dataset_has_no_original', { name: stemOf(dataset.filename) })
        const headers = {
          'Content-Type': 'application/octet-stream',
          'Content-Length': String(file.sizeBytes),
          'Content-Disposition': disposition('attachment', file.filename),
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-store',
        }
        if (c.req.method === 'HEAD') return new Response(null, { headers })
        const storage = await sources.byId(file.sourceId)?.storage()
        if (storage === undefined) throw new HoldallError('file_missing')
        const stream = await storage.read(file.path, { signal: c.req.raw.signal })
        return new Response(stream, { headers })
      },
    },
  ]
}
