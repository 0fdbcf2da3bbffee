import { readFields } from '../../access/fields.ts'
import { HoldallError } from '../../web/error.ts'
import type { Need, Route, RouteContext } from '../../web/route.ts'
import { DATASETS_API } from '../api.ts'
import { goTo } from '../back.ts'
import { stemOf } from '../identity.ts'
import { wholeDatasetJson } from '../json.ts'
import { collectionHref, collectionResource, DATASET_PATH, datasetAt, datasetHref, mayCollection } from '../place.ts'
import { findDataset, restoreDataset, trashDataset } from '../records.ts'
import { withoutBounds, withoutValues } from '../statistics/statistics.ts'
import { type DatasetPagesRoom, datasetPage, mayAsk } from './dataset-page.ts'

/** One dataset: looking at it, deleting it, putting it back. */
export function datasetRoutes(room: DatasetPagesRoom): Route[] {
  const { urls, database } = room
  const edit: Need = mayCollection('edit-collection')

  async function answer(c: RouteContext, collection: { readonly seq: number }, id: string): Promise<Response> {
    const now = await findDataset(database, collection.seq, id)
    return c.json({ ok: true, id, deletion_requested_at: now?.deletionRequestedAt ?? null })
  }

  return [
    {
      method: 'GET',
      path: DATASET_PATH,
      json: true,
      need: mayCollection('view-collection'),
      api: DATASETS_API.show,
      async handler(c) {
        const { collection, dataset } = await datasetAt(room, c)
        if (dataset.deletionRequestedAt !== null) {
          // What is in the trash is there for those who may take it out.
          const resource = collectionResource(collection.organization, collection.id)
          const edits = await room.permissions.allowed(c.var.actor, 'edit-collection', resource)
          if (!edits) throw new HoldallError('dataset_not_found', { id: dataset.id })
        }
        if (c.var.format !== 'json') return await datasetPage(room, c, collection, dataset)
        const asks = await mayAsk(room, c, collection, dataset)
        const known = await room.statistics.of(dataset)
        const hidden = { ...dataset, columns: withoutBounds(dataset.columns) }
        return c.json({
          ok: true,
          dataset: asks ? wholeDatasetJson(dataset, known) : wholeDatasetJson(hidden, withoutValues(known)),
        })
      },
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/delete`,
      need: edit,
      api: DATASETS_API.remove,
      async handler(c) {
        await readFields(c)
        const { collection, dataset } = await datasetAt(room, c)
        await trashDataset(database, dataset.id, c.var.actor?.id ?? null)
        if (c.var.format === 'json') return await answer(c, collection, dataset.id)
        const undo = { action: `${datasetHref(urls, collection, dataset.id)}/-/restore`, fields: {} }
        const text = `${stemOf(dataset.filename)} moved to trash`
        return goTo(room, c, collectionHref(urls, collection), { text, undo })
      },
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/restore`,
      need: edit,
      api: DATASETS_API.restore,
      async handler(c) {
        await readFields(c)
        const { collection, dataset } = await datasetAt(room, c)
        const isBack = await restoreDataset(database, dataset.id, c.var.actor?.id ?? null)
        const isCondemned = !isBack && (await findDataset(database, collection.seq, dataset.id))?.purgingAt !== null
        if (isCondemned) throw new HoldallError('dataset_objects_gone')
        if (c.var.format === 'json') return await answer(c, collection, dataset.id)
        return goTo(room, c, datasetHref(urls, collection, dataset.id), `${stemOf(dataset.filename)} restored`)
      },
    },
  ]
}
