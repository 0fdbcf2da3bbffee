import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Index } from './expression.ts'

/** Up to so many letters SQLite has an index of prefixes. */
export const INDEXED_PREFIX = 5
/** A word with more endings than these is left to SQLite, which then reads every match of each. */
const MAX_ENDINGS = 40

const TERMS: Record<Index, RawBuilder<unknown>> = {
  datasette_files_fts: sql`datasette_files_fts_terms`,
  datasette_files_text_fts: sql`datasette_files_text_fts_terms`,
}

/**
 * The words of an index that begin with a long word, or undefined where SQLite finds them itself. Each is one look-up:
 * the list of words goes through every place of a word, so the next word is asked for instead.
 */
export async function endingsOf(
  database: InternalDatabase,
  index: Index,
  beginning: string,
): Promise<readonly string[] | undefined> {
  if ([...beginning].length <= INDEXED_PREFIX) return undefined
  const found: string[] = []
  for (let from = beginning; found.length <= MAX_ENDINGS; from = `${found.at(-1)}\u0001`) {
    const { rows } = await sql<{
      term: string
    }>`SELECT term FROM ${TERMS[index]} WHERE term >= ${from} LIMIT 1`.execute(database.read)
    const term = rows[0]?.term
    if (term?.startsWith(beginning) !== true) return found
    found.push(term)
  }
  return undefined
}
