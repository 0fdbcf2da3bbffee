import type { DuckDBMaterializedResult } from '@duckdb/node-api'
import type { ResultColumn } from './jobs.ts'
import { jsonValue } from './json-values.ts'

/** The rows are more JSON than an answer may be. */
export class AnswerTooLarge extends Error {}

export interface Answer {
  readonly columns: readonly ResultColumn[]
  /** A JSON array of objects. */
  readonly rows: Buffer
  readonly truncated: boolean
}

/**
 * Chunk by chunk, so that what is too much is noticed before all of it is text.
 *
 * @param maxRows the result has been limited to one more
 * @throws AnswerTooLarge
 */
export async function answerOf(result: DuckDBMaterializedResult, maxRows: number, maxBytes: number): Promise<Answer> {
  const types = result.columnTypes()
  const names = result.deduplicatedColumnNames()
  const keys = names.map((name) => JSON.stringify(name))
  const parts: string[] = []
  let bytes = 2
  let rows = 0
  for (let index = 0; index < result.chunkCount; index++) {
    const chunk = result.getChunk(index)
    for (let row = 0; row < chunk.rowCount && rows < maxRows; row++, rows++) {
      const values = chunk.getRowValues(row)
      const members = values.map(
        (value, column) => `${keys[column]}:${JSON.stringify(jsonValue(value, types[column]))}`,
      )
      const text = `${rows === 0 ? '' : ','}{${members.join(',')}}`
      bytes += Buffer.byteLength(text)
      if (bytes > maxBytes) throw new AnswerTooLarge()
      parts.push(text)
    }
  }
  return {
    columns: names.map((name, column) => ({ name, type: String(types[column]) })),
    rows: Buffer.from(`[${parts.join('')}]`),
    truncated: result.rowCount > maxRows,
  }
}
