import { type Fields, readFields } from '../../access/fields.ts'
import type { Uploads } from '../../uploads/engine.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { goTo } from '../back.ts'
import { stemOf } from '../identity.ts'
import { DATASET_PATH, type DatasetsRoom, datasetAt, datasetHref, mayCollection } from '../place.ts'
import { goOnWithBatch } from '../uploads/go-on.ts'
import { addPage } from './add-page.ts'
import { JOINING_API } from './api.ts'
import { type Batch, findBatch } from './batches.ts'
import { makeCurrent, olderVersions } from './versions.ts'
import { waitingFor } from './waiting.ts'

/** Adding files to a dataset, replacing it, and going back to a version before. */
export function joiningRoutes(room: DatasetsRoom & { readonly uploads: Uploads }): Route[] {
  const { urls, database, uploads } = room
  const need = mayCollection('edit-collection')

  /** @throws HoldallError `dataset_in_trash` */
  async function liveAt(c: RouteContext) {
    const found = await datasetAt(room, c)
    if (found.dataset.deletionRequestedAt !== null) throw new HoldallError('dataset_in_trash')
    return found
  }

  async function page(c: RouteContext, mode: Batch['mode']): Promise<Response> {
    const { collection, dataset } = await liveAt(c)
    const waiting = await waitingFor({ database, uploads }, dataset.id)
    return c.html(await addPage(room, c, { collection, dataset, mode, waiting }))
  }

  async function batchIn(datasetId: string, { batch: id }: Fields): Promise<Batch> {
    const batch = typeof id === 'string' ? await findBatch(database.read, id) : undefined
    if (batch?.datasetId !== datasetId) throw new HoldallError('batch_gone')
    return batch
  }

  /** Of one that is part of the dataset already, nothing is taken back. */
  async function discard({ members }: Batch, only: unknown): Promise<void> {
    for (const { uploadId } of members) {
      if (typeof only === 'string' && only !== '' && only !== uploadId) continue
      const session = await uploads.find('dataset', uploadId)
      if (session !== undefined) await uploads.abort(session)
    }
  }

  return [
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/add`,
      need,
      api: JOINING_API.addPage,
      handler: (c) => page(c, 'append'),
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/add`,
      need,
      api: JOINING_API.decide,
      async handler(c) {
        const fields = await readFields(c)
        const { collection, dataset } = await liveAt(c)
        const batch = await batchIn(dataset.id, fields)
        const count = formatCount(batch.members.length, 'file')
        const here = datasetHref(urls, collection, dataset.id)
        if (fields.decision === 'discard') {
          await discard(batch, fields.upload)
          if (c.var.format === 'json') return c.json({ ok: true, batch_id: batch.id })
          return goTo(
            room,
            c,
            `${here}/-/add`,
            typeof fields.upload === 'string' ? 'File discarded' : `${count} discarded`,
          )
        }
        if (fields.decision !== 'add')
          throw new HoldallError('bad_request', { reason: 'decision must be add or discard.' })
        if (!(await goOnWithBatch({ database, uploads }, batch.id, c.var.actor))) throw new HoldallError('batch_gone')
        if (c.var.format === 'json') return c.json({ ok: true, batch_id: batch.id })
        const follows = `${here}/-/${batch.mode === 'append' ? 'add' : 'replace'}`
        return goTo(room, c, follows, `${count} on the way into ${stemOf(dataset.filename)}`)
      },
    },
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/replace`,
      need,
      api: JOINING_API.replacePage,
      handler: (c) => page(c, 'replace'),
    },
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/versions`,
      need: mayCollection('view-collection'),
      api: JOINING_API.versions,
      format: 'json',
      async handler(c) {
        const { dataset } = await liveAt(c)
        const older = await olderVersions(database, dataset)
        return c.json({
          ok: true,
          version: dataset.version,
          older: older.map((one) => ({
            version: one.version,
            file_count: one.fileCount,
            row_count: one.rowCount,
            size_bytes: one.sizeBytes,
            added_at: one.addedAt,
            kept_until: one.keptUntil,
          })),
        })
      },
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/versions`,
      need,
      api: JOINING_API.makeCurrent,
      async handler(c) {
        const { version: asked } = await readFields(c)
        const { collection, dataset } = await liveAt(c)
        const version = /^\d{1,9}$/.test(String(asked)) ? Number(asked) : 0
        if (version < 1) throw new HoldallError('bad_request', { reason: 'version must be a whole number, 1 or more.' })
        await makeCurrent(database, dataset.id, version)
        if (c.var.format === 'json') return c.json({ ok: true, version })
        const files = `${datasetHref(urls, collection, dataset.id)}?tab=files`
        return goTo(room, c, files, `Version ${version} is the present one`)
      },
    },
  ]
}
