import { sql } from 'kysely'
import type { Sources } from '../../sources/sources.ts'
import { ChildFailure } from '../children/child-process.ts'
import { hasWords } from '../inspection/words.ts'
import type { Parsers, Stored } from '../parsing/parsers.ts'
import type { FileRecord } from '../record.ts'
import { changeMetadata } from './metadata.ts'
import type { Job } from './worker.ts'

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
    const { text, pdf } = hasWords(file.contentType) ? await words(file, signal) : { text: '', pdf: undefined }
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
    }
  }

  async function words(file: FileRecord, signal: AbortSignal): Promise<{ text: string; pdf?: object }> {
    const source = sources.byId(file.sourceId)
    if (source === undefined || file.size === null || file.size === 0) return { text: '' }
    const stored: Stored = { storage: await source.storage(), path: file.path, size: file.size, signal }
    try {
      if (file.contentType !== 'application/pdf') return { text: await parsers.text(stored, file.contentType) }
      const { text, truncated: _, ...pdf } = await parsers.pdf(stored)
      return { text, pdf }
    } catch (error) {
      if (error instanceof ChildFailure && error.kind === 'refused') return { text: '' }
      throw error
    }
  }
}
