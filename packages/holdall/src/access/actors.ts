import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema } from '../database/schema.ts'
import { HoldallError } from '../web/error.ts'

export const MAX_ACTOR_ID_LENGTH = 200
export const MAX_NAME_LENGTH = 200

// biome-ignore lint/suspicious/noControlCharactersInRegex: ids go into logs and headers
const UNSAFE_TEXT = /[\u0000-\u001f\u007f\u2028\u2029]/

/**
 * An actor's id as it is kept: without spaces around it.
 *
 * @throws HoldallError `bad_request` with the field `actor`
 */
export function readActorId(text: unknown): string {
  return readLine(text, 'actor', 'The name to sign in with', MAX_ACTOR_ID_LENGTH)
}

/** One line of text that a person gives. @throws HoldallError `bad_request` with the field */
export function readLine(text: unknown, field: string, what: string, longest: number): string {
  const line = typeof text === 'string' ? text.trim() : ''
  const problem =
    line === ''
      ? `${what} is missing.`
      : line.length > longest
        ? `${what} is longer than ${longest} characters.`
        : UNSAFE_TEXT.test(line) || !line.isWellFormed()
          ? `${what} has characters that cannot be printed.`
          : undefined
  if (problem !== undefined)
    throw new HoldallError('bad_request', { reason: problem }, { fields: { [field]: problem } })
  return line
}

/** Makes the actor known; one that is known already stays as it is. */
export async function ensureActor(trx: Transaction<Schema>, id: string, by: string | null): Promise<void> {
  await trx
    .insertInto('actors')
    .values({ id, name: null, created_by: by, last_seen_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export interface Person {
  readonly id: string
  readonly name: string | null
  readonly createdAt: string
  readonly lastSeenAt: string | null
  /** Links that can still be used, sessions that are still open. */
  readonly links: number
  readonly sessions: number
  readonly tokens: number
}

/** The actors that are known, by id. @param after the id after which the page begins */
export async function listPeople(
  db: InternalDatabase,
  now: string,
  { after, limit, id }: { after?: string; limit: number; id?: string },
): Promise<Person[]> {
  const rows = await db.read
    .selectFrom('actors')
    .select((row) => [
      'id',
      'name',
      'created_at',
      'last_seen_at',
      row
        .selectFrom('sign_in_links')
        .select(sql<number>`count(*)`.as('n'))
        .whereRef('actor_id', '=', 'actors.id')
        .where('used_at', 'is', null)
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', now)
        .as('links'),
      row
        .selectFrom('sessions')
        .select(sql<number>`count(*)`.as('n'))
        .whereRef('actor_id', '=', 'actors.id')
        .where('revoked_at', 'is', null)
        .where('expires_at', '>', now)
        .as('sessions'),
      row
        .selectFrom('tokens')
        .select(sql<number>`count(*)`.as('n'))
        .whereRef('actor_id', '=', 'actors.id')
        .where('revoked_at', 'is', null)
        .where((token) => token.or([token('expires_at', 'is', null), token('expires_at', '>', now)]))
        .as('tokens'),
    ])
    .$if(after !== undefined, (query) => query.where('id', '>', after as string))
    .$if(id !== undefined, (query) => query.where('id', '=', id as string))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    links: row.links ?? 0,
    sessions: row.sessions ?? 0,
    tokens: row.tokens ?? 0,
  }))
}

/** @throws HoldallError `person_not_found` */
export async function findPerson(db: InternalDatabase, now: string, id: string): Promise<Person> {
  const [person] = await listPeople(db, now, { id, limit: 1 })
  if (person === undefined) throw new HoldallError('person_not_found', { id })
  return person
}

/**
 * Takes the person off the list, with all that let them in and all that they were granted. What they did keeps their id.
 *
 * @throws HoldallError `person_not_found`
 */
export async function removePerson(db: InternalDatabase, id: string): Promise<void> {
  await db.write(async (trx) => {
    for (const table of ['sign_in_links', 'sessions', 'tokens', 'grants'] as const) {
      await trx.deleteFrom(table).where('actor_id', '=', id).execute()
    }
    const { numDeletedRows } = await trx.deleteFrom('actors').where('id', '=', id).executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) throw new HoldallError('person_not_found', { id })
  })
}

/** Sets what the person is called; null calls them by their id. */
export async function namePerson(db: InternalDatabase, id: string, name: string | null): Promise<void> {
  await db.write((trx) => trx.updateTable('actors').set({ name }).where('id', '=', id).execute())
}
