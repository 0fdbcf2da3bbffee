import type { MultipartLimits } from '../sources/multipart.ts'
import { HoldallError } from '../web/error.ts'
import { formatLimit } from '../web/format.ts'
import { MAX_PARTS, PART_SIZE } from './limits.ts'

/** How a file is cut: equal parts, of which only the last may be smaller. Fixed when the session is made. */
export interface PartsPlan {
  /** Bytes of the whole file. */
  readonly size: number
  /** Bytes of every part but the last. */
  readonly partSize: number
  readonly partCount: number
}

/** @throws HoldallError `file_too_large` when no part size makes few enough parts */
export function planParts(size: number, limits: MultipartLimits): PartsPlan {
  const maxParts = Math.min(MAX_PARTS, limits.maxParts)
  let partSize = Math.min(Math.max(PART_SIZE, limits.minPartSize), limits.maxPartSize)
  while (Math.ceil(size / partSize) > maxParts) {
    if (partSize >= limits.maxPartSize) {
      const limit = maxParts * limits.maxPartSize
      throw new HoldallError('file_too_large', { limit, size: formatLimit(limit) })
    }
    partSize = Math.min(partSize * 2, limits.maxPartSize)
  }
  return { size, partSize, partCount: Math.ceil(size / partSize) }
}

/** @param number from 1 to `partCount` */
export function sizeOfPart({ size, partSize, partCount }: PartsPlan, number: number): number {
  return number < partCount ? partSize : size - (partCount - 1) * partSize
}
