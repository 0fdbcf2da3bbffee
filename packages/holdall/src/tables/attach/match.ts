import { HoldallError } from '../../web/error.ts'
import type { ServedDatabase } from '../databases.ts'
import { identifier, quoted } from '../identifiers.ts'
import { type BestRows, MAX_ROWS_FOR_FILE } from '../reader/match-functions.ts'
import type { Statement } from '../reader/protocol.ts'
import type { DatabaseSchema, Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { CHUNK_ROWS, MATCH_LIMIT_MS, MAX_FILES } from './limits.ts'
import type { Candidate } from './names.ts'

/** The rows that fit each file best, by the file's place in the list; files that no row fits are absent. */
export type FoundRows = ReadonlyMap<number, BestRows>

/** What is asked of the rows of a table: which of them have one of these values, and what stands in their cells. */
export interface Question {
  /** The columns that are compared, each by itself. */
  readonly columns: readonly string[]
  readonly candidates: readonly Candidate[]
  readonly exact: boolean
  /** The file column; its cells come along. */
  readonly cells: string
  /** What names a row, beside its key. */
  readonly label: string | null
  readonly limitMs?: number
  readonly signal?: AbortSignal
}

export interface Found {
  /** For each column of the question, in its order. */
  readonly columns: readonly FoundRows[]
  /** Whether all rows were looked at before the time was over. */
  readonly complete: boolean
}

/**
 * Looks through a table once, whatever the number of files: `CHUNK_ROWS` rows to a read, so that none takes longer than
 * reads may take.
 *
 * @throws HoldallError `table_not_found`, `column_not_found` and what reading throws
 */
export async function findRows(database: ServedDatabase, name: string, question: Question): Promise<Found> {
  const { limitMs = MATCH_LIMIT_MS, signal } = question
  const columns = question.columns.map(() => new Map<number, BestRows>())
  if (question.candidates.length === 0) return { columns, complete: true }
  const names = JSON.stringify(question.candidates)
  const deadline = Date.now() + limitMs
  let after: SqliteValue = null
  do {
    const from = after
    const { plan, results } = await database.read(
      (schema) => {
        const table = tableFor(schema, name, question)
        const rows = chunkOf(table, from)
        return {
          isWhole: rows.last === null,
          statements: [
            ...question.columns.map((column) => matches(table, column, question, rows, names)),
            ...(rows.last === null ? [] : [{ sql: rows.last, params: rows.params, limit: 1 }]),
          ],
        }
      },
      { ...(signal && { signal }) },
    )
    for (const [at, known] of columns.entries()) {
      for (const [file, json] of results[at]?.rows ?? []) keepBest(known, Number(file), JSON.parse(String(json)))
    }
    after = plan.isWhole ? null : (results.at(-1)?.rows[0]?.[0] ?? null)
    if (after !== null && Date.now() > deadline) return { columns, complete: false }
  } while (after !== null)
  return { columns, complete: true }
}

function tableFor(schema: DatabaseSchema, name: string, { columns, cells }: Question): Table {
  const table = schema.tables.get(name)
  if (table === undefined || table.isView || table.keys.length === 0) throw new HoldallError('table_not_found')
  for (const column of [...columns, cells]) {
    if (!table.columnsByName.has(column)) throw new HoldallError('column_not_found', { column })
  }
  return table
}

interface Chunk {
  /** What stands after FROM. */
  readonly sql: string
  readonly params: Readonly<Record<string, SqliteValue>>
  /** Gives where the next chunk begins, or null after the last one; null for a table that has no row ids to cut it by. */
  readonly last: string | null
}

function chunkOf(table: Table, after: SqliteValue): Chunk {
  const from = identifier(table.name)
  if (table.rowid === null || table.isVirtual) return { sql: from, params: {}, last: null }
  const params: Record<string, SqliteValue> = after === null ? {} : { after }
  const where = after === null ? '' : ` where ${table.rowid} > :after`
  const end = `(select ${table.rowid} from ${from}${where} order by ${table.rowid} limit 1 offset ${CHUNK_ROWS - 1})`
  const begins = after === null ? '' : `${table.rowid} > :after and `
  return {
    sql: `(select *, ${table.rowid} as ${ROW} from ${from} where ${begins}${table.rowid} <= coalesce(${end}, ${MAX_ROWID}))`,
    params,
    last: `select ${end}`,
  }
}

/** What a chunk calls the row id, which `*` leaves out. */
const ROW = '" row id"'
const MAX_ROWID = '9223372036854775807'

/** One row for each file that something fits. The values of the rows meet an index over what the names may mean. */
function matches(table: Table, column: string, question: Question, rows: Chunk, names: string): Statement {
  const usesRow = rows.last !== null && table.primaryKeys.length === 0
  const keys = table.keys.map(({ sqlName }) => (usesRow ? ROW : `t.${quoted(sqlName)}`))
  const label = question.label === null ? 'null' : `substr(t.${quoted(question.label)}, 1, 100)`
  return {
    sql: `with names as materialized (
        select value ->> 0 as name, value ->> 1 as file, value ->> 2 as rank from json_each(:names)
      ) select names.file, best_rows(names.rank, row_address(:affinities, ${keys.join(', ')}), ${label}, t.${quoted(question.cells)})
      from ${rows.sql} as t cross join names on names.name = name_key(t.${quoted(column)}, :exact) group by names.file`,
    params: {
      ...rows.params,
      names,
      exact: question.exact ? 1 : 0,
      affinities: JSON.stringify(table.keys.map(({ affinity }) => affinity)),
    },
    limit: MAX_FILES,
  }
}

function keepBest(known: Map<number, BestRows>, file: number, found: BestRows): void {
  const before = known.get(file)
  if (before === undefined || before.rank < found.rank) known.set(file, found)
  else if (before.rank === found.rank) {
    const room = Math.max(0, MAX_ROWS_FOR_FILE - before.rows.length)
    known.set(file, {
      rank: found.rank,
      count: before.count + found.count,
      rows: [...before.rows, ...found.rows.slice(0, room)],
    })
  }
}
