import type { CompiledQuery } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import { enteredSources, type SourceRow } from './rows.ts'

/**
 * Asks whether the rows of sources have changed, in whichever process, and hands them over when they have. Whoever has
 * just written one finds it taken up when this resolves.
 */
export function createFollowing(
  database: InternalDatabase,
  take: (rows: readonly SourceRow[]) => Promise<void>,
): () => Promise<void> {
  const askRevision: CompiledQuery<{ revision: number }> = database.read
    .selectFrom('sources_revision')
    .select('revision')
    .compile()
  let seen: number | undefined
  let taking: Promise<void> | undefined

  async function ask(): Promise<number | undefined> {
    return (await database.read.executeQuery(askRevision)).rows[0]?.revision
  }

  async function catchUp(): Promise<void> {
    // Asked for first: what is written in between is read now, and once more at the next question.
    const revision = await ask()
    await take(await enteredSources(database))
    seen = revision
  }

  return async () => {
    while ((await ask()) !== seen) {
      taking ??= catchUp().finally(() => {
        taking = undefined
      })
      await taking
    }
  }
}
