import { HoldallError } from '../../../web/error.ts'
import type { MultipartLimits, NewMultipart, PartPlan } from '../../multipart.ts'

/** A part may be of any size here; so large are those of the services that copies are carried to. */
export const LIMITS: MultipartLimits = { minPartSize: 1, maxPartSize: 5 * 1024 ** 3, maxParts: 10_000 }

export function partCount({ size, partSize }: NewMultipart): number {
  return Math.ceil(size / partSize)
}

export function assertPossible({ size, partSize }: NewMultipart): void {
  const { minPartSize, maxPartSize, maxParts } = LIMITS
  if (!(Number.isSafeInteger(size) && size >= 1))
    throw impossible('the size must be a whole number of bytes, at least 1')
  if (!(Number.isSafeInteger(partSize) && partSize >= minPartSize && partSize <= maxPartSize)) {
    throw impossible(`parts must have ${minPartSize} to ${maxPartSize} bytes`)
  }
  if (Math.ceil(size / partSize) > maxParts) throw impossible(`there can be at most ${maxParts} parts`)
}

/** Where in the file a part begins; only a part that the plan has may be written. */
export function offsetOf(upload: NewMultipart, { number, size }: PartPlan): number {
  const count = partCount(upload)
  if (!(Number.isInteger(number) && number >= 1 && number <= count)) {
    throw impossible(`the parts of this upload are 1 to ${count}`)
  }
  if (size !== sizeOf(upload, number)) throw impossible(`part ${number} has ${sizeOf(upload, number)} bytes`)
  return (number - 1) * upload.partSize
}

export function sizeOf(upload: NewMultipart, number: number): number {
  return Math.min(upload.partSize, upload.size - (number - 1) * upload.partSize)
}

function impossible(reason: string): HoldallError {
  return new HoldallError('bad_request', { reason })
}
