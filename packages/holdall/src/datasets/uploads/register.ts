import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Sources } from '../../sources/sources.ts'
import { CannotFinish, type PurposeStep } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { ended } from '../../uploads/steps.ts'
import { HoldallError } from '../../web/error.ts'
import { addDataset } from '../adding.ts'
import { requireCatalog } from '../collections/catalog.ts'
import { findCollection } from '../collections/rows.ts'
import type { ParquetLimits } from '../footer/limits.ts'
import { datasetIdOf } from '../identity.ts'
import { findDataset } from '../records.ts'
import { createJoin } from './join.ts'
import { madeOf, toMade } from './made.ts'
import { nameOf } from './name.ts'
import { footerOf, uploadedObject } from './object.ts'
import { originalOf, sourceTypeOf } from './original.ts'

export interface RegisterOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly limits?: ParquetLimits
  readonly before?: BeforeIo | undefined
  readonly now?: () => number
}

/** What somebody has to change before a retry can end better. */
const REFUSALS: ReadonlySet<string> = new Set(['collection_gone', 'catalog_unavailable'])

/** Enters the dataset in its collection: one insert, or the sight of what an earlier run has inserted. */
export function createRegister(options: RegisterOptions): PurposeStep['run'] {
  const { database, sources, limits, before = () => {}, now = Date.now } = options

  async function collectionOf({ organizationId, collectionId }: UploadSession) {
    const collection = await findCollection(database, organizationId ?? '', collectionId ?? '')
    if (collection === undefined) throw new HoldallError('collection_gone')
    return collection
  }

  const joined = createJoin(options)

  async function register(session: UploadSession, signal: AbortSignal) {
    const collection = await collectionOf(session)
    requireCatalog(collection)
    const { join } = madeOf(session)
    if (join !== undefined) {
      await joined(session, join, signal)
      return await namesOf(collection.seq, join.dataset)
    }
    const object = await uploadedObject(sources, session, signal)
    if (object.version !== madeOf(session).object_version) {
      throw new CannotFinish('The object is no longer the one whose schema was inferred.')
    }
    // The row has room for a part of the schema only, and may have been written by a process that is no more.
    const { columns, rowGroups, rowCount } = await footerOf(object, limits, signal)
    const id = datasetIdOf(session.id)
    const { filename, sourceId } = session
    const { conversion } = madeOf(session)
    const name = await nameOf(database, session, collection.seq)
    signal.throwIfAborted()
    before('database: add dataset')
    await addDataset(database, {
      id,
      collection: collection.seq,
      sourceType: sourceTypeOf(session),
      warnings: conversion?.warnings ?? [],
      uploadId: session.id,
      filename: name,
      columns,
      rowGroups,
      rowCount,
      sizeBytes: object.size,
      stepsLog: ended(session.steps, 'register', new Date(now())),
      uploadedBy: session.actorId,
      files: [
        {
          role: 'data',
          sourceId,
          path: object.path,
          filename,
          sizeBytes: object.size,
          rowCount,
          etag: object.etag,
          contentHash: null,
        },
        ...originalOf(session),
      ],
    })
    return await namesOf(collection.seq, id)
  }

  async function namesOf(collection: number, id: string) {
    const dataset = await findDataset(database, collection, id)
    if (dataset === undefined) throw new Error('The dataset is not there after it was added')
    const made = toMade({
      table_name: dataset.tableName,
      glue_table_name: dataset.catalogTable,
      glue_database_name: dataset.catalogDatabase,
    })
    return { made }
  }

  return async (session, signal) => {
    try {
      return await register(session, signal)
    } catch (error) {
      const refused = error instanceof HoldallError && REFUSALS.has(error.code)
      throw refused ? new CannotFinish(error.message, 'kept', { cause: error }) : error
    }
  }
}
