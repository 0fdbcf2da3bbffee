import { SQLDialect } from '@codemirror/lang-sql'
import type { Extension } from '@codemirror/state'
import { completeFrom } from './completion.ts'
import type { Words } from './words.ts'

/** DuckDB's SQL with its own keywords, and these words to complete. */
export function language(words: Words): Extension {
  const dialect = SQLDialect.define({
    keywords: [...words.keywords.quoted, ...words.keywords.others].join(' '),
    doubleDollarQuotedStrings: true,
    caseInsensitiveIdentifiers: true,
    operatorChars: '+-*/<>=~!@#%^&|`?:',
    specialVar: '',
  })
  return [dialect.extension, dialect.language.data.of({ autocomplete: completeFrom(words) })]
}
