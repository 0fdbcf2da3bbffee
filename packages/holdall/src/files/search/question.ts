import { FILE_ID } from '../record.ts'
import type { Term } from './spellings.ts'
import { type Tokenizer, termsOf } from './tokens.ts'

/** What was typed: nothing, a file's id, the hash of its bytes, or words, which may be the beginning of a hash as well. */
export type Words =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'hash'; readonly hash: string }
  /** No terms: what was typed holds no word, and is found nowhere. */
  | { readonly kind: 'terms'; readonly terms: readonly Term[]; readonly part?: HashPart }

/** What pages show of a hash: digits that it begins with, and those that it ends with, if any. */
export interface HashPart {
  readonly digits: string
  readonly end: string
}

/** With fewer digits words and numbers would be taken for a hash. */
const HASH_PART = /^(?:sha256:)?([0-9a-f]{8,63})(?:…([0-9a-f]{1,32}))?$/i
const HASH = /^(?:sha256:)?([0-9a-f]{64})$/i

/** `sha256:` and 64 lower-case digits, with or without the first; undefined for what is no hash. */
export function readHash(text: string): string | undefined {
  const digits = HASH.exec(text.trim())?.[1]
  return digits === undefined ? undefined : `sha256:${digits.toLowerCase()}`
}

/** Lower-case digits; undefined for what is no part of a hash, or all of one. */
export function readHashPart(text: string): HashPart | undefined {
  const [, digits, end = ''] = HASH_PART.exec(text.trim()) ?? []
  return digits === undefined ? undefined : { digits: digits.toLowerCase(), end: end.toLowerCase() }
}

/** Whether what was typed is a file's id, whatever its case. */
export function isId(q: string): boolean {
  return FILE_ID.test(q.toLowerCase())
}

export function readWords(question: { readonly q?: string; readonly hash?: string }, tokenize: Tokenizer): Words {
  const q = question.q?.trim() ?? ''
  const hash = question.hash ?? readHash(q)
  if (hash !== undefined) return { kind: 'hash', hash }
  if (q === '') return { kind: 'nothing' }
  if (isId(q)) return { kind: 'id', id: q.toLowerCase() }
  const part = readHashPart(q)
  return { kind: 'terms', terms: termsOf(q, tokenize), ...(part && { part }) }
}
