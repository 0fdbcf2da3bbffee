import { setImmediate as turn } from 'node:timers/promises'
import { type Selectable, sql, type Transaction } from 'kysely'
import type { AttachLineTable, Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import { AT_ONCE, MAX_RUNS, PLAN_LIFETIME_MS } from './limits.ts'
import { LEFT_OUT, type OutlineLine } from './parts.ts'
import type { Line, LineState, RowChoice } from './plan.ts'
import {
  newRunId,
  type Pair,
  type Place,
  type PlannedMatch,
  placeColumns,
  type ReadPlan,
  type Replace,
  type Run,
  toRun,
} from './run.ts'
import { inBatches, type WriteOptions, wholeWritesTo, writesTo } from './writes.ts'

export interface PlansOptions extends WriteOptions {
  readonly now?: () => number
}

export type PlannedLine = Line & { readonly position: number }

/** A plan as somebody saw it: what they say of its lines holds for no other revision. */
export type SeenPlan = Pick<Run, 'id' | 'revision'>

/** The rows that files go to, by their lines; null: to be decided. */
export type Choices = ReadonlyMap<Pick<OutlineLine, 'position' | 'file'>, string | null>

export type Plans = ReturnType<typeof createPlans>

/** Runs that nobody has carried out yet: which file goes to which row, and what is still to be decided. */
export function createPlans({ database, before, now = Date.now }: PlansOptions) {
  const write = writesTo({ database, ...(before && { before }) })
  const writeWhole = wholeWritesTo({ database, ...(before && { before }) })

  /** Many lines are decided at once, or put in other places: whoever saw the plan as it was decides nothing in it. */
  async function revise(trx: Transaction<Schema>, plan: SeenPlan): Promise<void> {
    await demandSeen(trx, plan)
    await trx
      .updateTable('attach_runs')
      .set({ revision: plan.revision + 1 })
      .where('id', '=', plan.id)
      .execute()
  }

  async function forget(id: string): Promise<void> {
    const { length } = await files(id)
    await inBatches(length, (_, to) =>
      write('forget lines', (trx) =>
        sql`DELETE FROM attach_lines WHERE run_id = (SELECT id FROM attach_runs WHERE id = ${id} AND status = 'planned')
          AND position < ${to}`.execute(trx),
      ),
    )
    await write('forget plan', (trx) =>
      trx.deleteFrom('attach_runs').where('id', '=', id).where('status', '=', 'planned').execute(),
    )
  }

  /** Every file of a plan, in its order. */
  async function files(id: string): Promise<string[]> {
    const rows = await database.read
      .selectFrom('attach_lines')
      .select('file_id')
      .where('run_id', '=', id)
      .orderBy('position')
      .execute()
    return rows.map(({ file_id }) => file_id)
  }

  /** The files of a plan that go to a row. */
  async function pairs(id: string): Promise<Pair[]> {
    const rows = await database.read
      .selectFrom('attach_lines')
      .select(['file_id', 'chosen'])
      .where('run_id', '=', id)
      .where('chosen', '<>', LEFT_OUT)
      .orderBy('position')
      .execute()
    return rows.map(({ file_id, chosen }) => [file_id, chosen as string])
  }

  return {
    forget,
    files,
    pairs,

    /** Keeps a plan for its actor, and forgets those that nobody carried out for a week. Returns its id. */
    async add(
      place: Place & { readonly column: string },
      actorId: string | null,
      match: PlannedMatch,
      lines: readonly Line[],
    ): Promise<string> {
      const old = await database.read
        .selectFrom('attach_runs')
        .select('id')
        .where('status', '=', 'planned')
        .where('created_at', '<', new Date(now() - PLAN_LIFETIME_MS).toISOString())
        .execute()
      for (const plan of old) await forget(plan.id)
      const id = newRunId(now())
      const values = { ...placeColumns(place), actor_id: actorId, match: JSON.stringify(match), files: lines.length }
      await writeWhole('add plan', lines.length, async (trx) => {
        await trx
          .insertInto('attach_runs')
          .values({ id, ...values, status: 'planned' })
          .execute()
        await writeLines(trx, id, lines)
      })
      return id
    },

    /**
     * The same files, matched in another way.
     * @throws HoldallError `attach_plan_changed`, `attach_not_planned`
     */
    change: (plan: SeenPlan, match: PlannedMatch, lines: readonly Line[]): Promise<void> =>
      writeWhole('change plan', lines.length, async (trx) => {
        await revise(trx, plan)
        await trx
          .updateTable('attach_runs')
          .set({ match: JSON.stringify(match), files: lines.length })
          .where('id', '=', plan.id)
          .execute()
        // A file that went to several rows is in it once.
        await trx.deleteFrom('attach_lines').where('run_id', '=', plan.id).execute()
        await writeLines(trx, plan.id, lines)
      }),

    /** Keeps what a plan was decided to replace, for when it is matched again. */
    async replacing(id: string, replace: Replace): Promise<void> {
      await write('replacing', (trx) =>
        sql`UPDATE attach_runs SET match = json_set(match, '$.replace', json(${JSON.stringify(replace)}))
          WHERE id = ${id} AND status = 'planned'`.execute(trx),
      )
    },

    /** The plans of an actor for a table, newest first. */
    async unfinished({ database: name, table }: Place, actorId: string | null): Promise<Run[]> {
      const rows = await database.read
        .selectFrom('attach_runs')
        .selectAll()
        .where('database_name', '=', name)
        .where('table_name', '=', table)
        .where('status', '=', 'planned')
        .where('actor_id', actorId === null ? 'is' : '=', actorId)
        .orderBy('id', 'desc')
        .limit(MAX_RUNS)
        .execute()
      return rows.map((row) => toRun(row))
    },

    async counts(id: string): Promise<Map<LineState, number>> {
      const rows = await database.read
        .selectFrom('attach_lines')
        .select(({ fn }) => ['state', fn.countAll<number>().as('lines')])
        .where('run_id', '=', id)
        .groupBy('state')
        .execute()
      return new Map(rows.map(({ state, lines }) => [state as LineState, Number(lines)]))
    },

    /** All of a plan, without the rows that are offered. */
    async outline(id: string): Promise<OutlineLine[]> {
      const lines: OutlineLine[] = []
      for (;;) {
        const { rows } = await sql<OutlineLine>`SELECT position, file_id AS file, state, chosen,
            CASE WHEN row_count = 1 THEN rows ->> '$[0].key' END AS fits
          FROM attach_lines WHERE run_id = ${id} AND position > ${lines.at(-1)?.position ?? -1}
          ORDER BY position LIMIT ${AT_ONCE}`.execute(database.read)
        lines.push(...rows)
        if (rows.length < AT_ONCE) return lines
        await turn()
      }
    },

    /** Lines by their places, in their order. */
    async linesAt(id: string, positions: readonly number[]): Promise<PlannedLine[]> {
      if (positions.length === 0) return []
      const rows = await database.read
        .selectFrom('attach_lines')
        .selectAll()
        .where('run_id', '=', id)
        .where('position', 'in', positions)
        .orderBy('position')
        .execute()
      return rows.map((row) => toLine(row))
    },

    /**
     * The pairs of a plan that is to be carried out, and how often rows had been chosen in it: what is chosen while it is
     * begun is not carried out, and `begin` refuses it.
     * @throws HoldallError `attach_plan_changed`, `attach_not_planned`
     */
    async pairsToWrite(plan: SeenPlan): Promise<{ readonly pairs: Pair[]; readonly plan: ReadPlan }> {
      const { choices } = await demandSeen(database.read, plan)
      return { pairs: await pairs(plan.id), plan: { id: plan.id, revision: plan.revision, choices } }
    },

    /** All lines of a plan; of a run that was carried out those that no row has taken. */
    async allLines(id: string): Promise<PlannedLine[]> {
      const rows = await database.read
        .selectFrom('attach_lines')
        .selectAll()
        .where('run_id', '=', id)
        .orderBy('position')
        .execute()
      return rows.map((row) => toLine(row))
    },

    /**
     * Decides lines that somebody has before their eyes.
     * @throws HoldallError `attach_plan_changed`, `attach_not_planned`
     */
    async choose(plan: SeenPlan, choices: Choices): Promise<void> {
      if (choices.size === 0) return
      await writeWhole('choose rows', choices.size, async (trx) => {
        await demandSeen(trx, plan)
        await choose(trx, plan.id, choices)
      })
    },

    /**
     * Decides many lines at once: what was drawn before does not show it, and decides no more.
     * @throws HoldallError `attach_plan_changed`, `attach_not_planned`
     */
    chooseMany: (plan: SeenPlan, choices: Choices): Promise<void> =>
      writeWhole('choose all rows', choices.size, async (trx) => {
        await revise(trx, plan)
        await choose(trx, plan.id, choices)
      }),
  }
}

/** @throws HoldallError `attach_plan_changed`, `attach_not_planned` */
async function demandSeen(
  reader: Pick<Transaction<Schema>, 'selectFrom'>,
  { id, revision }: SeenPlan,
): Promise<{ readonly choices: number }> {
  const run = await reader
    .selectFrom('attach_runs')
    .select(['status', 'revision', 'choices'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (run === undefined) throw new HoldallError('attach_run_not_found')
  if (run.status !== 'planned') throw new HoldallError('attach_not_planned', { status: run.status })
  if (run.revision !== revision) throw new HoldallError('attach_plan_changed')
  return run
}

async function writeLines(trx: Transaction<Schema>, id: string, lines: readonly Line[]): Promise<void> {
  for (let from = 0; from < lines.length; from += AT_ONCE) {
    const batch = JSON.stringify(lines.slice(from, from + AT_ONCE).map(valuesOf))
    await sql`INSERT INTO attach_lines (run_id, position, file_id, state, rows, row_count, chosen, note)
      SELECT ${id}, line.key + ${from}, line.value ->> 0, line.value ->> 1, line.value ->> 2, line.value ->> 3, line.value ->> 4, line.value ->> 5
      FROM json_each(${batch}) AS line`.execute(trx)
  }
}

/** @throws HoldallError `attach_plan_changed` where a line is of another file */
async function choose(trx: Transaction<Schema>, id: string, choices: Choices): Promise<void> {
  // With the run in each of them SQLite looks up every line; else it walks through all lines of the plan for each.
  const all = [...choices].map(([{ position, file }, key]) => [id, position, file, key])
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const batch = all.slice(from, from + AT_ONCE)
    const { numAffectedRows } =
      await sql`UPDATE attach_lines SET chosen = choice.value ->> 3 FROM json_each(${JSON.stringify(batch)}) AS choice
        WHERE run_id = choice.value ->> 0 AND position = choice.value ->> 1 AND file_id = choice.value ->> 2`.execute(
        trx,
      )
    if (numAffectedRows !== BigInt(batch.length)) throw new HoldallError('attach_plan_changed')
  }
  await sql`UPDATE attach_runs SET choices = choices + 1 WHERE id = ${id}`.execute(trx)
}

function valuesOf({ file, state, rows, rowCount, chosen, note }: Line) {
  return [file, state, JSON.stringify(rows), rowCount, chosen, note]
}

function toLine(row: Selectable<AttachLineTable>): PlannedLine {
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
