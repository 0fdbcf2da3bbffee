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

/** That what is put into the trash is an entry here, where the bytes are left alone; see `keepsBytes`. */
export const KEPT_WORDS = {
  one: 'The file itself stays where it lies',
  all: 'The files themselves stay where they lie',
  some: 'Some of the files themselves stay where they lie',
} as const

/** The same of some files; undefined where all their bytes go one day. One that is missing lies nowhere. */
export function keptWords(sources: Pick<Sources, 'byId'>, files: readonly FileRecord[]): string | undefined {
  const kept = files.filter((file) => file.missingSince === null && keepsBytes(sources, file)).length
  if (kept === 0) return undefined
  return kept < files.length ? KEPT_WORDS.some : kept === 1 ? KEPT_WORDS.one : KEPT_WORDS.all
}

/**
 * What was done with some files: "jug.jpg moved to trash", "12 files moved to trash; the files themselves stay where they lie".
 *
 * @param uses what is said of rows between the two
 */
export function deletedWords(sources: Pick<Sources, 'byId'>, files: readonly FileRecord[], uses = ''): string {
  const kept = keptWords(sources, files)
  return `${filesInWords(files)} moved to trash${uses}${kept === undefined ? '' : `; ${kept.charAt(0).toLowerCase()}${kept.slice(1)}`}`
}

/** Why nothing of these is deleted for good. */
export function stayingWords(files: readonly Named[]): string {
  const one = files.length === 1
  return `${filesInWords(files)} ${one ? 'stays' : 'stay'} in the trash: ${one ? 'its source keeps its' : 'their sources keep their'} bytes. Nothing was deleted.`
}
