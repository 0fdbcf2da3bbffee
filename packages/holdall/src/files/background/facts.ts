import { sql } from 'kysely'
import { readRange } from '../../sources/read-range.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Facts } from '../../uploads/inspection.ts'
import { HEAD_BYTES, type InspectQuestion, type SniffedType, type SniffQuestion } from '../../uploads/inspection.ts'
import { hasWords } from '../inspection/words.ts'
import type { FileRecord } from '../record.ts'
import { hashOf } from './hash.ts'
import { changedMetadata, OURS } from './metadata.ts'
import { enqueueWork, type WorkKind } from './queue.ts'
import { isToBeWhole } from './unreadable.ts'
import type { Job } from './worker.ts'

export interface FactsJobOptions {
  readonly byId: (id: string) => Promise<FileRecord | undefined>
  readonly sources: Pick<Sources, 'byId'>
  sniff(question: SniffQuestion): SniffedType | Promise<SniffedType>
  inspect(question: InspectQuestion): Promise<Facts>
  /** There are words to read now. */
  wake(): void
  /** The hash of a file of this source is about to be known. */
  onRead(sourceId: number): void
}

/** For a file whose bytes did not pass through here: its type, size, facts and hash, from what the storage holds. */
export function factsJob({ byId, sources, sniff, inspect, wake, onRead }: FactsJobOptions): Job {
  return async ({ fileId }, signal) => {
    const file = await byId(fileId)
    const source = file && sources.byId(file.sourceId)
    if (file === undefined || source === undefined) return undefined
    const storage = await source.storage()
    const stat = await storage.stat(file.path, { signal })
    // Whether it is missing is for sync to say: the next one sees it too.
    if (stat === undefined) return undefined
    const { size } = stat
    const head = await readRange(storage, file.path, { offset: 0, length: Math.min(size, HEAD_BYTES) }, signal)
    const { contentType } = await sniff({ head, filename: file.filename, declaredType: stat.contentType })
    const { filename, path } = file
    const facts = await inspect({ storage, path, size, contentType, filename, keepGps: source.keepGps, signal })
    const hash = await hashOf(source, storage, stat, signal)
    return async (trx) => {
      // In one statement: what it is found by is entered once.
      const { numAffectedRows } = await sql`UPDATE datasette_files SET content_type = ${contentType}, size = ${size},
        width = ${facts.width ?? null}, height = ${facts.height ?? null}, 
        content_hash = iif(adopted, ${hash ?? null}, coalesce(content_hash, ${hash ?? null})),
        metadata = ${changedMetadata({ ...OURS, ...facts.metadata })}, unreadable = NULL
        WHERE id = ${fileId} AND version IS ${file.version}`.execute(trx)
      if (numAffectedRows !== 1n) return
      if (hash !== undefined) onRead(file.sourceId)
      const kinds: WorkKind[] = []
      if (hasWords(contentType) || hasWords(file.contentType)) kinds.push('text')
      if (isToBeWhole({ ...file, contentType })) kinds.push('whole')
      if (kinds.length === 0) return
      await enqueueWork(trx, [fileId], kinds)
      wake()
    }
  }
}
