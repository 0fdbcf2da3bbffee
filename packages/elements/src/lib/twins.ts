import type { StoredFile } from '@holdall/client'
import { duplicatesOf } from './stored.ts'

/** A file that is here already, and looks like one that is sent. */
export interface Twin {
  readonly id: string
  readonly filename: string
  /** its page */
  readonly url: string
  /** The slug of the source in which it lies. */
  readonly source: string
  /** Its `sha256:` and digits, where the server knows it. */
  readonly hash: string | null
  /** It has the same bytes. Where that is not known before, the answer to the upload says it. */
  readonly same: boolean
  /** How many more there are like it. */
  readonly others: number
}

/**
 * The one to speak of: in the source to which it is sent before all others. Of other sources nothing is said that only
 * name and size say.
 */
export function chooseTwin(twins: readonly Twin[], source: string | null): Twin | null {
  return twins.find((one) => one.source === source) ?? twins.find(({ same }) => same) ?? null
}

/** What is known once the file is stored: its own answer and hash say more than was known before. */
export function twinsOfStored(stored: StoredFile, before: readonly Twin[], source: string | null): readonly Twin[] {
  const duplicates = duplicatesOf(stored)
  if (duplicates.length > 0) {
    return duplicates.map(({ source: where, ...one }) => ({
      ...one,
      source: where ?? source ?? '',
      hash: null,
      same: true,
      others: duplicates.length - 1,
    }))
  }
  const own = stored.file.content_hash
  return before
    .filter(({ id }) => id !== stored.file_id)
    .filter(({ hash }) => typeof own !== 'string' || hash === null || hash === own)
    .map((one) => (one.hash !== null && one.hash === own ? { ...one, same: true } : one))
}

/** "A file of this name and size is here already". @param place what another source is called, where it lies in one */
export function twinWords({ same }: Pick<Twin, 'same'>, place: string | null): string {
  return `${same ? 'The same file' : 'A file of this name and size'} is ${place === null ? 'here' : `in ${place}`} already`
}
