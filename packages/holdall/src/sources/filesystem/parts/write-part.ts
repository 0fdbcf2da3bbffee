import { createHash } from 'node:crypto'
import { HoldallError } from '../../../web/error.ts'
import { createCrc32c } from '../../crc32c.ts'
import type { MultipartUpload, PartPlan, StoredPart } from '../../multipart.ts'
import { drain, type Sink, writeAll } from '../drain.ts'
import type { BeforeIo } from '../io.ts'
import type { Claim } from './claim.ts'
import { offsetOf } from './limits.ts'
import type { OpenUpload } from './open.ts'
import { hasReceipt, writeReceipt } from './receipts.ts'

/**
 * Writes one part into its range of the file. Before the range is touched its receipt is withdrawn, and a new one is given
 * only once the bytes are on disk: what a receipt speaks of is there, whenever the process or the power ends.
 */
export async function receivePart(
  files: OpenUpload,
  upload: MultipartUpload,
  part: PartPlan,
  body: AsyncIterable<Uint8Array>,
  { claim, signal, before }: { readonly claim: Claim; readonly signal: AbortSignal; readonly before: BeforeIo },
): Promise<StoredPart> {
  const { number, size } = part
  const offset = offsetOf(upload, part)
  const md5 = createHash('md5')
  const crc = part.checksum === undefined ? undefined : createCrc32c()
  let seen = 0
  let written = 0
  const sink: Sink = {
    see(chunk) {
      seen += chunk.byteLength
      // Behind the range lies another part.
      if (seen > size) throw new HoldallError('size_mismatch', { declared: size, received: seen })
      md5.update(chunk)
      crc?.update(chunk)
    },
    async write(chunks, bytes) {
      if (written === 0) await withdraw(files, number, before)
      claim.assertHeld()
      await writeAll(files.data, chunks, bytes, offset + written)
      written += bytes
    },
    flush: files.flushData,
  }
  const received = await drain(body, sink, signal, before)
  if (received !== size) throw new HoldallError('size_mismatch', { declared: size, received })
  const checksum = crc?.digest()
  if (checksum !== part.checksum) throw new HoldallError('part_checksum_mismatch', { number })
  signal.throwIfAborted()
  claim.assertHeld()
  const stored = { number, size, etag: md5.digest('hex'), ...(checksum !== undefined && { checksum }) }
  before('give receipt')
  await writeReceipt(files.receipts, number, stored)
  before('flush receipt')
  await files.flushReceipts()
  return stored
}

async function withdraw(files: OpenUpload, number: number, before: BeforeIo): Promise<void> {
  if (!(await hasReceipt(files.receipts, number))) return
  before('withdraw receipt')
  await writeReceipt(files.receipts, number, undefined)
  before('flush receipt')
  await files.flushReceipts()
}
