import { HoldallError } from '../../web/error.ts'

/** Every side of a thumbnail is one of these, so that a file has few of them, whoever asks. */
export const SIDES = [48, 96, 200, 400, 800, 1_600] as const
export const DEFAULT_SIDE = 200

/**
 * A side as it was asked for, in pixels, rounded up to one of `SIDES`.
 *
 * @throws HoldallError `bad_request` that names the field
 */
export function sideOf(value: string | undefined, field: 'w' | 'h'): number {
  if (value === undefined || value === '') return DEFAULT_SIDE
  const pixels = /^\d{1,9}$/.test(value) ? Number(value) : 0
  if (pixels < 1)
    throw new HoldallError('bad_request', { reason: `${field} must be a whole number of pixels, 1 or more.` })
  return SIDES.find((side) => side >= pixels) ?? (SIDES.at(-1) as number)
}
