import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FileRecord } from '../record.ts'
import type { Tokenizer } from './tokens.ts'

/** A few words of a document around those that it was found by; every second piece, from the second on, is one of them. */
export type Excerpt = readonly string[]

type Found = Pick<FileRecord, 'id' | 'filename' | 'searchText' | 'contentType'>

export type FindExcerpts = (q: string, files: readonly Found[]) => Promise<ReadonlyMap<string, Excerpt>>

/** Characters before the first word that was found, and in all. */
const BEFORE = 40
const LENGTH = 160
/** Of one document, and of all documents of a page: a match further on has no excerpt. */
const MAX_DOCUMENT = 500_000
const MAX_READ = 2_000_000

/**
 * Says of the files of a page what their documents say, where that is why they were found: a file whose name, description
 * and type already have all the words needs no more.
 */
export function createExcerpts(database: InternalDatabase, tokenize: Tokenizer): FindExcerpts {
  async function textOf(id: string): Promise<string | undefined> {
    const { rows } = await sql<{ text: string }>`SELECT substr(text, 1, ${MAX_DOCUMENT}) AS text
      FROM datasette_files_text WHERE file_id = ${id}`.execute(database.read)
    return rows[0]?.text
  }

  return async (q, files) => {
    const found = new Map<string, Excerpt>()
    const terms = tokenize(q)
    if (terms.length === 0) return found
    const words = terms.map((term) => beginningWith([term]))
    const anyWord = beginningWith(terms)
    let read = 0
    for (const file of files) {
      if (read >= MAX_READ) break
      const said = `${file.filename} ${file.searchText} ${file.contentType}`
      if (words.every((word) => word.test(said))) continue
      const text = await textOf(file.id)
      if (text === undefined) continue
      read += text.length
      const excerpt = excerptOf(text, anyWord)
      if (excerpt !== undefined) found.set(file.id, excerpt)
    }
    return found
  }
}

function excerptOf(text: string, word: RegExp): Excerpt | undefined {
  const first = text.search(word)
  if (first < 0) return undefined
  const from = startOf(text, first)
  const shown = text.slice(from, from + LENGTH).toWellFormed()
  const pieces = shown.replace(/\s+/g, ' ').split(new RegExp(`(${word.source})`, word.flags))
  if (from > 0) pieces[0] = `… ${pieces[0]}`
  if (from + LENGTH < text.length) pieces.push(`${pieces.pop()} …`)
  return pieces
}

/** The beginning of a word, not far before. */
function startOf(text: string, at: number): number {
  const from = Math.max(0, at - BEFORE)
  if (from === 0) return 0
  const space = text.slice(from, at).search(/\s/)
  return space < 0 ? from : from + space + 1
}

/** Words that begin with one of the terms, which are folded as the tokenizer folds: without case and diacritics. */
function beginningWith(terms: readonly string[]): RegExp {
  // The longest first: of two that begin alike, all of the longer one is what was found.
  const ways = [...terms].sort((a, b) => b.length - a.length).map((term) => [...term].map(anyForm).join(''))
  return new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])(?:${ways.join('|')})`, 'iu')
}

const FORMS = formsOfLetters()

/** The letters that are written with marks, by the letter that is left without them. */
function formsOfLetters(): ReadonlyMap<string, string> {
  const forms = new Map<string, string>()
  for (let code = 0xc0; code < 0x250; code += 1) {
    const letter = String.fromCharCode(code)
    const [base = '', ...marks] = letter.normalize('NFD')
    if (marks.length > 0) forms.set(base.toLowerCase(), (forms.get(base.toLowerCase()) ?? '') + letter)
  }
  return forms
}

function anyForm(letter: string): string {
  const plain = letter.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')
  const forms = FORMS.get(letter)
  return `${forms === undefined ? plain : `[${plain}${forms}]`}\\p{M}*`
}
