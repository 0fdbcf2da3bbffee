import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Actor } from '../web/route.ts'
import { ensureActor } from './actors.ts'
import { type Clock, timeText, USE_NOTED_INTERVAL_MS } from './clock.ts'
import { hashCredential, newCredential, newId } from './credentials.ts'
import { decodeRestrictions, RESTRICTIONS_CLAIM, type Restriction } from './restrictions.ts'
import { revoke } from './revoke.ts'

export const MAX_TOKEN_NAME_LENGTH = 100
/** The claim of an actor that came with a token: the token's id. */
export const TOKEN_CLAIM = 'token'

const PREFIX = 'hlt_'

export interface NewToken {
  readonly actorId: string
  readonly name: string
  /** Milliseconds from now; never without. */
  readonly lifetimeMs?: number
  /** The only things it may do; everything that its actor may do without. */
  readonly restrictions?: readonly Restriction[]
  /** The token that asked for this one: it is revoked with it, and does not outlive it. */
  readonly madeWith?: string
  readonly by: string | null
}

export interface CreatedToken {
  readonly id: string
  /** Shown once; only its hash is kept. */
  readonly token: string
  readonly expiresAt: string | null
}

export async function createToken(db: InternalDatabase, now: Clock, made: NewToken): Promise<CreatedToken> {
  const token = newCredential(PREFIX)
  const id = newId('token-')
  const expiresAt = await db.write(async (trx) => {
    await ensureActor(trx, made.actorId, made.by)
    const maker =
      made.madeWith === undefined
        ? undefined
        : await trx.selectFrom('tokens').select('expires_at').where('id', '=', made.madeWith).executeTakeFirst()
    const asked = made.lifetimeMs === undefined ? null : timeText(now() + made.lifetimeMs)
    const expires = earlier(asked, maker?.expires_at ?? null)
    await trx
      .insertInto('tokens')
      .values({
        id,
        token_hash: hashCredential(token),
        actor_id: made.actorId,
        name: made.name,
        restrictions: made.restrictions === undefined ? null : JSON.stringify(made.restrictions),
        made_with: made.madeWith ?? null,
        used_at: null,
        expires_at: expires,
        revoked_at: null,
      })
      .execute()
    return expires
  })
  return { id, token, expiresAt }
}

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return one < other ? one : other
}

export interface FoundToken {
  readonly id: string
  readonly actor: Actor
  /** Whether its use was noted long enough ago to be noted again. */
  readonly due: boolean
}

/** The token, unless it is unknown, has expired or was revoked. */
export async function findToken(db: InternalDatabase, now: Clock, token: string): Promise<FoundToken | undefined> {
  const row = await db.read
    .selectFrom('tokens')
    .innerJoin('actors', 'actors.id', 'tokens.actor_id')
    .select(['tokens.id', 'tokens.restrictions', 'tokens.used_at', 'actors.id as actor_id', 'actors.name'])
    .where('tokens.token_hash', '=', hashCredential(token))
    .where('tokens.revoked_at', 'is', null)
    .where((where) =>
      where.or([where('tokens.expires_at', 'is', null), where('tokens.expires_at', '>', timeText(now()))]),
    )
    .executeTakeFirst()
  if (row === undefined) return undefined
  const restrictions = decodeRestrictions(row.restrictions)
  return {
    id: row.id,
    actor: {
      id: row.actor_id,
      ...(row.name !== null && { name: row.name }),
      [TOKEN_CLAIM]: row.id,
      ...(restrictions !== undefined && { [RESTRICTIONS_CLAIM]: restrictions }),
    },
    due: row.used_at === null || row.used_at < timeText(now() - USE_NOTED_INTERVAL_MS),
  }
}

export async function noteTokenUse(db: InternalDatabase, now: Clock, id: string, actorId: string): Promise<void> {
  const at = timeText(now())
  await db.write(async (trx) => {
    await trx.updateTable('tokens').set({ used_at: at }).where('id', '=', id).execute()
    await trx.updateTable('actors').set({ last_seen_at: at }).where('id', '=', actorId).execute()
  })
}

export interface TokenFacts {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly usedAt: string | null
  readonly expiresAt: string | null
  readonly restrictions: readonly Restriction[] | undefined
}

/** The actor's tokens that still work, the newest first. */
export async function listTokens(db: InternalDatabase, now: Clock, actorId: string): Promise<TokenFacts[]> {
  const rows = await db.read
    .selectFrom('tokens')
    .select(['id', 'name', 'created_at', 'used_at', 'expires_at', 'restrictions'])
    .where('actor_id', '=', actorId)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', timeText(now()))]))
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    restrictions: decodeRestrictions(row.restrictions),
  }))
}

/** Ends a token of the actor, and those that were made with it. Resolves with how many ended. */
export function revokeToken(db: InternalDatabase, now: Clock, actorId: string, id: string): Promise<number> {
  return revoke(
    db,
    now,
    'tokens',
    actorId,
    sql`id IN (WITH RECURSIVE ended (id) AS (
      SELECT ${id} UNION SELECT tokens.id FROM tokens JOIN ended ON tokens.made_with = ended.id
    ) SELECT id FROM ended)`,
  )
}
