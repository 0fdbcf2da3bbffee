import { type Fields, readFields } from '../../access/fields.ts'
import type { Uploads } from '../../uploads/engine.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { goTo } from '../back.ts'
import { stemOf } from '../identity.ts'
import { DATASET_PATH, type DatasetsRoom, datasetAt, datasetHref, mayCollection } from '../place.ts'
import { goOnWithBatch } from '../uploads/go-on.ts'
import { otherSheet } from '../uploads/other-sheet.ts'
import { addPage } from './add-page.ts'
import { JOINING_API } from './api.ts'
import { type Batch, findBatch } from './batches.ts'
import { historyOf } from './history.ts'
import { takeOutPage } from './take-out-page.ts'
import { takeOut } from './taking-out.ts'
import { additionsOf, makeCurrent } from './versions.ts'
import { waitingFor } from './waiting.ts'

/** Bytes of a list of paths: those of thousands of files. */
const MAX_NAMES_BYTES = 2_000_000

/** Adding files to a dataset, replacing it, taking files out, and going back to a version before. */
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
    const hasFailed = waiting.some(({ files }) => files.some(({ session }) => session.status === 'failed'))
    const { changes } = hasFailed ? await historyOf({ database, uploads }, dataset) : { changes: [] }
    return c.html(await addPage(room, c, { collection, dataset, mode, waiting, changes }))
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

  /** What failed, of an Excel file with another sheet. @throws HoldallError `multipart_not_retryable`, `bad_request` */
  async function tryAgain({ members }: Batch, { upload, sheet }: Fields): Promise<void> {
    const member = members.find(({ uploadId }) => uploadId === upload)
    const session = member && (await uploads.find('dataset', member.uploadId))
    if (session === undefined) throw new HoldallError('batch_gone')
    const other = typeof sheet === 'string' && sheet !== '' ? sheet : undefined
    if ((await uploads.retry(session, otherSheet(session, other))) === undefined) {
      throw new HoldallError('multipart_not_retryable', { status: session.status })
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
        const follows = `${here}/-/${batch.mode === 'append' ? 'add' : 'replace'}`
        if (fields.decision === 'discard') {
          await discard(batch, fields.upload)
          if (c.var.format === 'json') return c.json({ ok: true, batch_id: batch.id })
          return goTo(room, c, follows, typeof fields.upload === 'string' ? 'File discarded' : `${count} discarded`)
        }
        if (fields.decision === 'retry') {
          await tryAgain(batch, fields)
          if (c.var.format === 'json') return c.json({ ok: true, batch_id: batch.id })
          return goTo(room, c, follows, 'Trying again')
        }
        if (fields.decision !== 'add')
          throw new HoldallError('bad_request', { reason: 'decision must be add, discard or retry.' })
        if (!(await goOnWithBatch({ database, uploads }, batch.id, c.var.actor))) throw new HoldallError('batch_gone')
        if (c.var.format === 'json') return c.json({ ok: true, batch_id: batch.id })
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
        const { changes, older } = await historyOf({ database, uploads }, dataset)
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
          additions: additionsOf(dataset.files).map((one) => ({
            files: one.paths,
            row_count: one.rowCount,
            size_bytes: one.sizeBytes,
            added_at: one.addedAt,
            added_by: one.addedBy,
          })),
          history: changes.map(({ after, ...change }) => ({
            ...{ version: change.version, what: change.what, at: change.at, by: change.by },
            ...{
              files: change.came.flatMap(({ path }) => path ?? []),
              file_change: change.files,
              row_change: change.rows,
            },
            ...{ file_count: after.files, row_count: after.rows, size_bytes: after.bytes },
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
        await makeCurrent(database, dataset.id, version, c.var.actor?.id ?? null)
        if (c.var.format === 'json') return c.json({ ok: true, version })
        const files = `${datasetHref(urls, collection, dataset.id)}?tab=files`
        return goTo(room, c, files, `Version ${version} is current`)
      },
    },
    {
      method: 'GET',
      path: `${DATASET_PATH}/-/take-out`,
      need,
      api: JOINING_API.takeOutPage,
      async handler(c) {
        const { collection, dataset } = await liveAt(c)
        const named = [...new Set(c.req.queries('file') ?? [])]
        return c.html(await takeOutPage(room, c, { collection, dataset, named }))
      },
    },
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/take-out`,
      need,
      api: JOINING_API.takeOut,
      async handler(c) {
        const fields = await readFields(c, { lists: ['file'], limit: MAX_NAMES_BYTES })
        const { collection, dataset } = await liveAt(c)
        const by = c.var.actor?.id ?? null
        const { state, taken, rest, version } = await takeOut(database, dataset.id, namesIn(fields), by)
        const rows = taken.reduce((sum, { rowCount }) => sum + rowCount, 0)
        if (c.var.format === 'json') {
          const paths = taken.map(({ path }) => path)
          return c.json({ ok: true, version, row_count: rest.rowCount, taken_out: paths, rows_taken_out: rows })
        }
        const here = datasetHref(urls, collection, dataset.id)
        const undo = { action: `${here}/-/versions`, fields: { version: String(state.version) } }
        const text = `${formatCount(taken.length, 'file')} taken out: version ${version}`
        return goTo(room, c, `${here}?tab=files`, { text, undo })
      },
    },
  ]
}

/** The names of files. @throws HoldallError `bad_request` */
function namesIn({ file }: Fields): string[] {
  const names = [...new Set(Array.isArray(file) ? file : [file])]
  if (names.length > 0 && names.every((name) => typeof name === 'string' && name !== '')) return names as string[]
  const message = 'file is required: the path of a file, or several.'
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { file: message } })
}
