import type { FileState, Order } from '../list.ts'
import type { FileRecord } from '../record.ts'
import type { Kind } from './kinds.ts'

export type Sort = 'relevance' | Order
export const SORTS: readonly Sort[] = ['relevance', 'newest', 'name', 'size', 'path', 'changed']

export interface FileQuestion {
  /** The sources to look in, by their row ids; the caller has checked that the actor may browse them. */
  readonly sources: readonly number[]
  /** Words, all of which must be found; or a file's id; or the SHA-256 of its bytes, or the beginning of one. */
  readonly q?: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly hash?: string
  readonly type?: Kind | undefined
  readonly state?: FileState | undefined
  /** Only files below this folder; all where it is empty. */
  readonly folder?: string
  /** @default what `usualSort` says */
  readonly sort?: Sort | undefined
  readonly cursor?: string
  /** 1 to `MAX_PAGE`. */
  readonly limit?: number
}

export interface FileList {
  readonly files: readonly FileRecord[]
  readonly next: string | null
  /** How many files of this list came before this page. */
  readonly seen: number
  /** How many files the list has; exact up to `MAX_COUNT`, and where nothing is filtered. */
  readonly total: number
  /** There are more than `total`. */
  readonly truncated: boolean
  /** The order that it is in: more than `MAX_COUNT` matches are not sorted by anything but their age. */
  readonly sort: Sort
}

/** The order of a list of which nobody has asked for another. */
export function usualSort({ q = '', state, folder = '' }: Pick<FileQuestion, 'q' | 'state' | 'folder'>): Sort {
  if (q.trim() !== '') return 'relevance'
  if (state === 'changed') return 'changed'
  return folder === '' ? 'newest' : 'path'
}

export function orderOf(sort: Sort): Order {
  return sort === 'relevance' ? 'newest' : sort
}
