import { type Kysely, sql, type Transaction } from 'kysely'
import type { Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import type { CellChange, CellOutcome } from '../write/protocol.ts'

export interface JournalCell extends CellChange {
  /** The files that it added. */
  readonly files: readonly string[]
  readonly outcome: CellOutcome | null
}

export async function readCells(read: Kysely<Schema>, id: string): Promise<JournalCell[]> {
  const rows = await read.selectFrom('attach_cells').selectAll().where('run_id', '=', id).orderBy('position').execute()
  return rows.map(({ row_key, before, after, files, outcome }) => ({
    key: row_key,
    before,
    after,
    files: JSON.parse(files) as string[],
    outcome,
  }))
}

/**
 * Writes down cells whose files are there at this moment, the first of them in the place `from`.
 * @throws HoldallError `attach_files_gone`
 */
export async function writeCells(
  trx: Transaction<Schema>,
  id: string,
  cells: readonly Omit<JournalCell, 'outcome'>[],
  from: number,
): Promise<void> {
  await demandFiles(
    trx,
    cells.flatMap(({ files }) => files),
  )
  await sql`INSERT INTO attach_cells (run_id, position, row_key, before, after, files)
    SELECT ${id}, cell.key + ${from}, cell.value ->> 'key', cell.value ->> 'before', cell.value ->> 'after', cell.value -> 'files'
    FROM json_each(${JSON.stringify(cells)}) AS cell`.execute(trx)
}

async function demandFiles(trx: Transaction<Schema>, files: readonly string[]): Promise<void> {
  const wanted = [...new Set(files)]
  const { rows } = await sql<{
    found: number
  }>`SELECT count(*) AS found FROM json_each(${JSON.stringify(wanted)}) AS wanted
    CROSS JOIN datasette_files AS f ON f.id = wanted.value`.execute(trx)
  const gone = wanted.length - Number(rows[0]?.found ?? 0)
  if (gone > 0) throw new HoldallError('attach_files_gone', { count: gone })
}
