import { randomUUID } from 'node:crypto'
import { type Fields, readFields } from '../../access/fields.ts'
import type { Storage } from '../../sources/storage.ts'
import type { Uploads } from '../../uploads/engine.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route } from '../../web/route.ts'
import { goTo } from '../back.ts'
import { TYPE_OF } from '../convert/kinds.ts'
import { stemOf } from '../identity.ts'
import { addMember, openBatch } from '../joining/batches.ts'
import { dataPath, partName } from '../joining/paths.ts'
import { DATASET_PATH, type DatasetsRoom, datasetHref, datasetInUse, mayCollection } from '../place.ts'
import type { Dataset, DatasetFile } from '../records.ts'
import { MAX_SHEET_LENGTH, SHEET_API } from './api.ts'
import { toMade } from './made.ts'
import { excelOf, originalPath } from './original.ts'

/** Reading another sheet of the Excel file that a dataset was made of: a new version, of what was sent and is kept. */
export function sheetRoutes(room: DatasetsRoom & { readonly uploads: Uploads }): Route[] {
  const { database, uploads, sources, urls } = room
  return [
    {
      method: 'POST',
      path: `${DATASET_PATH}/-/sheet`,
      need: mayCollection('edit-collection'),
      api: SHEET_API,
      async handler(c) {
        const sheet = sheetIn(await readFields(c))
        const { collection, dataset } = await datasetInUse(room, c)
        const original = originalOf(dataset)
        const source = sources.byId(original.sourceId)
        if (source === undefined) throw new HoldallError('file_missing')
        const { actor } = c.var
        const { filename } = original
        const batch = await openBatch(database, {
          ...{ id: randomUUID(), datasetId: dataset.id, mode: 'replace' as const, files: 1 },
          // Columns of another sheet are other columns: that is what is wanted.
          ...{ isConfirmed: true, by: actor?.id ?? null },
        })
        const { session } = await uploads.copied(source, actor, {
          purpose: 'dataset',
          organizationId: collection.organization,
          collectionId: collection.id,
          file: { filename, declaredType: TYPE_OF.xlsx, declaredSize: original.sizeBytes },
          placeOf({ fileId }, storage) {
            const path = originalPath(collection.organization, dataset.id, fileId, filename)
            const { bucket, key } = storage.address?.(path) ?? { bucket: source.slug, key: path }
            const data = dataPath(collection.organization, dataset.id, batch.version ?? 1, partName(fileId))
            const convert = { from: 'xlsx', path: data, sheet } as const
            const join = { mode: 'replace', dataset: dataset.id, batch: batch.id } as const
            return { path, made: toMade({ s3_bucket: bucket, s3_key: key, convert, join }) }
          },
          copy: (path, storage, signal) => copy(storage, { from: original.path, to: path }, signal),
        })
        await addMember(database, batch.id, session.id)
        if (c.var.format === 'json') {
          return c.json({ ok: true, upload_id: session.id, dataset_id: dataset.id, status: session.status }, 202)
        }
        return goTo(room, c, `${datasetHref(urls, collection, dataset.id)}/-/replace`, `Reading the sheet “${sheet}”`)
      },
    },
  ]
}

function sheetIn({ sheet }: Fields): string {
  if (typeof sheet === 'string' && sheet.trim() !== '' && sheet.length <= MAX_SHEET_LENGTH) return sheet
  const message = 'sheet is required: the name of a sheet.'
  throw new HoldallError('bad_request', {}, { errors: [message], fields: { sheet: message } })
}

/** The Excel file that all of a dataset was made of. @throws HoldallError `dataset_has_no_sheets` */
function originalOf(dataset: Dataset): DatasetFile {
  const original = excelOf(dataset)
  if (original !== undefined) return original
  throw new HoldallError('dataset_has_no_sheets', { name: stemOf(dataset.filename) })
}

/** A second name in a folder, a copy in a bucket; elsewhere its bytes pass through here. @returns bytes */
async function copy(
  storage: Storage,
  { from, to }: { readonly from: string; readonly to: string },
  signal: AbortSignal,
): Promise<number> {
  if (storage.copy !== undefined) await storage.copy(from, to, { signal })
  else await storage.write?.(to, await storage.read(from, { signal }), { signal })
  const stored = await storage.stat(to, { signal })
  if (stored === undefined) throw new HoldallError('file_missing')
  return stored.size
}
