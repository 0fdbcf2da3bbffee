import { statSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { MAX_TROUBLED, type Troubles } from '../../files/troubles.ts'
import { HoldallError } from '../../web/error.ts'
import type { ServedDatabase } from '../databases.ts'
import { identifier, quoted } from '../identifiers.ts'
import type { Statement } from '../reader/protocol.ts'
import type { Table } from '../schema.ts'
import type { SqliteValue } from '../value.ts'
import { readCell } from './cell.ts'

/** Rows that one read looks through, so that each is over in milliseconds and nobody waits for it. */
const CHUNK_ROWS = 2_000
/** All of a look may take so long, however many rows there are. */
const LOOK_LIMIT_MS = 20_000
/** What was written so shortly ago may be written to again without its file telling: some systems count whole seconds. */
const SETTLED_MS = 2_000
/** Columns whose look is remembered. */
const MAX_REMEMBERED = 100

/** The ids in the cells of a column that no file has; null where there are more than `MAX_TROUBLED`. */
export type Gone = (database: ServedDatabase, table: string, column: string) => Promise<readonly string[] | null>

interface Look {
  /** What it was made of: another file, or other rows, and it counts no more. */
  readonly of: string
  readonly found: Promise<readonly string[] | null>
}

/**
 * Looks through a column and asks the registry for each id. What was found is kept until some id has vanished or the
 * database was written to; however many ask meanwhile, there is one look.
 */
export function createGone(troubles: Pick<Troubles, 'nowhere' | 'vanished'>, now: () => number = Date.now): Gone {
  const looks = new Map<string, Look>()

  return async (database, table, column) => {
    const key = JSON.stringify([database.name, table, column])
    // Before it is looked: what changes meanwhile asks for another look.
    const { state, writtenAt } = stateOf(database.path)
    const of = `${await troubles.vanished()} ${state}`
    const known = looks.get(key)
    if (known?.of === of) {
      const found = await known.found
      // An id may have come back.
      return found === null || found.length === 0 ? found : await troubles.nowhere(found)
    }
    const found = lookThrough(database, table, column, troubles)
    looks.delete(key)
    if (now() - writtenAt < SETTLED_MS) return await found
    looks.set(key, { of, found })
    if (looks.size > MAX_REMEMBERED) looks.delete(looks.keys().next().value as string)
    found.catch(() => {
      if (looks.get(key)?.found === found) looks.delete(key)
    })
    return await found
  }
}

/** Changes with every transaction, whoever made it: what is not in the file yet is in its log. */
function stateOf(path: string): { readonly state: string; readonly writtenAt: number } {
  const files = [path, `${path}-wal`].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
  return {
    state: files.map((file) => (file === undefined ? '' : `${file.ino} ${file.size} ${file.mtimeNs}`)).join(' '),
    writtenAt: Math.max(...files.map((file) => Number(file?.mtimeMs ?? 0))),
  }
}

async function lookThrough(
  database: ServedDatabase,
  table: string,
  column: string,
  troubles: Pick<Troubles, 'nowhere'>,
): Promise<readonly string[] | null> {
  const deadline = Date.now() + LOOK_LIMIT_MS
  const gone = new Set<string>()
  for (let after: SqliteValue = null; ; ) {
    const chunk: Chunk = await readChunk(database, table, column, after)
    const ids = new Set(chunk.cells.flatMap((cell) => readCell(cell).ids))
    if (ids.size > 0) for (const id of await troubles.nowhere([...ids])) gone.add(id)
    if (gone.size > MAX_TROUBLED) return null
    if (chunk.next === null) return [...gone]
    if (Date.now() > deadline) throw new HoldallError('file_look_too_long', { column })
    after = chunk.next
    await turn()
  }
}

interface Chunk {
  readonly cells: readonly SqliteValue[]
  /** Where the next one begins; null after the last. */
  readonly next: SqliteValue
}

async function readChunk(database: ServedDatabase, name: string, column: string, after: SqliteValue): Promise<Chunk> {
  const { results } = await database.read((schema) => {
    const table = schema.tables.get(name)
    if (table?.columnsByName.has(column) !== true) return { statements: [] }
    if (table.rowid === null || table.isVirtual) return { statements: [allCells(table, column)] }
    return { statements: rowsAfter(table, table.rowid, column, after), options: { short: true } }
  })
  const [cells, last] = results
  const texts = (cells?.rows ?? []).map(([cell]) => cell ?? null)
  if (last !== undefined) return { cells: texts, next: last.rows[0]?.[0] ?? null }
  return { cells: texts.flatMap((list) => JSON.parse(String(list ?? '[]')) as string[]), next: null }
}

/** What there are no row ids to cut by is read at once. */
function allCells(table: Table, column: string): Statement {
  const cell = quoted(column)
  return {
    sql: `select json_group_array(distinct ${cell}) from ${identifier(table.name)} where typeof(${cell}) = 'text' and ${cell} <> ''`,
    limit: 1,
  }
}

function rowsAfter(table: Table, rowid: string, column: string, after: SqliteValue): Statement[] {
  const from = `from ${identifier(table.name)}${after === null ? '' : ` where ${rowid} > :after`} order by ${rowid} limit`
  const params: Record<string, SqliteValue> = after === null ? {} : { after }
  const cell = quoted(column)
  return [
    {
      sql: `select ${cell} from (select ${cell} ${from} ${CHUNK_ROWS}) where typeof(${cell}) = 'text' and ${cell} <> ''`,
      params,
      limit: CHUNK_ROWS,
    },
    { sql: `select ${rowid} ${from} 1 offset ${CHUNK_ROWS - 1}`, params, limit: 1 },
  ]
}
