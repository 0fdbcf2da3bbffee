import type { UnreadableReason } from '../../database/schema.ts'
import { ChildFailure } from '../children/child-process.ts'
import { CUT_OFF, DECODABLE } from '../images/jobs.ts'
import { typeByEnding } from '../inspection/hints.ts'
import { type FileRecord, UNKNOWN_TYPE } from '../record.ts'

type Named = Pick<FileRecord, 'contentType' | 'declaredType' | 'filename'>

/** Whether all of it is read once to see whether it is whole: a picture, and what is only called one, or a PDF. */
export function isToBeWhole(file: Named): boolean {
  return DECODABLE.has(file.contentType) || onlyCalled(file) !== undefined
}

/** What shows as it should, whatever it is called: a `.jpg` that is a PNG, or a film, is no trouble. */
const SHOWS_ANYWAY = /^(?:image|audio|video)\/|^application\/pdf$/

/** The type of a picture or a PDF that it is called, where its bytes are nothing that is known, or of another kind. */
export function onlyCalled({ contentType, declaredType, filename }: Named): string | undefined {
  if (SHOWS_ANYWAY.test(contentType)) return undefined
  const ending = typeByEnding(filename)
  // Of bytes that are known, an ending that says what they are says more than whoever sent them.
  const called = contentType === UNKNOWN_TYPE ? [declaredType, ending] : [ending ?? declaredType]
  return (
    called.find((type) => typeof type === 'string' && (DECODABLE.has(type) || type === 'application/pdf')) ?? undefined
  )
}

/** More pixels than anybody decodes here, or a way of packing them that nobody here knows: such a picture may be whole. */
const MAY_BE_WHOLE = /exceeds pixel limit|unsupported (?!image format)|not (?:supported|configured|implemented)/i

/**
 * What is wrong with a picture that a decoder has refused; undefined where that proves nothing.
 *
 * @param error as the process that decodes has failed; what ends that process, or keeps it from the bytes, is thrown again
 */
export function wrongWithPicture(error: unknown): UnreadableReason | undefined {
  if (!(error instanceof ChildFailure)) throw error
  if (error.kind === 'source') throw error.cause ?? error
  if (error.kind !== 'refused') throw error
  if (MAY_BE_WHOLE.test(error.message)) return undefined
  return CUT_OFF.test(error.message) ? 'cut_off' : 'damaged'
}

/** The same of a PDF: one with a password, or one that is too large to be read, is a whole one. */
export function wrongWithPdf({ message }: ChildFailure): UnreadableReason | undefined {
  return message.startsWith('Invalid PDF structure') ? 'damaged' : undefined
}
