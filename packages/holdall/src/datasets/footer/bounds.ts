import { compareAt } from './compare.ts'
import { ORDER, WIDTHS } from './order.ts'
import type { Leaf } from './schema.ts'
import type { CompactReader } from './thrift.ts'

/** Longer values are not shown, and a part of one is no bound. */
const MAX_BOUND_BYTES = 256

/** Where in the footer a value lies. */
export interface Place {
  readonly at: number
  readonly length: number
}

export interface Bounds {
  /** The least and the greatest value of a chunk: `at` below 0 where the footer does not tell. */
  take(leaf: number, minAt: number, minLength: number, maxAt: number, maxLength: number): void
  /** One chunk whose bounds are not known makes those of its column unknown. */
  lose(leaf: number): void
  of(leaf: number): { readonly min: Place; readonly max: Place } | undefined
}

/** Keeps the least and the greatest value of each leaf by where they lie in the footer: nothing is copied or decoded. */
export function createBounds(reader: CompactReader, leaves: readonly Leaf[]): Bounds {
  const places = new Int32Array(leaves.length * 4).fill(-1)
  const isLost = new Uint8Array(leaves.length)

  function fold(leaf: number, at: number, length: number, slot: number, sign: 1 | -1): boolean {
    const { order } = leaves[leaf] as Leaf
    const width = WIDTHS[order] as number
    if (at < 0 || length > MAX_BOUND_BYTES || (width > 0 && length !== width)) return false
    if (order === ORDER.bigEndian && length === 0) return false
    const index = leaf * 4 + slot
    const before = places[index] as number
    const other = before < 0 ? at : before
    // Compared with itself, a first value shows whether it is a number.
    const difference = compareAt(reader, order, at, length, other, before < 0 ? length : (places[index + 1] as number))
    if (Number.isNaN(difference)) return false
    if (before < 0 || difference * sign < 0) {
      places[index] = at
      places[index + 1] = length
    }
    return true
  }

  return {
    take(leaf, minAt, minLength, maxAt, maxLength) {
      if (isLost[leaf] === 1) return
      if (!fold(leaf, minAt, minLength, 0, 1) || !fold(leaf, maxAt, maxLength, 2, -1)) isLost[leaf] = 1
    },
    lose(leaf) {
      isLost[leaf] = 1
    },
    of(leaf) {
      const [minAt, minLength, maxAt, maxLength] = places.subarray(leaf * 4, leaf * 4 + 4) as unknown as number[]
      if (isLost[leaf] === 1 || minAt === undefined || minAt < 0) return undefined
      return {
        min: { at: minAt, length: minLength as number },
        max: { at: maxAt as number, length: maxLength as number },
      }
    },
  }
}
