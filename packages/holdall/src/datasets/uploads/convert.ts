import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { THIS_PROCESS } from '../../sources/process.ts'
import type { Sources } from '../../sources/sources.ts'
import { abortAt } from '../../uploads/clearing.ts'
import { CannotFinish, type PurposeStep } from '../../uploads/purpose.ts'
import type { UploadSession } from '../../uploads/session.ts'
import { HoldallError } from '../../web/error.ts'
import type { Converted, Converter } from '../convert/converter.ts'
import type { ConvertibleKind } from '../convert/kinds.ts'
import type { CannotConvert, Sheet } from '../convert/refusal.ts'
import { download } from '../engine/download.ts'
import { removeLeftBehind } from '../engine/left-behind.ts'
import { OVER_LIMIT_KEPT_MS, PARQUET_TYPE } from './limits.ts'
import { madeOf, toMade } from './made.ts'
import { asFinal, objectAt, type UploadedObject } from './object.ts'

/** Makes Parquet of an object. @throws what `Converter.convert` throws */
export type ConvertObject = (object: UploadedObject, wanted: Wanted, signal: AbortSignal) => Promise<Converted>

interface Wanted {
  readonly kind: ConvertibleKind
  /** Of an Excel file, by its name. */
  readonly sheet?: string | undefined
}

export interface ConvertOptions {
  readonly sources: Sources
  readonly convert: ConvertObject
  readonly before?: BeforeIo | undefined
}

/** A process may end for reasons of its own; the third one says something about the file. */
const MAX_CRASHES = 3
/** What a row keeps of them. */
const MAX_WARNINGS = 50

/** Makes Parquet of what was sent, beside it. The object is written anew when that is done again, under the same name. */
export function createConvert({ sources, convert, before = () => {} }: ConvertOptions): PurposeStep['run'] {
  async function run(session: UploadSession, signal: AbortSignal) {
    const original = await objectAt(sources, session, signal)
    const { storage } = original
    const wanted = madeOf(session).convert
    if (wanted === undefined) throw new Error('There is nothing to convert')
    const { path, from: kind, sheet } = wanted
    const { conversion, stream, size, close } = await convert(original, { kind, sheet }, signal)
    try {
      await original.assertSame(signal)
      if (storage.write === undefined) throw new CannotFinish('The source takes no files any more.')
      // Whoever died while writing it may have left parts of it.
      await abortAt(storage.multipart, path)
      before('convert: write Parquet')
      const written = await storage.write(path, stream, { contentType: PARQUET_TYPE, signal })
      if (written.size !== size) throw new Error(`${written.size} bytes were stored of ${size}`)
    } finally {
      await close()
    }
    const { sheets, ...found } = conversion
    const kept = { ...found, warnings: conversion.warnings.slice(0, MAX_WARNINGS) }
    const etag = original.etag === null ? {} : { final_etag: original.etag }
    return { made: toMade({ conversion: kept, ...(sheets && { sheets }), ...etag }) }
  }

  return async (session, signal) => {
    try {
      return await run(session, signal)
    } catch (error) {
      const sheets = sheetsOf(error)
      if (sheets !== undefined) throw withSheets(error as HoldallError, sheets)
      if (!isCrash(error) || attemptsOf(session) < MAX_CRASHES) throw asFinal(error)
      const message = `The process that converts it broke off ${MAX_CRASHES} times. Convert it to Parquet and upload that.`
      throw new CannotFinish(message, { keptForMs: OVER_LIMIT_KEPT_MS }, { cause: error })
    }
  }
}

/** Of a file another sheet of which may do. */
function sheetsOf(error: unknown): readonly Sheet[] | undefined {
  if (!(error instanceof HoldallError) || error.code !== 'sheet_not_convertible') return undefined
  return (error.cause as CannotConvert).sheets
}

/** Kept for whoever chooses another sheet. */
function withSheets(error: HoldallError, sheets: readonly Sheet[]): CannotFinish {
  return new CannotFinish(error.message, { keptForMs: OVER_LIMIT_KEPT_MS }, { cause: error, made: toMade({ sheets }) })
}

function isCrash(error: unknown): boolean {
  return error instanceof Error && error.name === 'ChildFailure' && (error as { kind?: unknown }).kind === 'crashed'
}

function attemptsOf({ steps }: UploadSession): number {
  return steps.find(({ step, phase }) => step === 'convert' && phase === 'start')?.attempts ?? 1
}

/**
 * Has read what lies on this computer as it is, and of anything else a copy.
 *
 * @param folder for copies, of this server and of others beside it
 */
export function createConvertObject(converter: Pick<Converter, 'convert'>, folder: string): ConvertObject {
  // Now: a copy is as large as what was sent, and the next one may be wanted months later. There may be no folder yet.
  removeLeftBehind(folder).catch(() => {})
  return async ({ storage, path, size, etag }, wanted, signal) => {
    const local = await storage.openLocal?.(path)
    if (local !== undefined) {
      try {
        return await converter.convert({ ...wanted, path: local.path }, signal)
      } finally {
        await local.close()
      }
    }
    await removeLeftBehind(folder)
    const name = `${THIS_PROCESS}.${randomBytes(8).toString('hex')}`
    try {
      await download({ storage, sourceId: '', path, size, etag }, folder, name, signal)
      return await converter.convert({ ...wanted, path: join(folder, name) }, signal)
    } finally {
      await rm(join(folder, name), { force: true })
    }
  }
}
