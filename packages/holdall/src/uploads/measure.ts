import { readRange } from '../sources/read-range.ts'
import type { Storage } from '../sources/storage.ts'
import { checkContent, checkSize, type SourceRules } from '../sources/validation.ts'
import { type FileIntake, HEAD_BYTES } from './inspection.ts'
import type { UploadSession } from './session.ts'
import type { Received } from './steps.ts'

export interface Measuring {
  readonly storage: Storage
  readonly rules: SourceRules
  readonly sniff: FileIntake['sniff']
  readonly signal: AbortSignal
}

/**
 * What `receive` finds out while bytes come in, for bytes that went to the storage by themselves: the source's rules are
 * applied to what is there now. Nobody has read all of it yet, so that there is no hash.
 *
 * @throws HoldallError as the rules say, and `file_missing`
 */
export async function measure(
  { path, filename, declaredType, declaredSize }: UploadSession,
  { storage, rules, sniff, signal }: Measuring,
): Promise<Received> {
  const size = declaredSize ?? 0
  checkSize(rules, size)
  const head = await readRange(storage, path, { offset: 0, length: Math.min(size, HEAD_BYTES) }, signal)
  const found = await sniff({ head, filename, declaredType })
  checkContent(rules, { filename, declaredType, ...found })
  return { size, contentHash: null, ...found }
}
