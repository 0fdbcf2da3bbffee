import { randomUUID } from 'node:crypto'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { AllowBlock, CollectionConfig } from '../../config/config.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import type { CollectionTable, Schema } from '../../database/schema.ts'

/** What holds datasets, and is the unit of permissions for them. */
export interface Collection {
  /** Its own number: another collection may get the id of a deleted one. */
  readonly seq: number
  /** A UUID. */
  readonly organization: string
  readonly id: string
  /** What people read; the id when nobody gave it a label. */
  readonly label: string
  /** Slug of the source where its objects go; null for the default one. */
  readonly source: string | null
  /** Null for the embedded one. */
  readonly catalog: string | null
  readonly origin: 'configuration' | 'runtime'
  /** Who may do what, by action; only for what was made at runtime. */
  readonly allow: Readonly<Record<string, AllowBlock>>
  readonly createdAt: string
  readonly createdBy: string | null
  readonly updatedAt: string
}

/** `undefined` when there is none, or none any more. @param organization in any spelling of a UUID */
export async function findCollection(
  database: InternalDatabase,
  organization: string,
  id: string,
): Promise<Collection | undefined> {
  const row = await database.read
    .selectFrom('collections')
    .selectAll()
    .where('organization_id', '=', organization.toLowerCase())
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row && collectionOf(row)
}

/** All that there are, by their ids. */
export async function allCollections(database: InternalDatabase): Promise<Collection[]> {
  const rows = await database.read
    .selectFrom('collections')
    .selectAll()
    .where('deleted_at', 'is', null)
    .orderBy('id')
    .orderBy('organization_id')
    .execute()
  return rows.map(collectionOf)
}

export function collectionOf(row: Selectable<CollectionTable>): Collection {
  return {
    seq: row.seq,
    organization: row.organization_id,
    id: row.id,
    label: row.label ?? row.id,
    source: row.source,
    catalog: row.catalog,
    origin: row.origin,
    allow: JSON.parse(row.allow),
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
  }
}

/**
 * Makes the tables say what the configuration says, and sees to it that there is an organization. A collection that has
 * left the file goes on as one that was made at runtime: its datasets are still there, and somebody must be able to
 * look after them.
 */
export async function recordCollections(
  database: InternalDatabase,
  declared: readonly CollectionConfig[],
): Promise<void> {
  await database.write(async (trx) => {
    await trx.updateTable('collections').set({ origin: 'runtime' }).where('origin', '=', 'configuration').execute()
    for (const { organization, id, label = null, source = null, catalog = null } of declared) {
      await enterOrganization(trx, organization)
      const facts = { label, source, catalog, origin: 'configuration' } as const
      await trx
        .insertInto('collections')
        .values({ organization_id: organization, id, ...facts, created_by: null, deleted_at: null })
        .onConflict((conflict) =>
          conflict.columns(['organization_id', 'id']).where('deleted_at', 'is', null).doUpdateSet(facts),
        )
        .execute()
    }
    await sql`INSERT INTO organizations (id) SELECT ${randomUUID()} WHERE NOT EXISTS (SELECT 1 FROM organizations)`.execute(
      trx,
    )
  })
}

export async function enterOrganization(trx: Transaction<Schema>, id: string): Promise<void> {
  await trx
    .insertInto('organizations')
    .values({ id })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** The organization that collections belong to when nobody names one: the first that there was. */
export async function defaultOrganization(database: InternalDatabase): Promise<string> {
  const { id } = await database.read
    .selectFrom('organizations')
    .select('id')
    .orderBy('created_at')
    .orderBy('id')
    .executeTakeFirstOrThrow()
  return id
}
