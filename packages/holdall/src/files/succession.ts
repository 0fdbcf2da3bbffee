import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'

/** A file that has taken the place of another one. */
export interface Succession {
  readonly from: string
  readonly to: string
}

/** One of which the first has a description, and the other has none, or the same. */
export interface DescribedSuccession extends Succession {
  readonly isCopied: boolean
  /** The slugs of their sources: whoever may see the files, and edit the new one, is asked by others. */
  readonly sources: readonly [from: string, to: string]
}

/** Some thousands of them are looked up by a thread of its own. */
export async function describedAmong(
  database: InternalDatabase,
  pairs: readonly Succession[],
): Promise<DescribedSuccession[]> {
  const query = sql<{ found: string }>`SELECT
      json_group_array(json_array(prior.id, f.id, f.search_text <> '', place.slug, s.slug)) AS found
    FROM json_each(${idsOf(pairs)}) AS pair
    CROSS JOIN datasette_files AS prior ON prior.id = pair.value ->> 0
    CROSS JOIN datasette_files AS f ON f.id = pair.value ->> 1
    CROSS JOIN datasette_files_sources AS place ON place.id = prior.source_id
    CROSS JOIN datasette_files_sources AS s ON s.id = f.source_id
    WHERE prior.search_text <> '' AND f.search_text IN ('', prior.search_text)`
  const [row] = await database.readInBulk<{ found: string }>(query.compile(database.read))
  const found = JSON.parse(row?.found ?? '[]') as [string, string, 0 | 1, string, string][]
  return found.map(([from, to, isCopied, ...sources]) => ({ from, to, isCopied: isCopied === 1, sources }))
}

/** Writes descriptions where there are none. @returns of how many files */
export async function copyDescriptions(database: InternalDatabase, pairs: readonly Succession[]): Promise<number> {
  const { numAffectedRows } = await database.write((trx) =>
    sql`UPDATE datasette_files AS f SET search_text = prior.search_text
      FROM json_each(${idsOf(pairs)}) AS pair CROSS JOIN datasette_files AS prior ON prior.id = pair.value ->> 0
      WHERE f.id = pair.value ->> 1 AND f.search_text = '' AND prior.search_text <> ''`.execute(trx),
  )
  return Number(numAffectedRows ?? 0)
}

/** Takes descriptions out again where they still are what the files before have. @returns of how many files */
export async function takeOutDescriptions(database: InternalDatabase, pairs: readonly Succession[]): Promise<number> {
  const { numAffectedRows } = await database.write((trx) =>
    sql`UPDATE datasette_files AS f SET search_text = ''
      FROM json_each(${idsOf(pairs)}) AS pair CROSS JOIN datasette_files AS prior ON prior.id = pair.value ->> 0
      WHERE f.id = pair.value ->> 1 AND f.search_text = prior.search_text AND f.search_text <> ''`.execute(trx),
  )
  return Number(numAffectedRows ?? 0)
}

function idsOf(pairs: readonly Succession[]): string {
  return JSON.stringify(pairs.map(({ from, to }) => [from, to]))
}
