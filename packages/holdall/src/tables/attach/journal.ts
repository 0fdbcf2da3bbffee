import { sql } from 'kysely'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'
import { HoldallError } from '../../web/error.ts'
import type { CellOutcome } from '../write/protocol.ts'
import { type JournalCell, readCells, writeCells } from './journal-cells.ts'
import { MAX_RUNS } from './limits.ts'
import { LEFT_OUT } from './parts.ts'
import { type Place, type PlannedMatch, placeColumns, type ReadPlan, type Run, toRun } from './run.ts'
import { inBatches, type WriteOptions, writesTo } from './writes.ts'

export interface JournalOptions extends WriteOptions {
  readonly now?: () => number
}

export type Journal = ReturnType<typeof createJournal>

/** What runs write and what stood there, in the internal database: known there before the served database changes. */
export function createJournal({ database, before, now = Date.now }: JournalOptions) {
  const write = writesTo({ database, ...(before && { before }) })
  const time = () => new Date(now()).toISOString()
  const taken = () => ({ process: THIS_PROCESS, since: time() })

  async function find(id: string): Promise<Run | undefined> {
    const row = await database.read.selectFrom('attach_runs').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toRun(row)
  }

  return {
    find,

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
      const longAgo = new Date(now() - ABANDONED_MS).toISOString()
      return (await query.execute()).flatMap((row) => {
        const run = toRun(row)
        if (run.process === THIS_PROCESS) return mine.has(run.id) ? [] : [run]
        const alive = run.process === null ? false : isAlive(run.process)
        return alive === false || (alive === undefined && (row.since ?? '') < longAgo) ? [run] : []
      })
    },

    /**
     * Takes the table for a run, then writes down its cells. Once this has ended, and not before, the served database may
     * change: a run with fewer cells here than it says has changed nothing. The files of a cell are there when it is written
     * down. Whoever called this ends a run that could not be written down with `failed`.
     *
     * @throws HoldallError `attach_busy`, `attach_not_planned`, `attach_plan_changed`, `attach_files_gone`
     */
    async begin(
      {
        id,
        plan,
        match,
        ...place
      }: Place & {
        readonly column: string
        readonly id: string
        /** The plan that it carries out; null where pairs were given. */
        readonly plan: ReadPlan | null
        /** How a run was matched that had no plan. */
        readonly match?: PlannedMatch | undefined
      },
      actorId: string | null,
      cells: readonly Omit<JournalCell, 'outcome'>[],
    ): Promise<void> {
      const files = cells.reduce((sum, cell) => sum + cell.files.length, 0)
      const working = { status: 'applying', cells: cells.length, files, ...taken() } as const
      await oneOfATable(() =>
        write('begin run', async (trx) => {
          if (plan === null) {
            await trx
              .insertInto('attach_runs')
              .values({
                id,
                ...placeColumns(place),
                actor_id: actorId,
                match: match === undefined ? null : JSON.stringify(match),
                ...working,
              })
              .execute()
            return
          }
          const { numUpdatedRows } = await trx
            .updateTable('attach_runs')
            .set({ ...working, failure_reason: null })
            .where('id', '=', id)
            .where('status', '=', 'planned')
            // What was chosen after the pairs were read is not among them, and would be forgotten with the plan.
            .where('revision', '=', plan.revision)
            .where('choices', '=', plan.choices)
            .executeTakeFirst()
          if (numUpdatedRows > 0n) return
          const { status } = await trx
            .selectFrom('attach_runs')
            .select('status')
            .where('id', '=', id)
            .executeTakeFirstOrThrow()
          if (status === 'planned') throw new HoldallError('attach_plan_changed')
          throw new HoldallError('attach_not_planned', { status: 'begun' })
        }),
      )
      await inBatches(cells.length, (from, to) =>
        write('journal cells', (trx) => writeCells(trx, id, cells.slice(from, to), from)),
      )
    },

    cells: (id: string): Promise<JournalCell[]> => readCells(database.read, id),

    /** Cells, by their places, whose new file is to have the description of the one before. */
    async describe(id: string, positions: readonly number[]): Promise<void> {
      await write('describe cells', (trx) =>
        sql`UPDATE attach_cells SET described = 1
          WHERE run_id = ${id} AND position IN (SELECT value FROM json_each(${JSON.stringify(positions)}))`.execute(
          trx,
        ),
      )
    },

    async described(id: string): Promise<Set<number>> {
      const rows = await database.read
        .selectFrom('attach_cells')
        .select('position')
        .where('run_id', '=', id)
        .where('described', '=', 1)
        .execute()
      return new Set(rows.map(({ position }) => position))
    },

    /** The ids of the sources that the files of a run are in. */
    async sourcesOf(id: string): Promise<Set<number>> {
      const { rows } = await sql<{
        source: number
      }>`SELECT DISTINCT source_id AS source FROM datasette_files WHERE id IN (
        SELECT file_id FROM attach_lines WHERE run_id = ${id}
        UNION ALL SELECT value FROM attach_cells, json_each(files) WHERE run_id = ${id})`.execute(database.read)
      return new Set(rows.map(({ source }) => Number(source)))
    },

    /** A file that somebody attached last: to the column, else to another one of the table. */
    async lastFile(place: Place & { readonly column: string }, actorId: string | null): Promise<string | undefined> {
      const { rows } = await sql<{ file: string | null }>`SELECT files ->> 0 AS file FROM attach_cells
        WHERE position = 0 AND run_id = (SELECT id FROM attach_runs
          WHERE database_name = ${place.database} AND table_name = ${place.table} AND actor_id IS ${actorId}
            AND applied_at IS NOT NULL
          ORDER BY column_name = ${place.column} DESC, id DESC LIMIT 1)`.execute(database.read)
      return rows[0]?.file ?? undefined
    },

    /** The served database has it. Of its plan only the lines are needed that no row has taken. */
    async applied(id: string): Promise<void> {
      await write('applied run', async (trx) => {
        await trx
          .updateTable('attach_runs')
          .set({ status: 'applied', applied_at: time(), ...ENDED })
          .where('id', '=', id)
          .where('status', '=', 'applying')
          .execute()
        await trx.deleteFrom('attach_lines').where('run_id', '=', id).where('chosen', '<>', LEFT_OUT).execute()
      })
    },

    /** Nothing of it was written. A run that was planned is a plan again, to be looked at and tried again. */
    async failed(id: string, reason: string): Promise<void> {
      const { cells = 0 } = (await find(id)) ?? {}
      await inBatches(cells, (_, to) =>
        write('forget cells', (trx) =>
          sql`DELETE FROM attach_cells WHERE run_id = (SELECT id FROM attach_runs WHERE id = ${id} AND status = 'applying')
            AND position < ${to}`.execute(trx),
        ),
      )
      await write('failed run', async (trx) => {
        const plan = await trx.selectFrom('attach_lines').select('position').where('run_id', '=', id).executeTakeFirst()
        await trx
          .updateTable('attach_runs')
          .set({ status: plan ? 'planned' : 'failed', failure_reason: reason, ...ENDED })
          .where('id', '=', id)
          .where('status', '=', 'applying')
          .execute()
      })
    },

    /** @throws HoldallError `attach_busy`, `attach_not_applied` */
    beginUndo(id: string, actorId: string | null): Promise<void> {
      return oneOfATable(() =>
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
          .set({ status: 'undone', undone_at: time(), restored, ...ENDED })
          .where('id', '=', id)
          .where('status', '=', 'undoing')
          .execute()
      })
    },

    /** Undoing did not begin: all stands as it stood. */
    async stands(id: string): Promise<void> {
      await write('applied again', (trx) =>
        trx
          .updateTable('attach_runs')
          .set({ status: 'applied', undone_by: null, ...ENDED })
          .where('id', '=', id)
          .where('status', '=', 'undoing')
          .execute(),
      )
    },
  }
}

/** A process of another host that said nothing for so long is no more, or will find that its turn is over. */
const ABANDONED_MS = 10 * 60 * 1000
/** Nobody is writing it. */
const ENDED = { process: null, since: null } as const
const UNIQUE = 2067

/** Only one run of a table is applying or undoing at a time. @throws HoldallError `attach_busy` */
async function oneOfATable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if ((error as { errcode?: number }).errcode === UNIQUE) throw new HoldallError('attach_busy', {}, { cause: error })
    throw error
  }
}
