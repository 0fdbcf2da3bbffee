import { sql } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { Multipart, MultipartUpload } from '../sources/multipart.ts'
import { createInternalStore } from './internal-store.ts'
import { newMultipartOf, toSession } from './session.ts'

/** An upload in parts that a storage says is under way. */
export type UnfinishedUpload =
  /** Its client may come back. */
  | { readonly standing: 'open' }
  /** Its session has ended, so that nobody goes on with it. */
  | { readonly standing: 'over'; readonly upload: MultipartUpload }
  /** No session here names it. */
  | { readonly standing: 'unknown'; readonly path: string; readonly startedAt: Date }

/** The uploads in parts that a source's storage has under way, in the order in which it lists them. */
export async function* unfinishedUploads(
  database: InternalDatabase,
  sourceId: number,
  multipart: Multipart,
  signal: AbortSignal,
): AsyncGenerator<UnfinishedUpload> {
  const store = createInternalStore(database)
  for (let cursor: string | null | undefined; cursor !== null && multipart.listUploads !== undefined; ) {
    const page = await multipart.listUploads({ signal, ...(cursor && { cursor }) })
    cursor = page.next
    for (const { path, id, startedAt } of page.uploads) {
      const named = await sessionAt(database, sourceId, path)
      const stored = named === undefined ? undefined : await store.get(named)
      const begun = stored && newMultipartOf(toSession(stored))
      if (stored === undefined || begun === undefined) yield { standing: 'unknown', path, startedAt }
      else if (isOver(stored)) yield { standing: 'over', upload: { ...begun, id } }
      else yield { standing: 'open' }
    }
  }
}

/** One that failed keeps its parts for its client, unless they are to be removed. */
function isOver({ status, clearAt }: { status: string; clearAt: string | null }): boolean {
  return ['aborted', 'expired', 'completed'].includes(status) || (status === 'failed' && clearAt !== null)
}

async function sessionAt(database: InternalDatabase, sourceId: number, path: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`SELECT id FROM upload_sessions
    WHERE source_id = ${sourceId} AND path = ${path}`.execute(database.read)
  return rows[0]?.id
}
