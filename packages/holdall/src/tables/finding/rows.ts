import type { FoundRow } from '../../files/found-rows.ts'
import { beginningWith, excerptOf, holding } from '../../files/search/marking.ts'
import { spellingsOf, termOf, unmarked } from '../../files/search/spellings.ts'
import type { Urls } from '../../web/url.ts'
import { reference } from '../file-columns/references.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import { searchTableOf, searchWords } from '../search.ts'
import type { SqliteValue } from '../value.ts'
import { ROWS_SHOWN } from './limits.ts'
import type { Progress } from './progress.ts'
import { cellsFrom, labelColumnOf, rowStatement, shownColumns } from './statements.ts'

/** The first rows that were found in a table, with the words in them marked. None where they cannot be read any more. */
export async function firstRows(
  { database, table: { name }, places }: Progress,
  q: string,
  urls: Urls,
  signal: AbortSignal,
): Promise<FoundRow[]> {
  const first = places.slice(0, ROWS_SHOWN)
  if (first.length === 0) return []
  try {
    const { schema, results } = await database.read(
      (now) => {
        const table = now.tables.get(name)
        return { statements: table === undefined ? [] : [rowStatement(now, table, q, first)] }
      },
      { short: true, signal },
    )
    const table = schema.tables.get(name)
    if (table === undefined) return []
    return (results[0]?.rows ?? []).map((row) => foundRow(database.name, schema, table, row, q, urls))
  } catch {
    // What was counted is said all the same.
    return []
  }
}

function foundRow(
  database: string,
  schema: DatabaseSchema,
  table: Table,
  row: readonly SqliteValue[],
  q: string,
  urls: Urls,
): FoundRow {
  const { keys, cells } = cellsFrom(table)
  const { label, key, url } = reference(database, table, '', row.slice(keys), urls)
  const seen = bestCell(shownColumns(schema, table), row.slice(cells), labelColumnOf(table), wordsOf(table, q))
  return { label, key, url, ...seen }
}

/** Each word as a pattern: somewhere, where there is no full-text table, else at the beginning of a word. */
function wordsOf(table: Table, q: string): { readonly each: readonly RegExp[]; readonly any: RegExp } | null {
  const isFullText = searchTableOf(table) !== null
  const words = searchWords(q)
    .flatMap((word) => (isFullText ? (word.match(/[\p{L}\p{N}\p{M}]+/gu) ?? []) : [word]))
    .map((word) => (isFullText ? [unmarked(word)] : spellingsOf(termOf(word)).map(({ term }) => term)))
    .filter(([first]) => first !== '')
  if (words.length === 0) return null
  const pattern = isFullText ? beginningWith : holding
  return { each: words.map(pattern), any: pattern(words.flat()) }
}

/** The cell with most of the words; of several alike not the one that names the row, which is shown anyway. */
function bestCell(
  columns: readonly string[],
  cells: readonly SqliteValue[],
  label: string | null,
  words: ReturnType<typeof wordsOf>,
): Pick<FoundRow, 'column' | 'excerpt'> {
  let best = { column: null as string | null, text: '', score: 0 }
  for (const [at, column] of columns.entries()) {
    const text = cells[at]
    if (typeof text !== 'string' || words === null) continue
    const holds = words.each.filter((word) => word.test(text)).length
    const score = holds * 2 - (column === label ? 1 : 0)
    if (holds > 0 && score > best.score) best = { column, text, score }
  }
  if (best.column === null || words === null) return { column: null, excerpt: null }
  return { column: best.column, excerpt: excerptOf(best.text, words.any) ?? null }
}
