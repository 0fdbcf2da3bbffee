/** Why a file that a cell holds is not there, for who may know. The names are those of the JSON API. */
export type DeletedFile =
  | { /** No file has its id, here or in the trash. */ readonly state: 'gone' }
  | { readonly state: 'trashed'; readonly filename: string /** "In the trash until 13 April" */; readonly note: string }

/** To all others it is unavailable, whatever became of it. */
export type AbsentFile = DeletedFile | { readonly state: 'unavailable' }

/** What stands in the place of a file that is not there. */
export interface AbsentWords {
  readonly sign: 'trash' | 'fileMissing'
  readonly name: string
  /** Under the name; null where nothing may be told. */
  readonly note: string | null
  /** In the place of the name where only a tile is seen. */
  readonly short: string
  /** What a pointer that rests on it is told. */
  readonly hint: string
}

export function absentWords(absent: AbsentFile): AbsentWords {
  if (absent.state === 'trashed') {
    const short = 'In the trash'
    return { sign: 'trash', name: absent.filename, note: absent.note, short, hint: short }
  }
  const { name, note, hint } = absent.state === 'gone' ? GONE : NOT_SHOWN
  return { sign: 'fileMissing', name, note, short: name, hint }
}

const WHY_GONE = 'No source has this file any more'
const GONE = { name: 'Gone for good', note: WHY_GONE, hint: WHY_GONE }
/** It does not say which of the two it is. */
const NOT_SHOWN = {
  name: 'Not shown to you',
  note: null,
  hint: 'It is not there, or you may not see its source. Ask who manages this server.',
}
