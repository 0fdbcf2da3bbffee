import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import { HoldallError } from '../web/error.ts'
import { ensureActor } from './actors.ts'
import { type Clock, DAY_MS, timeText } from './clock.ts'
import { hashCredential, newCredential, newId } from './credentials.ts'
import { only, revoke } from './revoke.ts'
import { type NewSession, type StartedSession, startSession } from './sessions.ts'

/** How long a sign-in link can be used. */
export const LINK_LIFETIME_MS = DAY_MS
/** Dead links are forgotten after this long, so that the table does not grow for ever. */
const REMEMBER_MS = 30 * DAY_MS

const PREFIX = 'hls_'

export interface SignInLink {
  readonly id: string
  /** The part of the address that signs in; only its hash is kept. */
  readonly token: string
  readonly actorId: string
  readonly expiresAt: string
}

/** @param by the actor that made it; null for the command line */
export async function createLink(
  db: InternalDatabase,
  now: Clock,
  actorId: string,
  by: string | null,
): Promise<SignInLink> {
  const id = newId('link-')
  const token = newCredential(PREFIX)
  const expiresAt = timeText(now() + LINK_LIFETIME_MS)
  await db.write(async (trx) => {
    await ensureActor(trx, actorId, by)
    await trx
      .deleteFrom('sign_in_links')
      .where('expires_at', '<', timeText(now() - REMEMBER_MS))
      .execute()
    await trx
      .insertInto('sign_in_links')
      .values({
        id,
        token_hash: hashCredential(token),
        actor_id: actorId,
        created_by: by,
        expires_at: expiresAt,
        used_at: null,
        revoked_at: null,
      })
      .execute()
  })
  return { id, token, actorId, expiresAt }
}

/** Whom the link signs in; looking changes nothing. @throws HoldallError `sign_in_link_invalid` */
export async function readLink(db: InternalDatabase, now: Clock, token: string): Promise<string> {
  const row = await db.read
    .selectFrom('sign_in_links')
    .select('actor_id')
    .where('token_hash', '=', hashCredential(token))
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', timeText(now()))
    .executeTakeFirst()
  if (row === undefined) throw new HoldallError('sign_in_link_invalid')
  return row.actor_id
}

/** Uses the link up and opens a session: both or neither, and once however many ask. @throws as `readLink` */
export async function useLink(
  db: InternalDatabase,
  now: Clock,
  token: string,
  about: NewSession,
): Promise<StartedSession> {
  return db.write(async (trx) => {
    const used = await trx
      .updateTable('sign_in_links')
      .set({ used_at: timeText(now()) })
      .where('token_hash', '=', hashCredential(token))
      .where('used_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', timeText(now()))
      .returning('actor_id')
      .executeTakeFirst()
    if (used === undefined) throw new HoldallError('sign_in_link_invalid')
    return startSession(trx, now, used.actor_id, about)
  })
}

export interface LinkFacts {
  readonly id: string
  readonly createdAt: string
  readonly createdBy: string | null
  readonly expiresAt: string
}

/** The actor's links that can still be used. */
export async function listLinks(db: InternalDatabase, now: Clock, actorId: string): Promise<LinkFacts[]> {
  const rows = await db.read
    .selectFrom('sign_in_links')
    .select(['id', 'created_at', 'created_by', 'expires_at'])
    .where('actor_id', '=', actorId)
    .where('used_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', timeText(now()))
    .orderBy('created_at', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
  }))
}

/** Resolves with how many ended. @param id one of them; all without */
export function revokeLinks(db: InternalDatabase, now: Clock, actorId: string, id?: string): Promise<number> {
  return revoke(db, now, 'sign_in_links', actorId, sql`used_at IS NULL AND ${only(id)}`)
}
