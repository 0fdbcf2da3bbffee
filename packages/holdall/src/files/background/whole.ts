import { sql } from 'kysely'
import type { UnreadableReason } from '../../database/schema.ts'
import type { Sources } from '../../sources/sources.ts'
import type { Storage } from '../../sources/storage.ts'
import { type Body, ChildFailure } from '../children/child-process.ts'
import type { ThumbnailJob } from '../images/jobs.ts'
import type { Readers } from '../inspection/inspect.ts'
import type { Parsers } from '../parsing/parsers.ts'
import type { FileRecord } from '../record.ts'
import { versionOf } from '../sync/listed.ts'
import { DEFAULT_MAX_PIXELS } from '../thumbnails/generator.ts'
import { DEFAULT_MAX_SOURCE_BYTES } from '../thumbnails/thumbnails.ts'
import { isToBeWhole, onlyCalled, wrongWithPdf, wrongWithPicture } from './unreadable.ts'
import type { Job } from './worker.ts'

/** What comes of it is thrown away: all bytes are decoded for the smallest picture as well. */
const SIDE = 16

export interface PictureLimits {
  readonly maxPixels?: number | undefined
  readonly maxSourceBytes?: number | undefined
}

export interface WholeJobOptions {
  readonly byId: (id: string) => Promise<FileRecord | undefined>
  readonly sources: Pick<Sources, 'byId'>
  readonly readers: Pick<Readers, 'pool'> & { readonly parsers: Pick<Parsers, 'pdf'> }
  readonly limits: PictureLimits
}

/** Reads all of a picture once, so that one that is cut off can be found; and what is only called a picture or a PDF. */
export function wholeJob({ byId, sources, readers, limits }: WholeJobOptions): Job {
  const { pool, parsers } = readers
  const { maxPixels = DEFAULT_MAX_PIXELS, maxSourceBytes = DEFAULT_MAX_SOURCE_BYTES } = limits
  const job: ThumbnailJob = { kind: 'thumbnail', width: SIDE, height: SIDE, format: 'raster', maxPixels }

  return async ({ fileId }, signal) => {
    const file = await byId(fileId)
    const source = file && sources.byId(file.sourceId)
    if (file === undefined || source === undefined || file.size === null) return undefined
    if (!isToBeWhole(file)) return isOfItsName(file.unreadable) ? says(file, null) : undefined
    const called = onlyCalled(file)
    if (called !== undefined && file.size === 0) return says(file, 'empty')
    // Who does not want files to be read whole for their hashes does not want it for this.
    if (file.size > Math.min(source.hashUpTo, maxSourceBytes)) return undefined
    const storage = await source.storage()
    const wrongWith = called === 'application/pdf' ? wrongPdf : wrongPicture
    const found = await wrongWith(storage, file, signal)
    const wrong = found === undefined || called === undefined ? found : 'other_bytes'
    if (wrong === undefined || !file.adopted) return says(file, wrong ?? null)
    // Others write there as well: what was read while somebody wrote is no state of the file.
    const now = await storage.stat(file.path, { signal })
    return now === undefined || versionOf(now) !== file.version ? undefined : says(file, wrong)
  }

  async function wrongPdf(storage: Storage, { path, size }: FileRecord, signal: AbortSignal) {
    try {
      await parsers.pdf({ storage, path, size: size ?? 0, signal })
      return undefined
    } catch (error) {
      if (error instanceof ChildFailure && error.kind === 'refused') return wrongWithPdf(error)
      throw error
    }
  }

  async function wrongPicture(storage: Storage, file: FileRecord, signal: AbortSignal) {
    try {
      await pool.run(job, (over) => bodyOf(storage, file, AbortSignal.any([signal, over])))
      return undefined
    } catch (error) {
      return wrongWithPicture(error)
    }
  }
}

/** What is wrong only because of what the file is called: it may have another name by now. */
function isOfItsName(reason: UnreadableReason | null): boolean {
  return reason === 'other_bytes' || reason === 'empty'
}

function says({ id, version, contentType }: FileRecord, wrong: UnreadableReason | null): ReturnType<Job> {
  return Promise.resolve(async (trx) => {
    await sql`UPDATE datasette_files SET unreadable = ${wrong}
      WHERE id = ${id} AND version IS ${version} AND coalesce(content_type, 'application/octet-stream') = ${contentType}
        AND unreadable IS NOT ${wrong}`.execute(trx)
  })
}

async function bodyOf(storage: Storage, { path, size }: FileRecord, signal: AbortSignal): Promise<Body> {
  async function* stream() {
    yield* await storage.read(path, { signal })
  }
  const local = await storage.openLocal?.(path)
  const close = () => void local?.close().catch(() => {})
  if (signal.aborted) close()
  else signal.addEventListener('abort', close, { once: true })
  return { bytes: size ?? 0, stream: stream(), ...(local && { fd: local.fd }) }
}
