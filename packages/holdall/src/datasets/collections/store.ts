import { sql, type Transaction } from 'kysely'
import { refuseField } from '../../access/forms.ts'
import type { Config } from '../../config/config.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import { EMBEDDED } from './catalog.ts'
import type { Allow } from './fields.ts'
import { type Collection, collectionOf, defaultOrganization, enterOrganization } from './rows.ts'

export interface NewCollection {
  /** Default: the first one that there was. */
  readonly organization: string | undefined
  readonly id: string
  readonly label: string | null
  readonly source: string | null
  readonly catalog: string | null
  readonly allow?: Allow | undefined
  /** The actor's id; null where nobody signed in, or at the command line. */
  readonly by: string | null
}

export type CollectionChange = Partial<Pick<NewCollection, 'label' | 'source' | 'catalog' | 'allow'>>

/** Where collections are written. */
export interface CollectionStore {
  /** @throws HoldallError `collection_exists`, `bad_request` beside the field */
  create(fresh: NewCollection): Promise<Collection>
  /** @throws HoldallError `file_decides`, `collection_not_found`, `bad_request` beside the field */
  update(collection: Collection, change: CollectionChange): Promise<Collection>
  /** With what is in its trash. @throws HoldallError `file_decides`, `collection_not_found`, `collection_not_empty` */
  remove(collection: Collection): Promise<void>
  /** The one of this name that was deleted last. @throws HoldallError `collection_not_found`, `collection_exists` */
  restore(organization: string, id: string): Promise<Collection>
}

export function createCollectionStore(
  database: InternalDatabase,
  config: Pick<Config, 'file' | 'catalogs'>,
): CollectionStore {
  function refuseDeclared({ origin, id }: Collection): void {
    if (origin !== 'configuration') return
    throw new HoldallError('file_decides', {
      file: config.file ?? 'The configuration',
      rules: `the collection ${id} stands in it`,
    })
  }

  function refuseUnknownCatalog(catalog: string | null | undefined): void {
    if (catalog === null || catalog === undefined || catalog === EMBEDDED) return
    if (!Object.hasOwn(config.catalogs, catalog)) {
      const known = [EMBEDDED, ...Object.keys(config.catalogs)].join(', ')
      refuseField('catalog', `There is no catalog ${catalog}. There is: ${known}.`)
    }
  }

  return {
    async create(fresh) {
      refuseUnknownCatalog(fresh.catalog)
      const organization = fresh.organization ?? (await defaultOrganization(database))
      return await database.write(async (trx) => {
        await refuseUnknownSource(trx, fresh.source)
        await enterOrganization(trx, organization)
        const row = await trx
          .insertInto('collections')
          .values({
            organization_id: organization,
            id: fresh.id,
            label: fresh.label,
            source: fresh.source,
            catalog: fresh.catalog === EMBEDDED ? null : fresh.catalog,
            origin: 'runtime',
            allow: JSON.stringify(fresh.allow ?? {}),
            created_by: fresh.by,
            deleted_at: null,
          })
          .onConflict((conflict) => conflict.doNothing())
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) throw taken(fresh.id)
        // What somebody was granted on another one of this id, which is deleted, they were not granted on this one.
        await trx
          .deleteFrom('grants')
          .where('resource_kind', '=', 'collection')
          .where('resource_parent', '=', fresh.id)
          .where('resource_child', '=', organization)
          .execute()
        return collectionOf(row)
      })
    },

    async update(collection, change) {
      refuseDeclared(collection)
      refuseUnknownCatalog(change.catalog)
      return await database.write(async (trx) => {
        if (change.source !== collection.source) await refuseUnknownSource(trx, change.source)
        const row = await trx
          .updateTable('collections')
          .set({
            ...(change.label !== undefined && { label: change.label }),
            ...(change.source !== undefined && { source: change.source }),
            ...(change.catalog !== undefined && { catalog: change.catalog === EMBEDDED ? null : change.catalog }),
            ...(change.allow !== undefined && { allow: JSON.stringify(change.allow) }),
            updated_at: NOW,
          })
          .where('seq', '=', collection.seq)
          .where('deleted_at', 'is', null)
          .returningAll()
          .executeTakeFirst()
        if (row === undefined) throw new HoldallError('collection_not_found', { id: collection.id })
        return collectionOf(row)
      })
    },

    async remove(collection) {
      refuseDeclared(collection)
      await database.write(async (trx) => {
        const { count } = await trx
          .selectFrom('datasets')
          .select((select) => select.fn.countAll<number>().as('count'))
          .where('collection', '=', collection.seq)
          .where('deletion_requested_at', 'is', null)
          .executeTakeFirstOrThrow()
        if (count > 0) {
          throw new HoldallError('collection_not_empty', { id: collection.id, count: formatCount(count, 'dataset') })
        }
        const { numUpdatedRows } = await trx
          .updateTable('collections')
          .set({ deleted_at: NOW })
          .where('seq', '=', collection.seq)
          .where('deleted_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) throw new HoldallError('collection_not_found', { id: collection.id })
      })
    },

    async restore(organization, id) {
      return await database.write(async (trx) => {
        const rows = await trx
          .selectFrom('collections')
          .select(['seq', 'deleted_at'])
          .where('organization_id', '=', organization.toLowerCase())
          .where('id', '=', id)
          .orderBy('seq', 'desc')
          .execute()
        if (rows.some((row) => row.deleted_at === null)) throw taken(id)
        const [last] = rows
        if (last === undefined) throw new HoldallError('collection_not_found', { id })
        const row = await trx
          .updateTable('collections')
          .set({ deleted_at: null, updated_at: NOW })
          .where('seq', '=', last.seq)
          .returningAll()
          .executeTakeFirstOrThrow()
        return collectionOf(row)
      })
    },
  }
}

const NOW = sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`

function taken(id: string): HoldallError {
  const message = `There is a collection ${id} already. Choose another id.`
  return new HoldallError('collection_exists', { id }, { fields: { id: message } })
}

async function refuseUnknownSource(trx: Transaction<Schema>, source: string | null | undefined): Promise<void> {
  if (source === null || source === undefined) return
  const known = await trx.selectFrom('datasette_files_sources').select('slug').where('active', '=', 1).execute()
  if (known.some(({ slug }) => slug === source)) return
  refuseField('source', `There is no source ${source}. There is: ${known.map(({ slug }) => slug).join(', ')}.`)
}
