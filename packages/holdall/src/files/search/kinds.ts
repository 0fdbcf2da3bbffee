/** The groups by which the library offers files, by how their types begin. */
export const GROUPS = {
  images: { label: 'Images', types: ['image/'] },
  documents: {
    label: 'Documents',
    types: [
      'application/pdf',
      'text/plain',
      'text/markdown',
      'text/html',
      'application/msword',
      'application/rtf',
      'application/vnd.openxmlformats-officedocument.wordprocessingml',
      'application/vnd.openxmlformats-officedocument.presentationml',
      'application/vnd.oasis.opendocument.text',
      'application/vnd.oasis.opendocument.presentation',
      'application/vnd.ms-powerpoint',
      'application/epub',
    ],
  },
  media: { label: 'Audio and video', types: ['audio/', 'video/'] },
  data: {
    label: 'Data',
    types: [
      'text/csv',
      'text/tab-separated-values',
      'application/json',
      'application/geo',
      'application/x-ndjson',
      'application/xml',
      'application/vnd.apache.parquet',
      'application/vnd.ms-excel',
      'application/vnd.openxmlformats-officedocument.spreadsheetml',
      'application/vnd.oasis.opendocument.spreadsheet',
      'application/x-sqlite3',
    ],
  },
} as const

export type Group = keyof typeof GROUPS

/** A group, `image/*`, an exact type, or several of them with commas between. */
export type Kind = string

export function isGroup(kind: string): kind is Group {
  return Object.hasOwn(GROUPS, kind)
}

const MAX_LENGTH = 500
const ONE = /^[\w.+-]{1,100}\/(?:\*|[\w.+-]{1,100})$/

/** Whether it is written as a filter by type is. */
export function isKind(kind: string): boolean {
  return kind.length <= MAX_LENGTH && kind.split(',').every((one) => isGroup(one.trim()) || ONE.test(one.trim()))
}

/** Whether a type is of a kind. */
export function isOfKind(type: string, kind: Kind): boolean {
  return kind.split(',').some((written) => {
    const one = written.trim()
    if (isGroup(one)) return GROUPS[one].types.some((beginning) => type.startsWith(beginning))
    return one.endsWith('/*') ? type.startsWith(one.slice(0, -1)) : type === one
  })
}

/** Whether a word is the beginning of a word of the type: `jp` of `image/jpeg`. */
export function typeHasWord(type: string, word: string): boolean {
  return type
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .some((part) => part.startsWith(word))
}
