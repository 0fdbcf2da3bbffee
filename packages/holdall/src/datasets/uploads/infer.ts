import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import type { Sources } from '../../sources/sources.ts'
import type { PurposeStep } from '../../uploads/purpose.ts'
import type { ParquetLimits } from '../footer/limits.ts'
import { INFER_AT_ONCE } from './limits.ts'
import { compare } from './look.ts'
import { madeOf, toMade } from './made.ts'
import { asFinal, footerOf, uploadedObject } from './object.ts'
import { previewOf } from './preview.ts'
import type { Probe } from './probe.ts'
import { createTurnstile } from './turnstile.ts'

export interface InferOptions {
  readonly sources: Sources
  readonly probe: Probe
  readonly limits?: ParquetLimits
  readonly now?: () => number
  readonly database: InternalDatabase
  readonly before?: BeforeIo | undefined
}

/**
 * Reads the schema from the object's footer, whose every claim is held against the file, and has one page read, so that
 * a footer that is fine above data that is not is noticed before anybody asks for rows.
 */
export function createInfer(options: InferOptions): PurposeStep['run'] {
  const { sources, probe, limits, now = Date.now } = options
  const turn = createTurnstile(INFER_AT_ONCE)
  return (session, signal) =>
    turn(signal, async () => {
      const object = await uploadedObject(sources, session, signal)
      const parquet = await footerOf(object, limits, signal)
      await probe(object, parquet, signal).catch((error: unknown) => {
        throw asFinal(error)
      })
      await object.assertSame(signal)
      const { join } = madeOf(session)
      const made = toMade({
        ...(join !== undefined && (await compare(options, session, { join, object, parquet }))),
        // Of what was sent: whoever sends it again finds this upload by it, whatever was made of it.
        final_etag: (object.path === session.path ? object.etag : undefined) ?? madeOf(session).final_etag ?? null,
        object_version: object.version,
        parquet_schema_preview: previewOf(parquet),
        schema_inferred_at: new Date(now()).toISOString(),
      })
      return { made }
    })
}
