import { FILE_ID } from '../../files/record.ts'
import type { SqliteValue } from '../value.ts'

/** The files that one cell may hold. */
export const MAX_FILES_IN_CELL = 1_000

/** What the text of a cell in a file column means. */
export interface FileCell {
  readonly ids: readonly string[]
  /** What stands there that is no file id: left from before the column held files, or written by something else. */
  readonly other: string | null
}

const EMPTY: FileCell = { ids: [], other: null }

/** Reads a stored cell: one id, or a JSON list of ids, whichever stands there. */
export function readCell(value: SqliteValue): FileCell {
  if (value === null || value === '') return EMPTY
  if (typeof value !== 'string') return { ids: [], other: String(value) }
  if (FILE_ID.test(value)) return { ids: [value], other: null }
  const list = listOfTexts(value)
  if (list?.every((id) => FILE_ID.test(id))) return { ids: list, other: null }
  return { ids: [], other: value }
}

export type Meaning = { readonly ids: readonly string[]; readonly stored: string } | { readonly problem: string }

/**
 * What is to be stored for a value that somebody sends: a list column takes a bare id or a JSON list and keeps a list,
 * any other column takes one id.
 */
export function meaningOf(value: string, multiple: boolean): Meaning {
  const list = listOfTexts(value)
  if (list === null && !FILE_ID.test(value)) return { problem: `${shorten(value)} is not the id of a file.` }
  const ids = [...new Set(list ?? [value])]
  const strange = ids.find((id) => !FILE_ID.test(id))
  if (strange !== undefined) return { problem: `${shorten(strange)} is not the id of a file.` }
  if (list !== null && !multiple) return { problem: 'This column takes one file, not a list.' }
  if (ids.length > MAX_FILES_IN_CELL) return { problem: `A cell takes at most ${MAX_FILES_IN_CELL} files.` }
  return { ids, stored: multiple ? JSON.stringify(ids) : value }
}

function listOfTexts(text: string): string[] | null {
  if (!text.trimStart().startsWith('[')) return null
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : null
  } catch {
    return null
  }
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return `“${line.length > 40 ? `${line.slice(0, 40)}…` : line}”`
}
