import type { Sources } from '../../sources/sources.ts'
import { formatCount } from '../../web/format.ts'
import type { FileRecord } from '../record.ts'
import { keepsBytes } from './kept.ts'

interface Named {
  readonly id: string
  readonly filename: string
}

/** One file by its name, several by their number: "jug.jpg", "12 files". */
export function filesInWords(files: readonly Named[]): string {
  const [only] = files
  return files.length === 1 && only !== undefined ? only.filename : formatCount(files.length, 'file')
}

/** What deleting some files has done: "jug.jpg moved to trash", "12 files hidden" where all keep their bytes. */
export function deletedWords(sources: Pick<Sources, 'byId'>, files: readonly FileRecord[]): string {
  const hidden = files.every((file) => keepsBytes(sources, file))
  return `${filesInWords(files)} ${hidden ? 'hidden' : 'moved to trash'}`
}

/** Why nothing of these is deleted for good. */
export function hiddenWords(files: readonly Named[]): string {
  const one = files.length === 1
  return `${filesInWords(files)} ${one ? 'is' : 'are'} only hidden: ${one ? 'its source keeps its' : 'their sources keep their'} bytes. Nothing was deleted.`
}
