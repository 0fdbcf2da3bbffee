import type { QueryAnswer, QueryParameters, ResultColumn } from '../engine/engine.ts'
import { createKept } from './kept.ts'

const KEPT_MS = 600_000
const MOST = 16
/** Characters of JSON. */
const MAX_LENGTH = 1_000_000

/** Types of which JSON tells every value exactly, as a text that DuckDB reads back. */
const TOLD =
  /^(?:BOOLEAN|U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(\d+,\s?\d+\)|VARCHAR|DATE|TIMESTAMP)$/

/** The statement that gives an answer again, of itself. */
export interface AnswerAgain {
  readonly sql: string
  readonly parameters: QueryParameters
}

/** Answers that a page shows whole, so that saving one asks nobody again, and saves what is shown. */
export interface KeptAnswers {
  /** Its name; undefined where it is asked for again: it is too large, not whole, or JSON would not tell it exactly. */
  keep(answer: QueryAnswer, whose: string): string | undefined
  get(name: string, whose: string): AnswerAgain | undefined
}

export function createKeptAnswers(): KeptAnswers {
  const kept = createKept<AnswerAgain>({ keptMs: KEPT_MS, most: MOST })
  return {
    keep({ columns, rows, truncated }, whose) {
      if (truncated || columns.length === 0 || !columns.every(({ type }) => TOLD.test(type))) return undefined
      const text = JSON.stringify(rows.map((row) => columns.map(({ name }) => row[name])))
      return text.length > MAX_LENGTH ? undefined : kept.keep({ sql: sqlOf(columns), parameters: [text] }, whose)
    },
    get: (name, whose) => kept.get(name, whose),
  }
}

function sqlOf(columns: readonly ResultColumn[]): string {
  const cells = columns.map(
    ({ name, type }, at) => `CAST(cells[${at + 1}] AS ${type}) AS "${name.replaceAll('"', '""')}"`,
  )
  return `SELECT ${cells.join(', ')} FROM (SELECT unnest(from_json($1, '[["VARCHAR"]]')) AS cells)`
}
