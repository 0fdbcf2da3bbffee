import { type Selectable, sql, type Transaction } from 'kysely'
import { ulid } from 'ulid'
import type { InternalDatabase } from '../../database/internal.ts'
import type { AttachLineTable, AttachRunTable, AttachStatus, Schema } from '../../database/schema.ts'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'
import { HoldallError } from '../../web/error.ts'
import type { CellChange, CellOutcome } from '../write/protocol.ts'
import { MAX_RUNS, PAGE_LINES, PLAN_LIFETIME_MS } from './limits.ts'
import type { Match } from './names.ts'
import type { Line, LineState, RowChoice } from './plan.ts'

export interface Place {
  readonly database: string
  readonly table: string
}

/** One run, as the journal knows it. */
export interface Run extends Place {
  readonly id: string
  readonly column: string
  readonly actorId: string | null
  readonly status: AttachStatus
  /** How its plan was matched, and what was said about it; null for pairs that were given. */
  readonly match: PlannedMatch | null
  readonly files: number
  readonly cells: number
  readonly restored: number | null
  readonly failureReason: string | null
  /** ISO 8601 in UTC. */
  readonly createdAt: string
  readonly appliedAt: string | null
  readonly undoneAt: string | null
  readonly undoneBy: string | null
  readonly process: string | null
}

export interface PlannedMatch extends Match {
  readonly replace: boolean
  /** Whether every row was looked at before the time was over. */
  readonly complete: boolean
}

export interface JournalCell extends CellChange {
  /** The files that it added. */
  readonly files: readonly string[]
  readonly outcome: CellOutcome | null
}

export type JournalLine = Line & { readonly position: number }

/** A write to the journal is one transaction; `name` says which, for tests that end the process before one of them. */
export type JournalWrite = <Result>(
  name: string,
  work: (trx: Transaction<Schema>) => Promise<Result>,
) => Promise<Result>

export interface JournalOptions {
  readonly database: InternalDatabase
  readonly before?: (call: string) => void
  readonly now?: () => number
}

export function newRunId(now: number = Date.now()): string {
  return ulid(now).toLowerCase()
}

export type Journal = ReturnType<typeof createJournal>

/** What runs planned, wrote and found, in the internal database. */
export function createJournal({ database, before, now = Date.now }: JournalOptions) {
  const write: JournalWrite = (name, work) => {
    before?.(name)
    return database.write(work)
  }
  const time = () => new Date(now()).toISOString()

  async function setStatus(
    id: string,
    from: AttachStatus,
    values: { readonly status: AttachStatus; readonly undone_by?: null },
  ): Promise<void> {
    await write(`${values.status} run`, (trx) =>
      trx
        .updateTable('attach_runs')
        .set({ ...values, process: null, since: null })
        .where('id', '=', id)
        .where('status', '=', from)
        .execute(),
    )
  }

  return {
    async find(id: string): Promise<Run | undefined> {
      const row = await database.read.selectFrom('attach_runs').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toRun(row)
    },

    /** What was written to a table, newest first, and what its undoing came to. */
    async history({ database: name, table }: Place): Promise<Run[]> {
      const rows = await database.read
        .selectFrom('attach_runs')
        .selectAll()
        .where('database_name', '=', name)
        .where('table_name', '=', table)
        .where('status', '!=', 'planned')
        .orderBy('id', 'desc')
        .limit(MAX_RUNS)
        .execute()
      return rows.map((row) => toRun(row))
    },

    /** Runs whose writing nobody has told the end of, and whose process is no more. `mine` are those that run here. */
    async unsettled(mine: ReadonlySet<string>, place?: Place): Promise<Run[]> {
      let query = database.read.selectFrom('attach_runs').selectAll().where('status', 'in', ['applying', 'undoing'])
      if (place) query = query.where('database_name', '=', place.database).where('table_name', '=', place.table)
      const rows = (await query.execute()).map((row) => ({ run: toRun(row), since: row.since }))
      const longAgo = new Date(now() - ABANDONED_MS).toISOString()
      return rows.flatMap(({ run, since }) => {
        if (run.process === THIS_PROCESS) return mine.has(run.id) ? [] : [run]
        const alive = run.process === null ? false : isAlive(run.process)
        return alive === false || (alive === undefined && (since ?? '') < longAgo) ? [run] : []
      })
    },

    /** Keeps a plan for its actor; plans that nobody carried out go after a week. */
    plan(
      place: Place & { readonly column: string },
      actorId: string | null,
      match: PlannedMatch,
      lines: readonly Line[],
    ) {
      const id = newRunId(now())
      return write('plan run', async (trx) => {
        await trx
          .deleteFrom('attach_runs')
          .where('status', '=', 'planned')
          .where('created_at', '<', new Date(now() - PLAN_LIFETIME_MS).toISOString())
          .execute()
        await trx
          .insertInto('attach_runs')
          .values({
            id,
            ...named(place),
            actor_id: actorId,
            status: 'planned',
            match: JSON.stringify(match),
            files: lines.length,
          })
          .execute()
        await insertLines(trx, id, lines)
        return id
      })
    },

    /** Puts a plan in the place of another. */
    planAgain(id: string, column: string, match: PlannedMatch, lines: readonly Line[]): Promise<void> {
      return write('plan run again', async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('attach_runs')
          .set({ column_name: column, match: JSON.stringify(match) })
          .where('id', '=', id)
          .where('status', '=', 'planned')
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return
        await trx.deleteFrom('attach_lines').where('run_id', '=', id).execute()
        await insertLines(trx, id, lines)
      })
    },

    async forget(id: string): Promise<void> {
      await write('forget run', (trx) =>
        trx.deleteFrom('attach_runs').where('id', '=', id).where('status', '=', 'planned').execute(),
      )
    },

    async counts(id: string): Promise<{ states: Map<LineState, number>; chosen: number }> {
      const rows = await database.read
        .selectFrom('attach_lines')
        .select(({ fn }) => ['state', fn.countAll<number>().as('lines'), fn.count<number>('chosen').as('chosen')])
        .where('run_id', '=', id)
        .groupBy('state')
        .execute()
      return {
        states: new Map(rows.map(({ state, lines }) => [state as LineState, Number(lines)])),
        chosen: rows.reduce((sum, { chosen }) => sum + Number(chosen), 0),
      }
    },

    /** One page of a plan; `from` is the place of its first line among those of the states. */
    async lines(id: string, states: readonly LineState[], from: number): Promise<JournalLine[]> {
      const rows = await database.read
        .selectFrom('attach_lines')
        .selectAll()
        .where('run_id', '=', id)
        .where('state', 'in', states)
        .orderBy('position')
        .limit(PAGE_LINES)
        .offset(from)
        .execute()
      return rows.map((row) => toLine(row))
    },

    /** Every file of a plan, in its order. */
    async files(id: string): Promise<string[]> {
      const rows = await database.read
        .selectFrom('attach_lines')
        .select('file_id')
        .where('run_id', '=', id)
        .orderBy('position')
        .execute()
      return rows.map(({ file_id }) => file_id)
    },

    /** The files of a plan that go to a row. */
    async pairs(id: string): Promise<(readonly [file: string, key: string])[]> {
      const rows = await database.read
        .selectFrom('attach_lines')
        .select(['file_id', 'chosen'])
        .where('run_id', '=', id)
        .where('chosen', 'is not', null)
        .orderBy('position')
        .execute()
      return rows.map(({ file_id, chosen }) => [file_id, chosen as string])
    },

    async choose(id: string, choices: ReadonlyMap<number, string | null>): Promise<void> {
      if (choices.size === 0) return
      const chosen = JSON.stringify([...choices])
      await write('choose rows', (trx) =>
        sql`UPDATE attach_lines SET chosen = choice.value ->> 1 FROM json_each(${chosen}) AS choice
          WHERE run_id = ${id} AND position = choice.value ->> 0`.execute(trx),
      )
    },

    /**
     * The journal of a run, before anything is written to the served database. The files are there at this moment.
     * @throws HoldallError `attach_busy`, `attach_files_gone`, `attach_not_planned`
     */
    async begin(
      { id, ...run }: Place & { readonly column: string; readonly id: string; readonly isPlanned: boolean },
      actorId: string | null,
      cells: readonly Omit<JournalCell, 'outcome'>[],
    ): Promise<void> {
      const files = cells.flatMap((cell) => cell.files)
      const working = { status: 'applying', cells: cells.length, files: files.length, ...taken() } as const
      return busy(() =>
        write('begin run', async (trx) => {
          await demandFiles(trx, files)
          if (!run.isPlanned) {
            await trx
              .insertInto('attach_runs')
              .values({ id, ...named(run), actor_id: actorId, ...working })
              .execute()
          } else {
            const { numUpdatedRows } = await trx
              .updateTable('attach_runs')
              .set(working)
              .where('id', '=', id)
              .where('status', '=', 'planned')
              .executeTakeFirst()
            if (numUpdatedRows === 0n) throw new HoldallError('attach_not_planned', { status: 'begun' })
          }
          await sql`INSERT INTO attach_cells (run_id, position, row_key, before, after, files)
            SELECT ${id}, cell.key, cell.value ->> 'key', cell.value ->> 'before', cell.value ->> 'after', cell.value -> 'files'
            FROM json_each(${JSON.stringify(cells)}) AS cell`.execute(trx)
        }),
      )
    },

    async cells(id: string): Promise<JournalCell[]> {
      const rows = await database.read
        .selectFrom('attach_cells')
        .selectAll()
        .where('run_id', '=', id)
        .orderBy('position')
        .execute()
      return rows.map(({ row_key, before, after, files, outcome }) => ({
        key: row_key,
        before,
        after,
        files: JSON.parse(files) as string[],
        outcome,
      }))
    },

    /** The served database has it. The lines of its plan are no longer needed. */
    async applied(id: string): Promise<void> {
      await write('applied run', async (trx) => {
        await trx
          .updateTable('attach_runs')
          .set({ status: 'applied', applied_at: time(), process: null, since: null })
          .where('id', '=', id)
          .where('status', '=', 'applying')
          .execute()
        await trx.deleteFrom('attach_lines').where('run_id', '=', id).execute()
      })
    },

    /** Nothing of it was written. A run that was planned is a plan again, to be looked at and tried again. */
    async failed(id: string, reason: string): Promise<void> {
      await write('failed run', async (trx) => {
        const plan = await trx.selectFrom('attach_lines').select('position').where('run_id', '=', id).executeTakeFirst()
        await trx
          .updateTable('attach_runs')
          .set({ status: plan ? 'planned' : 'failed', failure_reason: reason, process: null, since: null })
          .where('id', '=', id)
          .where('status', '=', 'applying')
          .execute()
        await trx.deleteFrom('attach_cells').where('run_id', '=', id).execute()
      })
    },

    /** @throws HoldallError `attach_busy`, `attach_not_applied` */
    beginUndo(id: string, actorId: string | null): Promise<void> {
      return busy(() =>
        write('begin undo', async (trx) => {
          const { numUpdatedRows } = await trx
            .updateTable('attach_runs')
            .set({ status: 'undoing', undone_by: actorId, ...taken() })
            .where('id', '=', id)
            .where('status', '=', 'applied')
            .executeTakeFirst()
          if (numUpdatedRows === 0n) throw new HoldallError('attach_not_applied', { status: 'undone' })
        }),
      )
    },

    async undone(id: string, outcomes: readonly (readonly [key: string, outcome: CellOutcome])[]): Promise<void> {
      const restored = outcomes.filter(([, outcome]) => outcome === 'restored').length
      await write('undone run', async (trx) => {
        await trx.updateTable('attach_cells').set({ outcome: 'restored' }).where('run_id', '=', id).execute()
        for (const other of ['changed', 'gone'] as const) {
          const keys = outcomes.flatMap(([key, outcome]) => (outcome === other ? [key] : []))
          if (keys.length === 0) continue
          await sql`UPDATE attach_cells SET outcome = ${other}
            WHERE run_id = ${id} AND row_key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`.execute(trx)
        }
        await trx
          .updateTable('attach_runs')
          .set({ status: 'undone', undone_at: time(), restored, process: null, since: null })
          .where('id', '=', id)
          .where('status', '=', 'undoing')
          .execute()
      })
    },

    /** Undoing did not begin: all stands as it stood. */
    stands: (id: string) => setStatus(id, 'undoing', { status: 'applied', undone_by: null }),
  }

  function taken() {
    return { process: THIS_PROCESS, since: time() }
  }
}

/** A process of another host that said nothing for so long is no more, or will find that its turn is over. */
const ABANDONED_MS = 10 * 60 * 1000
const UNIQUE = 2067

async function busy<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if ((error as { errcode?: number }).errcode === UNIQUE) throw new HoldallError('attach_busy', {}, { cause: error })
    throw error
  }
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

async function insertLines(trx: Transaction<Schema>, id: string, lines: readonly Line[]): Promise<void> {
  const written = lines.map(({ file, state, rows, rowCount, chosen, note }) => [
    file,
    state,
    JSON.stringify(rows),
    rowCount,
    chosen,
    note,
  ])
  await sql`INSERT INTO attach_lines (run_id, position, file_id, state, rows, row_count, chosen, note)
    SELECT ${id}, line.key, line.value ->> 0, line.value ->> 1, line.value ->> 2, line.value ->> 3, line.value ->> 4, line.value ->> 5
    FROM json_each(${JSON.stringify(written)}) AS line`.execute(trx)
}

function named({ database, table, column }: Place & { readonly column: string }) {
  return { database_name: database, table_name: table, column_name: column }
}

function toLine(row: Selectable<AttachLineTable>): JournalLine {
  return {
    position: row.position,
    file: row.file_id,
    state: row.state as LineState,
    rows: JSON.parse(row.rows) as RowChoice[],
    rowCount: row.row_count,
    chosen: row.chosen,
    note: row.note,
  }
}

function toRun(row: Selectable<AttachRunTable>): Run {
  return {
    id: row.id,
    database: row.database_name,
    table: row.table_name,
    column: row.column_name,
    actorId: row.actor_id,
    status: row.status,
    match: row.match === null ? null : (JSON.parse(row.match) as PlannedMatch),
    files: row.files,
    cells: row.cells,
    restored: row.restored,
    failureReason: row.failure_reason,
    createdAt: row.created_at,
    appliedAt: row.applied_at,
    undoneAt: row.undone_at,
    undoneBy: row.undone_by,
    process: row.process,
  }
}
