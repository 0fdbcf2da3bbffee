import { HoldallError } from '../../web/error.ts'
import type { ServedDatabase } from '../databases.ts'
import { identifier, quoted } from '../identifiers.ts'
import { MAX_ROWS_NAMED, type RowsOfValue } from '../reader/match-functions.ts'
import type { Statement } from '../reader/protocol.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { type List, rowsOf } from './conditions.ts'
import { CHUNK_ROWS, FEWEST_ROWS, MATCH_LIMIT_MS } from './limits.ts'
import type { Candidate } from './names.ts'

/** The rows that fit a file best. */
export interface BestRows extends RowsOfValue {
  /** How much of the name they fit; the larger the better. */
  readonly rank: number
}

/** By the file's place in the list; files that no row fits are absent. */
export type FoundRows = ReadonlyMap<number, BestRows>

/** What is asked of the rows of a table: which of them have one of these values, and what stands in their cells. */
export interface Question {
  /** The column that is compared. */
  readonly column: string
  readonly candidates: readonly Candidate[]
  readonly exact: boolean
  /** The file column; its cells come along. */
  readonly cells: string
  /** What names a row, beside its key. */
  readonly label: string | null
  /** The only rows that count; undefined: all of them. */
  readonly list?: List | undefined
  readonly limitMs?: number
  readonly signal?: AbortSignal
}

export interface Found {
  /** What the candidates of rank `from` and above find. */
  best(from?: number): FoundRows
  /** Whether all rows were looked at before the time was over. */
  readonly complete: boolean
}

/**
 * Looks through a table once, whatever the number of files: `CHUNK_ROWS` rows to a read, and fewer while that takes
 * longer than reads may take.
 *
 * @throws HoldallError `table_not_found`, `column_not_found` and what reading throws
 */
export async function findRows(database: ServedDatabase, name: string, question: Question): Promise<Found> {
  const { limitMs = MATCH_LIMIT_MS, candidates, signal } = question
  const found = new Map<string, RowsOfValue>()
  // Each key once, however many files share it.
  const keys = JSON.stringify(Object.fromEntries(candidates.map(([key]) => [key, 0])))
  const best = (from = 0) => bestRows(candidates, found, from)
  if (candidates.length === 0) return { best, complete: true }
  const deadline = Date.now() + limitMs
  let after: SqliteValue = null
  let size = CHUNK_ROWS
  for (;;) {
    const chunk: ChunkRead | null = await readChunk(database, name, question, keys, after, size)
    if (chunk !== null) {
      for (const [key, rows] of chunk.rows) found.set(key, together(found.get(key), rows))
      if (chunk.next === null) return { best, complete: true }
      after = chunk.next
      size = Math.min(size * 2, CHUNK_ROWS)
    } else size = Math.max(Math.floor(size / 4), FEWEST_ROWS)
    if (Date.now() > deadline) return { best, complete: false }
    signal?.throwIfAborted()
  }
}

interface ChunkRead {
  readonly rows: readonly (readonly [key: string, rows: RowsOfValue])[]
  /** Where the next chunk begins; null after the last. */
  readonly next: SqliteValue
}

/** Null where so many rows take too long for one read. */
async function readChunk(
  database: ServedDatabase,
  name: string,
  question: Question,
  keys: string,
  after: SqliteValue,
  size: number,
): Promise<ChunkRead | null> {
  const { signal } = question
  try {
    const { results } = await database.read(
      (schema) => {
        const table = tableFor(schema, name, question)
        const rows = chunkOf(table, after, size, question.list)
        const last = rows.last === null ? [] : [{ sql: rows.last, params: rows.place, limit: 1 }]
        // So few rows are read in milliseconds, whatever the table; it need not stand in line with what takes seconds.
        const options = { short: rows.last !== null && question.list === undefined, suspect: isSuspect(question) }
        return { statements: [matches(table, question, rows, keys), ...last], options }
      },
      { ...(signal && { signal }) },
    )
    const [found, last] = results
    return {
      rows: JSON.parse(String(found?.rows[0]?.[0] ?? '[]')) as ChunkRead['rows'],
      next: last?.rows[0]?.[0] ?? null,
    }
  } catch (error) {
    if (error instanceof HoldallError && error.code === 'sql_time_limit') return null
    throw error
  }
}

function tableFor(schema: DatabaseSchema, name: string, { column, cells }: Question): Table {
  const table = schema.tables.get(name)
  if (table === undefined || table.isView || table.keys.length === 0) throw new HoldallError('table_not_found')
  for (const needed of [column, cells]) {
    if (!table.columnsByName.has(needed)) throw new HoldallError('column_not_found', { column: needed })
  }
  return table
}

interface Chunk {
  /** What stands after FROM. */
  readonly sql: string
  readonly params: Readonly<Record<string, SqliteValue>>
  /** Those of them that say where the chunk begins. */
  readonly place: Readonly<Record<string, SqliteValue>>
  /** Gives where the next chunk begins, or null after the last one; null for a table that has no row ids to cut it by. */
  readonly last: string | null
}

function chunkOf(table: Table, after: SqliteValue, size: number, list: List | undefined): Chunk {
  const from = identifier(table.name)
  const only = list && rowsOf(table, list)
  if (table.rowid === null || table.isVirtual) {
    return { sql: only ? `(select * ${only.sql}true)` : from, params: only?.params ?? {}, place: {}, last: null }
  }
  const { rowid } = table
  const begins = after === null ? 'true' : `${rowid} > :after`
  const place: Chunk['place'] = after === null ? {} : { after }
  const end = `(select ${rowid} from ${from} where ${begins} order by ${rowid} limit 1 offset ${size - 1})`
  // Of a list, the rows among so many of the table: nobody knows how far one would look for as many of its own.
  const sql = only
    ? `select ${rowid} as ${ROW}, * ${only.sql}${begins} and ${rowid} <= coalesce(${end}, ${LAST_ROWID}) order by ${rowid}`
    : `select ${rowid} as ${ROW}, * from ${from} where ${begins} order by ${rowid} limit ${size}`
  return { sql: `(${sql})`, params: { ...place, ...only?.params }, place, last: `select ${end}` }
}

/** The largest that SQLite has. */
const LAST_ROWID = '9223372036854775807'

function isSuspect({ list }: Question): boolean {
  return list?.parameters.has('_where') === true
}

/** What no column is called: the row id, which `*` leaves out, and what names are compared by. */
const ROW = '" row id"'
const KEY = '" name key"'

/** A JSON array of the keys that rows have, with the rows. `in` makes an index of the keys, whatever the planner thinks. */
function matches(table: Table, question: Question, rows: Chunk, keys: string): Statement {
  const usesRow = rows.last !== null && table.primaryKeys.length === 0
  const address = table.keys.map(({ sqlName }) => (usesRow ? ROW : `t.${quoted(sqlName)}`))
  const label = question.label === null ? 'null' : `substr(t.${quoted(question.label)}, 1, 100)`
  return {
    sql: `with found as (
        select name_key(t.${quoted(question.column)}, :exact) as ${KEY},
          first_rows(row_address(:affinities, ${address.join(', ')}), ${label}, t.${quoted(question.cells)}) as rows
        from ${rows.sql} as t where ${KEY} in (select key from json_each(:keys)) group by ${KEY}
      ) select json_group_array(json_array(${KEY}, json(rows))) from found`,
    params: {
      ...rows.params,
      keys,
      exact: question.exact ? 1 : 0,
      affinities: JSON.stringify(table.keys.map(({ affinity }) => affinity)),
    },
    limit: 1,
  }
}

/** The rows of the highest rank, for each file that has any. */
function bestRows(candidates: readonly Candidate[], found: ReadonlyMap<string, RowsOfValue>, from: number): FoundRows {
  const best = new Map<number, BestRows>()
  for (const [key, file, rank] of candidates) {
    const rows = rank >= from ? found.get(key) : undefined
    if (rows === undefined) continue
    const before = best.get(file)
    if (before === undefined || before.rank < rank) best.set(file, { rank, ...rows })
    else if (before.rank === rank) best.set(file, { rank, ...together(before, rows) })
  }
  return best
}

function together(before: RowsOfValue | undefined, more: RowsOfValue): RowsOfValue {
  if (before === undefined) return more
  return { count: before.count + more.count, rows: [...before.rows, ...more.rows].slice(0, MAX_ROWS_NAMED) }
}
