import { sql } from 'kysely'
import type { Permissions } from '../../access/permissions.ts'
import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import type { Actor, Resource } from '../../web/route.ts'
import { collectionResource } from '../place.ts'
import { type Collection, collectionOf } from './rows.ts'

/** What a collection holds, without what is in its trash. */
export interface Totals {
  readonly datasets: number
  readonly rows: number
  /** Bytes. */
  readonly sizeBytes: number
}

export interface ListedCollection extends Collection, Totals {}

export interface CollectionPage {
  readonly collections: readonly ListedCollection[]
  /** How many the actor may see, on all pages. */
  readonly total: number
  readonly next: string | null
}

export interface ListOptions {
  readonly actor: Actor | null
  readonly cursor?: string | undefined
  readonly limit: number
}

/** One page of the collections that the actor may look at, by their labels. @throws HoldallError `invalid_cursor` */
export async function listCollections(
  { database, permissions }: { readonly database: InternalDatabase; readonly permissions: Permissions },
  { actor, cursor, limit }: ListOptions,
): Promise<CollectionPage> {
  const after = cursor === undefined ? undefined : decode(cursor)
  const visible = await visibleCollections(database, permissions, actor)
  const query = database.read
    .selectFrom('collections')
    .selectAll()
    .select(LABEL.as('sort_label'))
    .where('deleted_at', 'is', null)
    .where(sql<boolean>`seq IN (SELECT value FROM json_each(${JSON.stringify(visible)}))`)
    .orderBy(LABEL)
    .orderBy('seq')
    .limit(limit + 1)
  const rows = await (after === undefined
    ? query
    : query.where(sql<boolean>`(${LABEL}, seq) > (${after.label}, ${after.seq})`)
  ).execute()
  const page = rows.slice(0, limit)
  const totals = await totalsOf(
    database,
    page.map(({ seq }) => seq),
  )
  const last = page.at(-1)
  return {
    collections: page.map((row) => ({ ...collectionOf(row), ...(totals.get(row.seq) ?? EMPTY) })),
    total: visible.length,
    next: rows.length > limit && last !== undefined ? encode(last.sort_label, last.seq) : null,
  }
}

const LABEL = sql<string>`lower(coalesce(label, id))`
const EMPTY: Totals = { datasets: 0, rows: 0, sizeBytes: 0 }

/** `seq` of each. */
async function visibleCollections(
  database: InternalDatabase,
  permissions: Permissions,
  actor: Actor | null,
): Promise<number[]> {
  const all = await database.read
    .selectFrom('collections')
    .select(['seq', 'organization_id', 'id'])
    .where('deleted_at', 'is', null)
    .execute()
  const resources = all.map((row) => collectionResource(row.organization_id, row.id))
  const allowed = new Set(await permissions.among(actor, 'view-collection', resources))
  return all.filter((_, at) => allowed.has(resources[at] as Resource)).map(({ seq }) => seq)
}

/** By `seq`; a collection without datasets is not in it. */
export async function totalsOf(
  database: InternalDatabase,
  collections: readonly number[],
): Promise<ReadonlyMap<number, Totals>> {
  const rows = await database.read
    .selectFrom('datasets')
    .select((select) => [
      'collection',
      select.fn.countAll<number>().as('datasets'),
      select.fn.sum<number>('row_count').as('rows'),
      select.fn.sum<number>('size_bytes').as('sizeBytes'),
    ])
    .where('deletion_requested_at', 'is', null)
    .where(sql<boolean>`collection IN (SELECT value FROM json_each(${JSON.stringify(collections)}))`)
    .groupBy('collection')
    .execute()
  return new Map(rows.map(({ collection, ...totals }) => [collection, totals]))
}

function encode(label: string, seq: number): string {
  return Buffer.from(JSON.stringify([label, seq])).toString('base64url')
}

const MAX_CURSOR_LENGTH = 2_000

function decode(cursor: string): { label: string; seq: number } {
  try {
    if (cursor.length > MAX_CURSOR_LENGTH) throw new RangeError('too long')
    const [label, seq] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[]
    if (typeof label === 'string' && typeof seq === 'number' && Number.isSafeInteger(seq)) return { label, seq }
  } catch {
    // Whatever it is, no list gave it out.
  }
  throw new HoldallError('invalid_cursor')
}
