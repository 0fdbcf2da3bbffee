import { hash } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import type { StoredFile } from '../../sources/storage.ts'

/**
 * A page of a listing of which the registry has everything, just as it was listed. As long as no registered file of the
 * source has changed or gone since, the same page has nothing to say, and none of its files is looked up.
 */
export interface KnownPage {
  readonly digest: string
  /** Of the source's files, when they were looked up. */
  readonly revision: number
  readonly seqs: Ranges
}

/** The `seq` of files: from, to, from, to, … Most were registered one after the other. */
export type Ranges = readonly number[]

/** What tells pages apart: the files in their order, the state of each, and whether people look for it. */
export function digestOf(files: readonly StoredFile[], isLeftOut: (path: string) => boolean): string {
  let text = ''
  for (const { path, etag, size, lastModified } of files) {
    const state = etag === undefined ? `${size} ${lastModified?.getTime()}` : `etag ${etag}`
    text += `${path}\0${state}\0${isLeftOut(path) ? 'left out' : ''}\0`
  }
  return hash('sha256', text)
}

/** The page as it was known, unless something has happened to files of the source since. */
export async function knownPage(
  database: InternalDatabase,
  sourceId: number,
  digest: string,
): Promise<KnownPage | undefined> {
  const { rows } = await sql<{ revision: number; seqs: string }>`SELECT revision, seqs FROM sync_known_pages
    WHERE source_id = ${sourceId} AND digest = ${digest} AND revision = ${revisionOf(sourceId)}`.execute(database.read)
  const [row] = rows
  return row && { digest, revision: row.revision, seqs: JSON.parse(row.seqs) }
}

/** For later runs. What has changed since a page was looked up has another revision, so that its row says nothing. */
export async function savePages(
  trx: Transaction<Schema>,
  { source_id, id }: { readonly source_id: number; readonly id: number },
  pages: readonly KnownPage[],
): Promise<void> {
  if (pages.length === 0) return
  const rows = JSON.stringify(pages.map(({ digest, revision, seqs }) => [digest, revision, seqs]))
  await sql`INSERT INTO sync_known_pages (source_id, digest, revision, seqs, run_id)
    SELECT ${source_id}, n.value->>0, n.value->>1, n.value->>2, ${id} FROM json_each(${rows}) AS n WHERE true
    ON CONFLICT (source_id, digest) DO UPDATE
      SET revision = excluded.revision, seqs = excluded.seqs, run_id = excluded.run_id`.execute(trx)
}

/** After a complete run: what it has not met is not there any more. */
export async function dropPagesNotMet(
  trx: Transaction<Schema>,
  { source_id, id }: { readonly source_id: number; readonly id: number },
): Promise<void> {
  await sql`DELETE FROM sync_known_pages WHERE source_id = ${source_id} AND run_id <> ${id}`.execute(trx)
}

/** A number that is another one as soon as a registered file of the source has changed or gone. */
export async function revisionNow(database: InternalDatabase, sourceId: number): Promise<number> {
  const { rows } = await sql<{ revision: number }>`SELECT ${revisionOf(sourceId)} AS revision`.execute(database.read)
  return rows[0]?.revision ?? 0
}

/** The same within a statement. */
export function revisionOf(sourceId: number) {
  return sql<number>`coalesce((SELECT revision FROM datasette_files_revisions WHERE source_id = ${sourceId}), 0)`
}

export function rangesOf(seqs: readonly number[]): Ranges {
  const ranges: number[] = []
  for (const seq of seqs) {
    if (seq - 1 === ranges.at(-1)) ranges[ranges.length - 1] = seq
    else ranges.push(seq, seq)
  }
  return ranges
}

export function countOf(ranges: Ranges): number {
  let count = 0
  for (let at = 0; at < ranges.length; at += 2) count += (ranges[at + 1] as number) - (ranges[at] as number) + 1
  return count
}
