import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { StoredPart } from '../../multipart.ts'
import { writeAll } from '../drain.ts'

/** A receipt never lies across two sectors, so that a power cut tears none; if one does, its checksum tells. */
const RECEIPT_BYTES = 64
const MARK = 0x50_52_54_31
const HAS_CHECKSUM = 1

const AT = { mark: 0, number: 4, size: 8, etag: 16, checksum: 32, flags: 36, sum: 60 } as const

/** Bytes of the file that holds the receipts of so many parts. */
export function receiptsSize(parts: number): number {
  return parts * RECEIPT_BYTES
}

/** Says that a part is on disk, or with `undefined` that it is not: to be flushed before anybody may rely on it. */
export async function writeReceipt(handle: FileHandle, number: number, receipt: StoredPart | undefined): Promise<void> {
  const bytes = receipt === undefined ? Buffer.alloc(RECEIPT_BYTES) : encode(receipt)
  await writeAll(handle, [bytes], RECEIPT_BYTES, (number - 1) * RECEIPT_BYTES)
}

/** Whether anything at all is written there, be it readable or not. */
export async function hasReceipt(handle: FileHandle, number: number): Promise<boolean> {
  const bytes = await readFrom(handle, number, 1)
  return bytes.some((byte) => byte !== 0)
}

/**
 * The parts that are on disk, by number.
 *
 * @param from the lowest number
 * @param limit of them
 */
export async function readReceipts(handle: FileHandle, from: number, limit: number): Promise<StoredPart[]> {
  const { size } = await handle.stat()
  const count = Math.floor(size / RECEIPT_BYTES)
  const bytes = await readFrom(handle, from, Math.max(0, count - from + 1))
  const found: StoredPart[] = []
  for (let at = 0; at < bytes.length && found.length < limit; at += RECEIPT_BYTES) {
    const receipt = decode(bytes.subarray(at, at + RECEIPT_BYTES))
    if (receipt?.number === from + at / RECEIPT_BYTES) found.push(receipt)
  }
  return found
}

async function readFrom(handle: FileHandle, number: number, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count * RECEIPT_BYTES)
  const start = (number - 1) * RECEIPT_BYTES
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes
}

function encode({ number, size, etag, checksum }: StoredPart): Buffer {
  const bytes = Buffer.alloc(RECEIPT_BYTES)
  bytes.writeUInt32BE(MARK, AT.mark)
  bytes.writeUInt32BE(number, AT.number)
  bytes.writeBigUInt64BE(BigInt(size), AT.size)
  bytes.write(etag, AT.etag, 'hex')
  if (checksum !== undefined) {
    bytes.write(checksum, AT.checksum, 'base64')
    bytes.writeUInt32BE(HAS_CHECKSUM, AT.flags)
  }
  bytes.writeUInt32BE(crc32(bytes.subarray(0, AT.sum)), AT.sum)
  return bytes
}

function decode(bytes: Buffer): StoredPart | undefined {
  if (bytes.readUInt32BE(AT.mark) !== MARK) return undefined
  if (bytes.readUInt32BE(AT.sum) !== crc32(bytes.subarray(0, AT.sum))) return undefined
  return {
    number: bytes.readUInt32BE(AT.number),
    size: Number(bytes.readBigUInt64BE(AT.size)),
    etag: bytes.toString('hex', AT.etag, AT.checksum),
    ...(bytes.readUInt32BE(AT.flags) === HAS_CHECKSUM && {
      checksum: bytes.toString('base64', AT.checksum, AT.flags),
    }),
  }
}
