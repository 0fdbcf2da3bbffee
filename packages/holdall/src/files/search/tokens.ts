import { DatabaseSync } from 'node:sqlite'
import { type Term, writtenOut } from './spellings.ts'

/** Words beyond these are left out: nobody types them, and each costs a walk through the index. */
export const MAX_WORDS = 16
/** Of a text; the rest is left out. */
export const MAX_LENGTH = 500

/** Cuts a text into words as the full-text tables do: folded, without diacritics, each once. */
export type Tokenizer = (text: string) => string[]

/** The full-text tables' own tokenizer, which no rule of ours could follow exactly, in a database of its own. */
export function createTokenizer(): Tokenizer {
  const database = new DatabaseSync(':memory:')
  database.exec(`CREATE VIRTUAL TABLE words USING fts5 (
      text, content = '', tokenize = "unicode61 remove_diacritics 2");
    CREATE VIRTUAL TABLE cut USING fts5vocab (words, instance)`)
  const insert = database.prepare('INSERT INTO words (rowid, text) VALUES (1, ?)')
  const read = database.prepare('SELECT DISTINCT term FROM cut ORDER BY offset LIMIT ?')
  const clear = database.prepare("INSERT INTO words (words) VALUES ('delete-all')")
  return (text) => {
    insert.run(cleaned(text))
    try {
      return read.all(MAX_WORDS).map((row) => row.term as string)
    } finally {
      clear.run()
    }
  }
}

/** The words of what was typed, each as it stands there and as it is written without ä, ö, ü and å. */
export function termsOf(text: string, tokenize: Tokenizer): Term[] {
  const terms = tokenize(text)
  const written = tokenize(writtenOut(text))
  // Of two that are one when they are written out, nobody can say which is which.
  const same = written.length === terms.length
  return terms.map((term, at) => ({ term, written: same ? (written[at] as string) : term }))
}

// The two characters that begin the terms of sources and types are no words of anybody's; a lone surrogate is no text.
function cleaned(text: string): string {
  return text
    .slice(0, MAX_LENGTH)
    .toWellFormed()
    .replace(/[\0\uE000\uE001]/g, ' ')
}
