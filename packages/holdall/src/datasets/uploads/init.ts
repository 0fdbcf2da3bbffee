import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Sources } from '../../sources/sources.ts'
import { incoming } from '../../uploads/claim.ts'
import type { Uploads } from '../../uploads/engine.ts'
import { readJson } from '../../uploads/json.ts'
import { LONG_URL_LIFE_S } from '../../uploads/limits.ts'
import type { AddressedPart } from '../../uploads/parts.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { requireCatalog } from '../collections/catalog.ts'
import type { Collection } from '../collections/rows.ts'
import { kindOf, TYPE_OF } from '../convert/kinds.ts'
import { datasetIdOf } from '../identity.ts'
import { addMember, openBatch } from '../joining/batches.ts'
import { dataPath, partName, waitingPath } from '../joining/paths.ts'
import { collectionAt } from '../place.ts'
import { findDataset } from '../records.ts'
import { INIT_BODY } from './api.ts'
import { MAX_OPEN_UPLOADS, PARQUET_TYPE } from './limits.ts'
import { datasetOf, madeOf, toMade } from './made.ts'
import { originalPath } from './original.ts'
import { badField, NO_SHEETS } from './other-sheet.ts'
import { sourceOf, sourceOfDataset } from './source.ts'

interface InitOptions {
  readonly uploads: Uploads
  readonly sources: Sources
  readonly database: InternalDatabase
  /** Uploads that a collection has open at once. @default MAX_OPEN_UPLOADS */
  readonly maxOpen?: number
  /** Where parts of an upload are sent to. */
  readonly sign: (
    c: RouteContext,
    session: UploadSession,
    asked: Parameters<Uploads['parts']['targets']>[1],
  ) => Promise<AddressedPart[]>
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Begins an upload: what becomes of it, where it lies, and where its first parts go. */
export function createInit(options: InitOptions): Route['handler'] {
  const { uploads, sources, database, maxOpen = MAX_OPEN_UPLOADS, sign } = options

  /** The dataset that a file is sent to, and what it comes with; undefined for one that becomes a dataset itself. */
  async function joinIn(c: RouteContext, collection: Collection, body: z.infer<typeof INIT_BODY>) {
    const { mode, dataset_id: id, batch, confirm } = body
    if (mode === undefined || mode === null || mode === 'create') {
      if (id == null) return undefined
      throw badField('mode', 'mode must be append or replace with a dataset_id')
    }
    if (id == null) throw badField('dataset_id', `dataset_id is required: the dataset to ${mode}`)
    const dataset = await findDataset(database, collection.seq, id)
    if (dataset === undefined) throw new HoldallError('dataset_not_found', { id })
    if (dataset.deletionRequestedAt !== null) throw new HoldallError('dataset_in_trash')
    return {
      source: sourceOfDataset(sources, dataset, collection),
      batch: {
        id: batch?.id ?? randomUUID(),
        datasetId: dataset.id,
        mode,
        files: batch?.files ?? 1,
        isConfirmed: confirm === true,
        by: c.var.actor?.id ?? null,
      },
    }
  }

  async function checkRoom(organizationId: string, collectionId: string): Promise<void> {
    let open = 0
    for (let before: string | null | undefined; before !== null && open < maxOpen; ) {
      const page = await uploads.ofCollection({
        organizationId,
        collectionId,
        statuses: ['initiated', 'completing'],
        limit: maxOpen,
        before,
      })
      open += page.sessions.length
      before = page.next
    }
    if (open >= maxOpen) throw new HoldallError('too_many_open_uploads', { id: collectionId, limit: maxOpen })
  }

  return async (c) => {
    const organizationId = organizationIn(c)
    const collection = await collectionAt({ database }, c)
    const body = await readJson(c, INIT_BODY)
    requireCatalog(collection)
    const sent = incoming(body.filename, body.content_type ?? undefined, undefined)
    const { filename } = sent
    const kind = kindOf(filename, sent.declaredType)
    const declaredType = sent.declaredType ?? (kind === undefined ? PARQUET_TYPE : TYPE_OF[kind])
    if (body.sheet != null && kind !== 'xlsx') throw badField('sheet', NO_SHEETS)
    const joining = await joinIn(c, collection, body)
    await checkRoom(organizationId, collection.id)
    const source = joining?.source ?? sourceOf(sources, collection)
    const batch = joining && (await openBatch(database, joining.batch))
    const session = await uploads.planFor(source, c.var.actor, {
      purpose: 'dataset',
      organizationId,
      collectionId: collection.id,
      file: { filename, declaredType, declaredSize: body.total_size },
      partSize: body.part_size ?? undefined,
      placeOf({ id, fileId }, storage) {
        const name = partName(fileId)
        const dataset = joining?.batch.datasetId ?? datasetIdOf(id)
        const path =
          joining?.batch.mode === 'append'
            ? waitingPath(organizationId, dataset, id, name)
            : dataPath(organizationId, dataset, batch?.version ?? 1, name)
        const sentTo = kind === undefined ? path : originalPath(organizationId, dataset, fileId, filename)
        const { bucket, key } = storage.address?.(sentTo) ?? { bucket: source.slug, key: sentTo }
        const convert = kind && { from: kind, path, ...(body.sheet != null && { sheet: body.sheet }) }
        const join = joining && { mode: joining.batch.mode, dataset, batch: joining.batch.id }
        const made = toMade({ s3_bucket: bucket, s3_key: key, ...(convert && { convert }), ...(join && { join }) })
        return { path: sentTo, made }
      },
    })
    if (joining !== undefined) await addMember(database, joining.batch.id, session.id)
    const plan = session.plan as NonNullable<UploadSession['plan']>
    const count = Math.min(body.part_urls ?? plan.partCount, plan.partCount)
    const numbers = Array.from({ length: count }, (_, at) => at + 1)
    try {
      const addressed = await sign(c, session, { numbers, checksums: {}, expiresIn: LONG_URL_LIFE_S })
      return c.json({
        ok: true,
        upload_id: session.id,
        dataset_id: datasetOf(session),
        batch_id: madeOf(session).join?.batch ?? null,
        s3_bucket: madeOf(session).s3_bucket,
        s3_key: madeOf(session).s3_key,
        part_size: plan.partSize,
        part_count: plan.partCount,
        total_size: plan.size,
        checksum: await uploads.parts.checksum(session),
        expires_in: Math.min(LONG_URL_LIFE_S, ...addressed.map(({ expiresIn }) => expiresIn)),
        part_urls: addressed.map(partUrlJson),
      })
    } catch (error) {
      // Nobody will ever hear of it.
      await uploads.abort(session).catch(() => {})
      throw error
    }
  }
}

/** In lower case. @throws HoldallError `organization_id_invalid` */
export function organizationIn(c: RouteContext): string {
  const asked = c.req.param('organization') ?? ''
  if (!UUID.test(asked)) throw new HoldallError('organization_id_invalid')
  return asked.toLowerCase()
}

export function partUrlJson({ number, url, headers, expiresIn }: AddressedPart) {
  return { part_number: number, url, headers, expires_in: expiresIn }
}
