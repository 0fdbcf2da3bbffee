import type { UnreadableReason } from '../../database/schema.ts'
import { onlyCalled } from '../background/unreadable.ts'
import { type FileRecord, UNKNOWN_TYPE } from '../record.ts'
import { typeName } from '../types.ts'

/** What is wrong with a file that cannot be read, in a few words. */
export const UNREADABLE_LABELS: Record<UnreadableReason, string> = {
  empty: 'Empty',
  other_bytes: 'Not what it is called',
  cut_off: 'Cut off',
  damaged: 'Damaged',
}

/** "It is called a JPEG image, but its bytes are something else: HTML page." */
export function notWhatItIsCalled(file: FileRecord): string {
  const called = typeName(onlyCalled(file) ?? file.contentType)
  return file.contentType === UNKNOWN_TYPE
    ? `It is called a ${called}, but its bytes are nothing of the kind.`
    : `It is called a ${called}, but its bytes are something else: ${typeName(file.contentType)}.`
}

/** The same in a sentence. */
export function unreadableWords(file: FileRecord, reason: UnreadableReason): string {
  switch (reason) {
    case 'empty':
      return 'The file is empty: there are no bytes in it.'
    case 'other_bytes':
      return `${notWhatItIsCalled(file)} Download gives the bytes as they are.`
    case 'cut_off':
      return 'This picture is cut off: its end is missing. Download gives the bytes that are there.'
    case 'damaged':
      return file.contentType === 'application/pdf'
        ? 'This PDF is damaged or cut off, and does not open. Download gives its bytes.'
        : 'This picture is damaged and cannot be shown. Download gives its bytes.'
  }
}
