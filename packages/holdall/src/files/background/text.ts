import { sql } from 'kysely'
import type { UnreadableReason } from '../../database/schema.ts'
import type { Sources } from '../../sources/sources.ts'
import { ChildFailure } from '../children/child-process.ts'
import { hasWords } from '../inspection/words.ts'
import type { Parsers, Stored } from '../parsing/parsers.ts'
import type { FileRecord } from '../record.ts'
import { versionOf } from '../sync/listed.ts'
import { changeMetadata } from './metadata.ts'
import { wrongWithPdf } from './unreadable.ts'
import type { Job } from './worker.ts'

interface Words {
  readonly text: string
  readonly pdf?: object
  /** Why it does not open, where that is known. */
  readonly wrong?: UnreadableReason | undefined
}

export interface TextJobOptions {
  readonly byId: (id: string) => Promise<FileRecord | undefined>
  readonly sources: Pick<Sources, 'byId'>
  readonly parsers: Pick<Parsers, 'pdf' | 'text'>
}

/** Reads the words inside a document, for search. What has none, or does not open, has none; that is no failure. */
export function textJob({ byId, sources, parsers }: TextJobOptions): Job {
  return async ({ fileId }, signal) => {
    const file = await byId(fileId)
    if (file === undefined) return undefined
    const { text, pdf, wrong }: Words = hasWords(file.contentType) ? await words(file, signal) : { text: '' }
    return async (trx) => {
      const isSame = sql<number>`EXISTS (SELECT 1 FROM datasette_files WHERE id = ${fileId} AND version IS ${file.version})`
      if (text === '') {
        // Words of bytes that were there before must not be found any more.
        await sql`UPDATE datasette_files_text SET text = '' WHERE file_id = ${fileId} AND ${isSame}`.execute(trx)
      } else {
        await sql`INSERT INTO datasette_files_text (file_id, text) SELECT ${fileId}, ${text} WHERE ${isSame}
          ON CONFLICT (file_id) DO UPDATE SET text = excluded.text`.execute(trx)
      }
      if (pdf !== undefined) await changeMetadata(trx, file, { pdf })
      if (file.contentType !== 'application/pdf') return
      await sql`UPDATE datasette_files SET unreadable = ${wrong ?? null}
        WHERE id = ${fileId} AND version IS ${file.version} AND content_type = 'application/pdf'
          AND unreadable IS NOT ${wrong ?? null}`.execute(trx)
    }
  }

  async function words(file: FileRecord, signal: AbortSignal): Promise<Words> {
    const source = sources.byId(file.sourceId)
    if (source === undefined || file.size === null || file.size === 0) return { text: '' }
    const stored: Stored = { storage: await source.storage(), path: file.path, size: file.size, signal }
    try {
      if (file.contentType !== 'application/pdf') return { text: await parsers.text(stored, file.contentType) }
      const { text, truncated: _, ...pdf } = await parsers.pdf(stored)
      return { text, pdf }
    } catch (error) {
      if (error instanceof ChildFailure && error.kind === 'refused')
        return { text: '', wrong: await wrongStill(error, file, stored) }
      throw error
    }
  }
}

/** Others write where an adopted file lies: what was read while somebody wrote is no state of it. */
async function wrongStill(
  error: ChildFailure,
  file: FileRecord,
  { storage, path, signal }: Stored,
): Promise<UnreadableReason | undefined> {
  const wrong = file.contentType === 'application/pdf' ? wrongWithPdf(error) : undefined
  if (wrong === undefined || !file.adopted) return wrong
  const now = await storage.stat(path, { ...(signal && { signal }) })
  return now !== undefined && versionOf(now) === file.version ? wrong : undefined
}
