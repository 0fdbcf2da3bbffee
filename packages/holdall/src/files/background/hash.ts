import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Source, Sources } from '../../sources/sources.ts'
import type { Storage, StoredFile } from '../../sources/storage.ts'
import type { FileRecord } from '../record.ts'
import type { Job } from './worker.ts'

export interface HashJobOptions {
  readonly byId: (id: string) => Promise<FileRecord | undefined>
  readonly sources: Pick<Sources, 'byId'>
}

/** For an upload whose bytes did not pass through here: the hash of what the storage holds. */
export function hashJob({ byId, sources }: HashJobOptions): Job {
  return async ({ fileId }, signal) => {
    const file = await byId(fileId)
    const source = file && sources.byId(file.sourceId)
    if (file === undefined || source === undefined || file.contentHash !== null) return undefined
    const storage = await source.storage()
    const stat = await storage.stat(file.path, { signal })
    if (stat === undefined) return undefined
    const hash = await hashOf(source, storage, stat, signal)
    return async (trx) => {
      await sql`UPDATE datasette_files SET content_hash = ${hash ?? null}
        WHERE id = ${fileId} AND version IS ${file.version} AND size = ${stat.size} AND content_hash IS NULL`.execute(
        trx,
      )
    }
  }
}

/** `undefined` for a file that its source does not want to be read whole. */
export async function hashOf(
  { hashUpTo }: Pick<Source, 'hashUpTo'>,
  storage: Storage,
  { path, size, contentHash }: StoredFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (contentHash !== undefined) return contentHash
  if (size > hashUpTo) return undefined
  const hash = createHash('sha256')
  let read = 0
  if (size > 0) {
    for await (const chunk of await storage.read(path, { signal })) {
      hash.update(chunk)
      read += chunk.length
    }
  }
  if (read !== size) throw new Error(`The storage gave ${read} bytes of a file of ${size}`)
  return `sha256:${hash.digest('hex')}`
}
