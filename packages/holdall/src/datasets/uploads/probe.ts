import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { THIS_PROCESS } from '../../sources/process.ts'
import { HoldallError } from '../../web/error.ts'
import type { QueryEngine } from '../engine/engine.ts'
import { removeLeftBehind } from '../engine/left-behind.ts'
import type { ParquetFile } from '../footer/parquet-file.ts'
import type { UploadedObject } from './object.ts'

/** Reads a row of an object. @throws HoldallError `parquet_invalid` when its data cannot be read */
export type Probe = (object: UploadedObject, parquet: ParquetFile, signal: AbortSignal) => Promise<void>

export interface ProbeOptions {
  readonly engine: Pick<QueryEngine, 'probe'>
  /** For what is copied from storages elsewhere; of this server and of others beside it. */
  readonly folder: string
}

/** Between the data of the first row group and what was counted of it there may be padding. */
const SLACK_BYTES = 64 * 1_024
const MARK_BYTES = 4
const ENDING_BYTES = 8
const PIECE_BYTES = 8 * 1_024 * 1_024

/** Probes that have DuckDB read what lies on this computer as it is, and of anything else a copy of the part that it needs. */
export function createProbe({ engine, folder }: ProbeOptions): Probe {
  removeLeftBehind(folder).catch(() => {})

  async function probeCopy(object: UploadedObject, ranges: readonly Range[], signal: AbortSignal): Promise<void> {
    const path = join(folder, `${THIS_PROCESS}.${randomBytes(8).toString('hex')}.parquet`)
    try {
      await copy(object, ranges, path, signal)
      await engine.probe(path, signal)
    } finally {
      await rm(path, { force: true })
    }
  }

  return async (object, parquet, signal) => {
    const local = await object.storage.openLocal?.(object.path)
    if (local !== undefined) {
      try {
        return await engine.probe(local.path, signal)
      } finally {
        await local.close()
      }
    }
    await removeLeftBehind(folder)
    const [first] = parquet.rowGroups.each
    const head = MARK_BYTES + (first?.bytes ?? 0) + SLACK_BYTES
    const tail = parquet.footerBytes + ENDING_BYTES
    if (head + tail < object.size) {
      try {
        const ranges = [
          { at: 0, length: head },
          { at: object.size - tail, length: tail },
        ]
        return await probeCopy(object, ranges, signal)
      } catch (error) {
        // Its first row group may lie elsewhere: what is deleted because of it must have been read whole.
        if (!(error instanceof HoldallError) || error.code !== 'parquet_invalid') throw error
      }
    }
    await probeCopy(object, [{ at: 0, length: object.size }], signal)
  }
}

interface Range {
  readonly at: number
  readonly length: number
}

/** A file as large as the object that has these bytes of it, and holes elsewhere. */
async function copy(object: UploadedObject, ranges: readonly Range[], path: string, signal: AbortSignal) {
  await using handle = await open(path, 'wx', 0o644)
  await handle.truncate(object.size)
  for (const { at, length } of ranges) {
    for (let done = 0; done < length; ) {
      const piece = await object.read(at + done, Math.min(PIECE_BYTES, length - done), signal)
      await handle.write(piece, 0, piece.length, at + done)
      done += piece.length
    }
  }
}
