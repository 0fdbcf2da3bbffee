import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema } from '../database/schema.ts'
import type { Actor } from '../web/route.ts'
import { type Clock, DAY_MS, HOUR_MS, timeText, USE_NOTED_INTERVAL_MS } from './clock.ts'
import { hashCredential, newCredential, newId } from './credentials.ts'
import { only, revoke } from './revoke.ts'

/** How long a session lasts after its last use. */
export const SESSION_LIFETIME_MS = 30 * DAY_MS
/** A session in use is made to last longer at most this often: each time the browser gets its cookie again. */
export const RENEWAL_INTERVAL_MS = HOUR_MS

const USER_AGENT_LENGTH = 300
const PREFIX = 'hlc_'

/** What is noted about a new session, so that people recognise it in a list. */
export interface NewSession {
  readonly userAgent: string | undefined
}

export interface StartedSession {
  /** What the cookie carries; only its hash is kept. */
  readonly token: string
  readonly actorId: string
}

export interface FoundSession {
  readonly id: string
  readonly actor: Actor
  /** Whether its use was noted long enough ago to be noted again. */
  readonly due: boolean
  /** Whether it is time to make it last its full time again. */
  readonly ages: boolean
}

export async function startSession(
  trx: Transaction<Schema>,
  now: Clock,
  actorId: string,
  { userAgent }: NewSession,
): Promise<StartedSession> {
  const token = newCredential(PREFIX)
  const at = timeText(now())
  await trx
    .deleteFrom('sessions')
    .where('expires_at', '<', timeText(now() - SESSION_LIFETIME_MS))
    .execute()
  await trx
    .insertInto('sessions')
    .values({
      id: newId('session-'),
      token_hash: hashCredential(token),
      actor_id: actorId,
      used_at: at,
      expires_at: timeText(now() + SESSION_LIFETIME_MS),
      revoked_at: null,
      user_agent: userAgent?.slice(0, USER_AGENT_LENGTH) ?? null,
    })
    .execute()
  await trx.updateTable('actors').set({ last_seen_at: at }).where('id', '=', actorId).execute()
  return { token, actorId }
}

/** The session, unless it has expired or was revoked. */
export async function findSession(db: InternalDatabase, now: Clock, token: string): Promise<FoundSession | undefined> {
  const row = await db.read
    .selectFrom('sessions')
    .innerJoin('actors', 'actors.id', 'sessions.actor_id')
    .select(['sessions.id', 'sessions.used_at', 'sessions.expires_at', 'actors.id as actor_id', 'actors.name'])
    .where('sessions.token_hash', '=', hashCredential(token))
    .where('sessions.revoked_at', 'is', null)
    .where('sessions.expires_at', '>', timeText(now()))
    .executeTakeFirst()
  if (row === undefined) return undefined
  return {
    id: row.id,
    actor: { id: row.actor_id, ...(row.name !== null && { name: row.name }) },
    due: row.used_at < timeText(now() - USE_NOTED_INTERVAL_MS),
    ages: row.expires_at < timeText(now() + SESSION_LIFETIME_MS - RENEWAL_INTERVAL_MS),
  }
}

/** Notes that the session is in use; if it ages, it lasts its full time again. */
export async function noteSessionUse(
  db: InternalDatabase,
  now: Clock,
  { id, actor, ages }: Pick<FoundSession, 'id' | 'actor' | 'ages'>,
): Promise<void> {
  const at = timeText(now())
  await db.write(async (trx) => {
    await trx
      .updateTable('sessions')
      .set({ used_at: at, ...(ages && { expires_at: timeText(now() + SESSION_LIFETIME_MS) }) })
      .where('id', '=', id)
      .where('revoked_at', 'is', null)
      .execute()
    await trx.updateTable('actors').set({ last_seen_at: at }).where('id', '=', actor.id).execute()
  })
}

export interface SessionFacts {
  readonly id: string
  readonly createdAt: string
  readonly usedAt: string
  readonly expiresAt: string
  readonly userAgent: string | null
}

/** The actor's open sessions, the last used first. */
export async function listSessions(db: InternalDatabase, now: Clock, actorId: string): Promise<SessionFacts[]> {
  const rows = await db.read
    .selectFrom('sessions')
    .select(['id', 'created_at', 'used_at', 'expires_at', 'user_agent'])
    .where('actor_id', '=', actorId)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', timeText(now()))
    .orderBy('used_at', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    userAgent: row.user_agent,
  }))
}

/** Resolves with how many ended. @param id one of them; all without */
export function revokeSessions(db: InternalDatabase, now: Clock, actorId: string, id?: string): Promise<number> {
  return revoke(db, now, 'sessions', actorId, only(id))
}

/** Ends every session but one. Resolves with how many ended. @param kept its id; undefined: none is kept */
export function revokeOtherSessions(
  db: InternalDatabase,
  now: Clock,
  actorId: string,
  kept: string | undefined,
): Promise<number> {
  return revoke(db, now, 'sessions', actorId, kept === undefined ? undefined : sql`id <> ${kept}`)
}

/** Ends the session that a cookie carries. */
export async function endSession(db: InternalDatabase, now: Clock, token: string): Promise<void> {
  await db.write((trx) =>
    trx
      .updateTable('sessions')
      .set({ revoked_at: timeText(now()) })
      .where('token_hash', '=', hashCredential(token))
      .where('revoked_at', 'is', null)
      .execute(),
  )
}
