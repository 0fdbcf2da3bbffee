import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FileRecord } from '../record.ts'
import { beginningWith, type Excerpt, excerptOf } from './marking.ts'
import { pictureWords } from './picture-words.ts'
import { readHashPart } from './question.ts'
import { spellingsOf } from './spellings.ts'
import { type Tokenizer, termsOf } from './tokens.ts'

type Found = Pick<FileRecord, 'id' | 'filename' | 'searchText' | 'contentType' | 'contentHash' | 'metadata'>

export type FindExcerpts = (q: string, files: readonly Found[]) => Promise<ReadonlyMap<string, Excerpt>>

/** Of one document, and of all documents of a page: a match further on has no excerpt. */
const MAX_DOCUMENT = 500_000
const MAX_READ = 2_000_000

/** Of a hash, digits enough to tell it from others. */
const SHOWN_DIGITS = 8

/**
 * Says of the files of a page what tells why they were found, where their names do not: their descriptions, what was
 * written into a picture, or the text of a document, whichever has the words that the name and the type lack; or their hashes,
 * where digits of these were typed.
 */
export function createExcerpts(database: InternalDatabase, tokenize: Tokenizer): FindExcerpts {
  async function textOf(id: string): Promise<string | undefined> {
    const { rows } = await sql<{ text: string }>`SELECT substr(text, 1, ${MAX_DOCUMENT}) AS text
      FROM datasette_files_text WHERE file_id = ${id}`.execute(database.read)
    return rows[0]?.text
  }

  return async (q, files) => {
    const found = new Map<string, Excerpt>()
    const terms = termsOf(q, tokenize).map((term) => spellingsOf(term).map((spelling) => spelling.term))
    if (terms.length === 0) return found
    const words = terms.map(beginningWith)
    const anyWord = beginningWith(terms.flat())
    let read = 0
    const part = readHashPart(q)
    for (const file of files) {
      const digits = file.contentHash?.replace(/^sha256:/, '')
      if (part !== undefined && digits?.startsWith(part.digits) && digits.endsWith(part.end)) {
        found.set(file.id, ofHash(digits, part.digits))
        continue
      }
      const { filename, contentType, searchText } = file
      const seen = `${filename} ${contentType}`
      if (words.every((word) => word.test(seen))) continue
      const written = [searchText, pictureWords(file.metadata)].filter((text) => text !== '')
      // Else some of the words are in the document, and that is what is not seen anywhere else.
      const isAll = words.every((word) => word.test(`${seen} ${written.join(' ')}`))
      const text = isAll || read >= MAX_READ ? undefined : await textOf(file.id)
      read += text?.length ?? 0
      for (const said of text === undefined ? written : [text, ...written]) {
        const excerpt = excerptOf(said, anyWord)
        if (excerpt === undefined) continue
        found.set(file.id, excerpt)
        break
      }
    }
    return found
  }
}

function ofHash(digits: string, typed: string): Excerpt {
  const rest = digits.slice(typed.length)
  return ['SHA-256 ', typed, rest.length > SHOWN_DIGITS ? `…${rest.slice(-SHOWN_DIGITS)}` : rest]
}
