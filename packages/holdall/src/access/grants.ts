import { type CompiledQuery, sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Resource } from '../web/route.ts'
import type { Action } from './permissions.ts'
import type { GrantedScopes, KeptRights } from './ruleset.ts'
import { scopeKey } from './scope.ts'

export interface Grant {
  readonly actorId: string
  readonly action: Action
  readonly resource: Resource
}

/** What was granted at runtime, by actor, and what is kept with the resources themselves. */
export interface Granted {
  readonly byActor: ReadonlyMap<string, GrantedScopes>
  /** What collections and sources keep about themselves, by `scopeKey` of no action. */
  readonly kept: ReadonlyMap<string, KeptRights>
}

/** All grants as they are now, whichever process wrote them. One statement when nothing has changed. */
export function createGrants(db: InternalDatabase): () => Promise<Granted> {
  const askRevision: CompiledQuery<{ revision: number }> = db.read
    .selectFrom('grants_revision')
    .select('revision')
    .compile()
  let known: (Granted & { readonly revision: number }) | undefined

  return async () => {
    const { rows } = await db.read.executeQuery(askRevision)
    const revision = (rows[0] as { revision: number }).revision
    // The revision is asked for first: a grant written in between is read now, and once more at the next question.
    if (known?.revision !== revision) known = { revision, byActor: await readAll(db), kept: await readKept(db) }
    return known
  }
}

async function readKept(db: InternalDatabase): Promise<ReadonlyMap<string, KeptRights>> {
  const collections = await db.read
    .selectFrom('collections')
    .select(['organization_id', 'id', 'allow', 'created_by'])
    .where('deleted_at', 'is', null)
    .execute()
  const sources = await db.read
    .selectFrom('datasette_files_sources')
    .select(['slug', 'allow', 'created_by'])
    .where('origin', '=', 'runtime')
    .execute()
  return new Map([
    ...collections.map((row) => keptOf({ kind: 'collection', parent: row.id, child: row.organization_id }, row)),
    ...sources.map((row) => keptOf({ kind: 'source', parent: row.slug }, row)),
  ])
}

function keptOf(
  resource: Resource,
  row: { readonly allow: string; readonly created_by: string | null },
): [string, KeptRights] {
  return [scopeKey('', resource), { maker: row.created_by, allow: JSON.parse(row.allow) }]
}

async function readAll(db: InternalDatabase): Promise<ReadonlyMap<string, GrantedScopes>> {
  const byActor = new Map<string, Set<string>>()
  for (const row of await db.read.selectFrom('grants').selectAll().execute()) {
    const scopes = byActor.get(row.actor_id) ?? new Set<string>()
    scopes.add(scopeKey(row.action, resourceOf(row)))
    byActor.set(row.actor_id, scopes)
  }
  return byActor
}

interface ResourceColumns {
  readonly resource_kind: string
  readonly resource_parent: string
  readonly resource_child: string
}

function resourceOf(row: ResourceColumns): Resource {
  return {
    kind: row.resource_kind as Resource['kind'],
    ...(row.resource_parent !== '' && { parent: row.resource_parent }),
    ...(row.resource_child !== '' && { child: row.resource_child }),
  }
}

function columnsOf({ kind, parent = '', child = '' }: Resource): ResourceColumns {
  return { resource_kind: kind, resource_parent: parent, resource_child: child }
}

/** The grants of some actors, in the order in which they were made. */
export async function listGrants(db: InternalDatabase, actorIds: readonly string[]): Promise<Grant[]> {
  if (actorIds.length === 0) return []
  const rows = await db.read
    .selectFrom('grants')
    .selectAll()
    .where(sql<boolean>`actor_id IN (SELECT value FROM json_each(${JSON.stringify(actorIds)}))`)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ actorId: row.actor_id, action: row.action as Action, resource: resourceOf(row) }))
}

/** Sets what an actor is granted on one resource: exactly these actions, and nothing when there are none. */
export async function setGrants(
  db: InternalDatabase,
  actorId: string,
  resource: Resource,
  actions: readonly Action[],
  by: string | null,
): Promise<void> {
  const place = columnsOf(resource)
  await db.write(async (trx) => {
    await trx
      .deleteFrom('grants')
      .where('actor_id', '=', actorId)
      .where('resource_kind', '=', place.resource_kind)
      .where('resource_parent', '=', place.resource_parent)
      .where('resource_child', '=', place.resource_child)
      .execute()
    if (actions.length === 0) return
    await trx
      .insertInto('actors')
      .values({ id: actorId, name: null, created_by: by, last_seen_at: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    await trx
      .insertInto('grants')
      .values(actions.map((action) => ({ actor_id: actorId, action, ...place, granted_by: by })))
      .execute()
  })
}
