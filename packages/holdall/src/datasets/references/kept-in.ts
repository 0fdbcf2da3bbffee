import { sql } from 'kysely'
import type { Permissions } from '../../access/permissions.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { CountDatasets } from '../../files/references.ts'
import type { Resource } from '../../web/route.ts'
import { collectionResource } from '../place.ts'

/** How many datasets each source keeps the objects of, as far as the actor may see them: these are no files of it. */
export function createCountDatasets({
  database,
  permissions,
}: {
  readonly database: InternalDatabase
  readonly permissions: Permissions
}): CountDatasets {
  return async (actor) => {
    const rows = await database.read
      .selectFrom('dataset_files')
      .innerJoin('datasets', 'datasets.id', 'dataset_files.dataset_id')
      .innerJoin('collections', 'collections.seq', 'datasets.collection')
      .select(['source_id', 'collections.organization_id', 'collections.id'])
      .select(sql<number>`count(DISTINCT datasets.id)`.as('datasets'))
      .where('role', '=', 'data')
      .where('file_id', 'is', null)
      .whereRef('dataset_files.version', '=', 'datasets.version')
      .where('datasets.deletion_requested_at', 'is', null)
      .where('collections.deleted_at', 'is', null)
      .groupBy(['source_id', 'collections.seq'])
      .execute()
    const resources = rows.map((row) => collectionResource(row.organization_id, row.id))
    const allowed = new Set(await permissions.among(actor, 'view-collection', resources))
    const counts = new Map<number, number>()
    for (const [at, { source_id, datasets }] of rows.entries()) {
      if (allowed.has(resources[at] as Resource)) counts.set(source_id, (counts.get(source_id) ?? 0) + datasets)
    }
    return counts
  }
}
