import { HoldallError } from '../../web/error.ts'
import { PARQUET_LIMITS, type ParquetLimits } from './limits.ts'
import type { ParquetFile } from './parquet-file.ts'
import { ENDING } from './parse.ts'
import { createReadingThread } from './reading-thread.ts'
import { encrypted, pastLimit, unreadable } from './refusals.ts'

/** Of the first read: nearly every footer is shorter. */
const TAIL_BYTES = 64 * 1024
const MARK = 'PAR1'
const ENCRYPTED_MARK = 'PARE'

/** A file that is read in parts, all of them of one version. */
export interface RangedFile {
  readonly size: number
  /** Exactly these bytes, in an array that nobody else uses. */
  read(position: number, length: number, signal?: AbortSignal): Promise<Uint8Array>
}

export interface ReadOptions {
  readonly limits?: ParquetLimits
  readonly signal?: AbortSignal
}

const thread = createReadingThread()

/**
 * Reads the footer of a Parquet file that a stranger may have written, in at most two reads: of 64 KiB from its end,
 * then of the footer if that was not all of it, else of the mark at the file's head. Another thread makes sense of it,
 * in memory and time that have limits.
 *
 * @throws HoldallError `parquet_invalid`, `parquet_encrypted`, `parquet_limit_exceeded`, or what `read` throws
 */
export async function readParquetFooter(
  file: RangedFile,
  { limits = PARQUET_LIMITS, signal }: ReadOptions = {},
): Promise<ParquetFile> {
  const { size } = file
  if (size === 0) throw unreadable('it is empty')
  if (size < MARK.length + ENDING) throw unreadable(`it has ${size} bytes, which are too few`)
  const tailAt = Math.max(0, size - TAIL_BYTES)
  const tail = await readExactly(file, tailAt, size - tailAt, signal)
  const length = footerLength(tail, size, limits)
  const footerAt = size - ENDING - length
  if (footerAt < tailAt) {
    // The whole of it once more: one array that can be handed over, where two would have to be copied into a third.
    const footer = await readExactly(file, footerAt, length, signal)
    return await thread.read({ footer: handedOver(footer), sizeBytes: size, limits }, signal)
  }
  const head = tailAt === 0 ? tail : await readExactly(file, 0, MARK.length, signal)
  if (markAt(head, 0) !== MARK) throw unreadable(`it does not begin with ${MARK}`)
  const footer = tail.subarray(footerAt - tailAt, footerAt - tailAt + length)
  return await thread.read({ footer: new Uint8Array(footer), sizeBytes: size, limits }, signal)
}

function footerLength(tail: Uint8Array, size: number, limits: ParquetLimits): number {
  const mark = markAt(tail, tail.length - MARK.length)
  if (mark === ENCRYPTED_MARK) throw encrypted('its footer is')
  if (mark !== MARK) throw unreadable(`it does not end with ${MARK}`)
  const length = new DataView(tail.buffer, tail.byteOffset).getUint32(tail.length - ENDING, true)
  if (length === 0) throw unreadable('its footer is empty')
  if (length > size - ENDING - MARK.length) throw unreadable('its footer would be longer than the file')
  if (length > limits.footerBytes) throw pastLimit('footerBytes', length, limits.footerBytes)
  return length
}

function markAt(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + MARK.length))
}

async function readExactly(file: RangedFile, position: number, length: number, signal: AbortSignal | undefined) {
  signal?.throwIfAborted()
  const bytes = await file.read(position, length, signal)
  if (bytes.length !== length)
    throw new HoldallError('storage_failed', {}, { cause: new Error(`${bytes.length} bytes instead of ${length}`) })
  return bytes
}

/** The array itself where it is all of its memory: tens of megabytes are not copied on the way to another thread. */
function handedOver(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const isAll = buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength
  return isAll ? new Uint8Array(buffer) : new Uint8Array(bytes)
}
