import type { Permissions } from '../../access/permissions.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FindDatasets } from '../../files/references.ts'
import type { Urls } from '../../web/url.ts'
import { allCollections } from '../collections/rows.ts'
import { stemOf } from '../identity.ts'
import { collectionResource, datasetHref } from '../place.ts'

export interface UsesOptions {
  readonly database: InternalDatabase
  readonly permissions: Permissions
  readonly urls: Urls
}

const PARQUET = /\.(?:parquet|parq|pq)$/i

/** The datasets that are made of a file, as far as the actor may see them, and where to make one of it. */
export function createFindDatasets({ database, permissions, urls }: UsesOptions): FindDatasets {
  return async (actor, { id, filename, contentType }) => {
    const rows = await database.read
      .selectFrom('dataset_files')
      .innerJoin('datasets', 'datasets.id', 'dataset_files.dataset_id')
      .innerJoin('collections', 'collections.seq', 'datasets.collection')
      .select(['datasets.id as dataset', 'datasets.filename', 'collections.organization_id', 'collections.id', 'label'])
      .where('dataset_files.file_id', '=', id)
      .whereRef('dataset_files.version', '=', 'datasets.version')
      .where('datasets.deletion_requested_at', 'is', null)
      .where('collections.deleted_at', 'is', null)
      .orderBy('datasets.seq')
      .execute()
    const datasets = []
    for (const row of rows) {
      const resource = collectionResource(row.organization_id, row.id)
      if (!(await permissions.allowed(actor, 'view-collection', resource))) continue
      const collection = { organization: row.organization_id, id: row.id }
      datasets.push({
        label: stemOf(row.filename),
        collection: row.label ?? row.id,
        url: datasetHref(urls, collection, row.dataset),
      })
    }
    const isParquet = PARQUET.test(filename) || contentType === 'application/vnd.apache.parquet'
    if (!isParquet) return { datasets, others: rows.length - datasets.length, makeUrl: null }
    const collections = (await allCollections(database)).map(({ organization, id }) =>
      collectionResource(organization, id),
    )
    const edits = await permissions.among(actor, 'edit-collection', collections)
    const makeUrl = edits.length === 0 ? null : urls.path(`/-/files/${id}/-/dataset`)
    return { datasets, others: rows.length - datasets.length, makeUrl }
  }
}
