import { setImmediate as turn } from 'node:timers/promises'
import { nameKey } from '../name-key.ts'
import { MAX_BEGINNINGS, NAMES_AT_ONCE } from './limits.ts'
import { readPattern } from './pattern.ts'

export const HOW = ['equal', 'prefix', 'pattern'] as const

/** How the name of a file says to which row it belongs. */
export interface Match {
  /** The column of the rows that is compared. */
  readonly column: string
  /** The name without its ending is the value; begins with it; or has it where the pattern says. */
  readonly how: (typeof HOW)[number]
  readonly pattern?: string
  /** Letter for letter. Otherwise case, separators and leading zeros do not count. */
  readonly exact: boolean
}

/** The rank of a value that is all of a name, before its ending. */
export const WHOLE = 1_000

/** A text that may be the value of a file's row. */
export type Candidate = readonly [key: string, file: number, rank: number]

const EXTENSION = /^(.+)\.[A-Za-z0-9]{1,8}$/s
const SEPARATORS = /[^\p{L}\p{M}\p{N}]+/gu

/** A name without the folders before it. */
export function baseName(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1)
}

/** A name with the folders before it. */
export function withoutEnding(filename: string): string {
  return filename.slice(0, filename.length - baseName(filename).length) + stemOf(filename)
}

export function stemOf(filename: string): string {
  const name = baseName(filename)
  return EXTENSION.exec(name)?.[1] ?? name
}

/**
 * What to look for in the column of a match, for many names. Others get their turn in between.
 * @throws HoldallError `attach_pattern_invalid`
 */
export async function candidatesFor(
  filenames: readonly string[],
  match: Omit<Match, 'column'>,
): Promise<readonly Candidate[]> {
  const read = readerFor(match)
  const candidates: Candidate[] = []
  for (const [file, filename] of filenames.entries()) {
    if (file % NAMES_AT_ONCE === NAMES_AT_ONCE - 1) await turn()
    const best = new Map<string, number>()
    for (const [text, rank] of read(filename)) {
      const key = nameKey(text, match.exact)
      if (key !== null && rank > (best.get(key) ?? -1)) best.set(key, rank)
    }
    for (const [key, rank] of best) candidates.push([key, file, rank])
  }
  return candidates
}

type Reader = (filename: string) => readonly (readonly [text: string, rank: number])[]

function readerFor({ how, pattern = '' }: Omit<Match, 'column'>): Reader {
  if (how === 'pattern') {
    const { read } = readPattern(pattern)
    return (filename) => read(baseName(filename)).map((text) => [text, text.length])
  }
  if (how === 'equal') return (filename) => [[stemOf(filename), WHOLE]]
  return (filename) => {
    const stem = stemOf(filename)
    const beginnings: [string, number][] = [[stem, WHOLE]]
    for (const { index } of stem.matchAll(SEPARATORS)) {
      if (beginnings.length === MAX_BEGINNINGS) break
      if (index > 0) beginnings.push([stem.slice(0, index), index])
    }
    return beginnings
  }
}
