import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import { type Clock, timeText } from './clock.ts'

/**
 * Ends what lets an actor in: sessions, links that nobody used, tokens. Resolves with how many ended.
 *
 * @param which of the table's rows; all of the actor's that are open without
 */
export async function revoke(
  db: InternalDatabase,
  now: Clock,
  table: 'sessions' | 'sign_in_links' | 'tokens',
  actorId: string,
  which: RawBuilder<unknown> = sql`true`,
): Promise<number> {
  const { numAffectedRows } = await db.write((trx) =>
    sql`UPDATE ${sql.table(table)} SET revoked_at = ${timeText(now())}
      WHERE actor_id = ${actorId} AND revoked_at IS NULL AND ${which}`.execute(trx),
  )
  return Number(numAffectedRows ?? 0)
}

/** One row by its id, or every row without one. */
export function only(id: string | undefined): RawBuilder<unknown> {
  return id === undefined ? sql`true` : sql`id = ${id}`
}
