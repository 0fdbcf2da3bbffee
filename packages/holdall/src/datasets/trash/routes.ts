import { readFields } from '../../access/fields.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { DATASET_TRASH_API } from '../api.ts'
import { goTo } from '../back.ts'
import { stemOf } from '../identity.ts'
import type { DatasetsRoom } from '../place.ts'
import { COLLECTION_PATH, collectionAt, collectionHref, DATASET_PATH, datasetAt, mayCollection } from '../place.ts'
import { type Dataset, findDataset } from '../records.ts'
import { purgePage } from './purge-page.ts'
import { readUntil, restorableIn } from './restorable.ts'
import type { DatasetTrash } from './trash.ts'

/** So many are named in the question; of more, the number is said. */
const NAMED = 10

/** Deleting for good what is in the trash of a collection, one dataset or all of them. */
export function datasetTrashRoutes(room: DatasetsRoom, trash: DatasetTrash): Route[] {
  const { urls, database } = room
  const need = mayCollection('edit-collection')

  /** @throws HoldallError `not_in_trash`: what may still be used is never purged by one press */
  async function trashedAt(c: RouteContext) {
    const found = await datasetAt(room, c)
    const { deletionRequestedAt, filename } = found.dataset
    if (deletionRequestedAt === null) throw new HoldallError('not_in_trash', { filename: stemOf(filename) })
    return found
  }

  return [
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/purge`,
      need,
      api: DATASET_TRASH_API.purgePage,
      async handler(c) {
        const { collection, dataset } = await trashedAt(c)
        if (dataset.purgingAt !== null) throw new HoldallError('dataset_objects_gone')
        const action = `${collectionHref(urls, collection)}/${dataset.id}/-/purge`
        const { sizeBytes } = dataset
        return c.html(await purgePage(room, c, { collection, datasets: [dataset], count: 1, sizeBytes, action }))
      },
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/purge`,
      need,
      api: DATASET_TRASH_API.purge,
      async handler(c) {
        await readFields(c)
        const { collection, dataset } = await trashedAt(c)
        if (dataset.purgingAt === null) await trash.purge([dataset.id])
        const now = await findDataset(database, collection.seq, dataset.id)
        if (c.var.format === 'json') return c.json({ ok: true, ...factsOf(now ?? dataset) })
        const href = `${collectionHref(urls, collection)}/-/trash`
        return goTo(room, c, href, `${stemOf(dataset.filename)} deleted for good`)
      },
    },
    {
      method: 'GET',
      path: `${COLLECTION_PATH}/-/trash/purge`,
      need,
      api: DATASET_TRASH_API.emptyPage,
      async handler(c) {
        const collection = await collectionAt(room, c)
        const until = new Date().toISOString()
        const datasets = await restorableIn(database, collection.seq, until)
        const action = `${collectionHref(urls, collection)}/-/trash/purge`
        if (datasets.length === 0) return c.redirect(`${collectionHref(urls, collection)}/-/trash`, 303)
        return c.html(
          await purgePage(room, c, {
            collection,
            datasets: datasets.slice(0, NAMED),
            count: datasets.length,
            sizeBytes: datasets.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
            action,
            fields: { until },
          }),
        )
      },
    },
    {
      method: 'POST',
      path: `${COLLECTION_PATH}/-/trash/purge`,
      need,
      api: DATASET_TRASH_API.empty,
      async handler(c) {
        const until = readUntil((await readFields(c)).until)
        const collection = await collectionAt(room, c)
        const ids = (await restorableIn(database, collection.seq, until)).map(({ id }) => id)
        if (ids.length > 0) await trash.purge(ids)
        if (c.var.format === 'json') return c.json({ ok: true, purged: ids })
        const href = `${collectionHref(urls, collection)}/-/trash`
        return goTo(room, c, href, `${formatCount(ids.length, 'dataset')} deleted for good`)
      },
    },
  ]
}

function factsOf({ id, deletionRequestedAt, deletedAt }: Dataset) {
  return { id, deletion_requested_at: deletionRequestedAt, deleted_at: deletedAt }
}
