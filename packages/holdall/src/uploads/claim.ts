import { bareType } from '../sources/accept.ts'
import { HoldallError } from '../web/error.ts'
import { MAX_DECLARED_TYPE_LENGTH, MAX_FILENAME_BYTES } from './limits.ts'
import type { Incoming } from './prepare.ts'

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/
/** What `curl --data-binary` says of everything, and so says nothing. */
const MEANINGLESS = 'application/x-www-form-urlencoded'

/**
 * What a client says of a file, looked at before any byte is read.
 *
 * @throws HoldallError `filename_required`, `filename_invalid`
 */
export function incoming(filename: string | undefined, type: string | undefined, size: number | undefined): Incoming {
  if (filename === undefined || filename === '') throw new HoldallError('filename_required', {}, field('is required'))
  const reason = objection(filename)
  if (reason !== undefined) throw new HoldallError('filename_invalid', { reason }, field(reason))
  return { filename, declaredType: declared(type), declaredSize: size }
}

function objection(filename: string): string | undefined {
  if (Buffer.byteLength(filename) > MAX_FILENAME_BYTES) return `is longer than ${MAX_FILENAME_BYTES} bytes of UTF-8`
  if (filename.includes('\0')) return 'has a NUL character'
  return filename.isWellFormed() ? undefined : 'is not valid Unicode'
}

function declared(type: string | undefined): string | undefined {
  const bare = type === undefined ? '' : bareType(type)
  return bare.length <= MAX_DECLARED_TYPE_LENGTH && TYPE.test(bare) && bare !== MEANINGLESS ? bare : undefined
}

function field(reason: string) {
  return { fields: { filename: `filename ${reason}` } }
}
