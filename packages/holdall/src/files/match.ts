/** Words of a filter beyond these are left out: nobody types them, and each costs a walk through the index. */
const MAX_WORDS = 16
const MAX_FILTER_LENGTH = 500

/** The groups by which the library offers files, as phrases over the words of their types. */
export const GROUPS = {
  images: { label: 'Images', types: ['image'] },
  documents: {
    label: 'Documents',
    types: [
      'application pdf',
      'text plain',
      'text markdown',
      'text html',
      'application msword',
      'application rtf',
      'application vnd openxmlformats officedocument wordprocessingml',
      'application vnd openxmlformats officedocument presentationml',
      'application vnd oasis opendocument text',
      'application vnd oasis opendocument presentation',
      'application vnd ms powerpoint',
      'application epub',
    ],
  },
  media: { label: 'Audio and video', types: ['audio', 'video'] },
  data: {
    label: 'Data',
    types: [
      'text csv',
      'text tab separated values',
      'application json',
      'application geo',
      'application x ndjson',
      'application xml',
      'application vnd apache parquet',
      'application vnd ms excel',
      'application vnd openxmlformats officedocument spreadsheetml',
      'application vnd oasis opendocument spreadsheet',
      'application x sqlite3',
    ],
  },
} as const

export type Group = keyof typeof GROUPS

/** A group, `image/*`, or an exact type. */
export type Kind = string

export function isGroup(kind: string): kind is Group {
  return Object.hasOwn(GROUPS, kind)
}

/**
 * The full-text query of a filtered list: `undefined` when nothing is filtered, `null` when nothing can match.
 * The sources are terms of it, so that what an actor may not browse is not even looked at.
 */
export function matchExpression(filter: {
  readonly sources: readonly number[]
  readonly name?: string
  readonly type?: Kind
}): string | null | undefined {
  const name = filter.name?.trim() ?? ''
  const type = filter.type?.trim() ?? ''
  if (name === '' && type === '') return undefined
  const parts: string[] = []
  if (name !== '') {
    const found = words(name)
    if (found.length === 0) return null
    parts.push(`filename : (${found.map((word) => `${word} *`).join(' AND ')})`)
  }
  if (type !== '') {
    const phrases = typePhrases(type)
    if (phrases.length === 0) return null
    parts.push(`content_type : (${phrases.join(' OR ')})`)
  }
  parts.push(`source : (${filter.sources.map((id) => `"s${id}"`).join(' OR ')})`)
  return parts.join(' AND ')
}

function typePhrases(type: string): string[] {
  const types = isGroup(type) ? GROUPS[type].types : [type.replace(/\/\*$/, '')]
  return types.flatMap((name) => {
    const phrase = words(name).map(unquoted).join(' ')
    // `^` holds the phrase to the beginning, so that `image` is not found in `application/x-disk-image`.
    return phrase === '' ? [] : [`^"${phrase}"`]
  })
}

/** The runs of letters and digits, as the tokenizer of the table would cut them, each quoted. */
function words(text: string): string[] {
  const found = text.slice(0, MAX_FILTER_LENGTH).match(/[\p{L}\p{N}\p{M}\p{Co}]+/gu) ?? []
  return found.slice(0, MAX_WORDS).map((word) => `"${word}"`)
}

function unquoted(word: string): string {
  return word.slice(1, -1)
}
