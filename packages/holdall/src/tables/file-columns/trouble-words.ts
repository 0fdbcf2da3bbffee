import type { Trouble } from '../../files/troubles.ts'

/** What is said beside a file's name or a number of rows. */
export const TROUBLE_WORDS: Readonly<Record<Trouble, string>> = {
  missing: 'missing',
  unreadable: 'cannot be read',
  trashed: 'in the trash',
  gone: 'gone for good',
}

/** What is said of files, in a sentence: “that are missing”. */
export const FILES_IN_TROUBLE: Readonly<Record<Trouble, string>> = {
  missing: 'are missing',
  unreadable: 'cannot be read',
  trashed: 'are in the trash',
  gone: 'are gone for good',
}
