import { randomBytes } from 'node:crypto'
import type { Selectable, Transaction, Updateable } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema, SyncRunTable } from '../../database/schema.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'
import { dropPagesNotMet } from './known-pages.ts'
import { KEPT_RUNS, LEASE_MS } from './limits.ts'

/** One run over a source's listing. Only one of a source is running at a time. */
export type SyncRun = Omit<Selectable<SyncRunTable>, 'lease_owner' | 'lease_until' | 'lease_process' | 'fence'>

/** The right to work on a run, until the fence has moved on. */
export interface RunLease {
  readonly run: SyncRun
  readonly fence: number
  /** Aborts when the lease was lost, or whoever holds it stops. */
  readonly signal: AbortSignal
}

/** Somebody else has taken the run over. Never reaches a client. */
export class RunLost extends Error {
  constructor(id: number) {
    super(`The lease of sync run ${id} was taken over`)
    this.name = 'RunLost'
  }
}

export type RunChange = Pick<
  Updateable<SyncRunTable>,
  | 'status'
  | 'phase'
  | 'cursor'
  | 'listed'
  | 'added'
  | 'changed'
  | 'missing'
  | 'returned'
  | 'left_out'
  | 'failure_reason'
>

export type RunStore = ReturnType<typeof createRunStore>

export interface RunStoreOptions {
  readonly database: InternalDatabase
  readonly before: BeforeIo
  readonly now: () => number
}

/** Sync runs in the internal database. Every change names the fence that it was made under. */
export function createRunStore({ database, before, now }: RunStoreOptions) {
  const owner = randomBytes(12).toString('hex')
  const held = new Map<number, { fence: number; abort: AbortController }>()
  let interrupted = false

  function write<Result>(name: string, work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    before(`database: ${name}`)
    return database.write(work)
  }

  function time(offset = 0): string {
    return new Date(now() + offset).toISOString()
  }

  function taken() {
    return { lease_owner: owner, lease_process: THIS_PROCESS, lease_until: time(LEASE_MS) }
  }

  function hold(row: Selectable<SyncRunTable>): RunLease {
    const abort = new AbortController()
    held.set(row.id, { fence: row.fence, abort })
    if (interrupted) abort.abort(new RunLost(row.id))
    return { run: toRun(row), fence: row.fence, signal: abort.signal }
  }

  /** The lease of a running run, unless somebody works on it. One of a dead process is free at once. */
  async function claim(id: number): Promise<RunLease | undefined> {
    const row = await database.read
      .selectFrom('sync_runs')
      .selectAll()
      .where('id', '=', id)
      .where('status', '=', 'running')
      .executeTakeFirst()
    if (row === undefined || held.has(id) || !isFree(row)) return undefined
    const claimed = await write('claim sync', (trx) =>
      trx
        .updateTable('sync_runs')
        .set({ ...taken(), fence: row.fence + 1 })
        .where('id', '=', id)
        .where('status', '=', 'running')
        .where('fence', '=', row.fence)
        .returningAll()
        .executeTakeFirst(),
    )
    return claimed && hold(claimed)
  }

  function isFree({ lease_until, lease_process }: Selectable<SyncRunTable>): boolean {
    if (lease_until === null || lease_until < time()) return true
    return lease_process !== null && isAlive(lease_process) === false
  }

  return {
    claim,

    /** The run of a source that is under way, or a new one; with its lease unless somebody else works on it. */
    async begin(sourceId: number, startedBy: string | null): Promise<{ run: SyncRun; lease: RunLease | undefined }> {
      const { row, fresh } = await write('begin sync', async (trx) => {
        const open = await trx
          .selectFrom('sync_runs')
          .selectAll()
          .where('source_id', '=', sourceId)
          .where('status', '=', 'running')
          .executeTakeFirst()
        if (open !== undefined) return { row: open, fresh: false }
        const row = await trx
          .insertInto('sync_runs')
          .values({
            source_id: sourceId,
            status: 'running',
            started_at: time(),
            started_by: startedBy,
            fence: 1,
            ...taken(),
          })
          .returningAll()
          .executeTakeFirstOrThrow()
        return { row, fresh: true }
      })
      const lease = fresh ? hold(row) : await claim(row.id)
      return { run: lease?.run ?? toRun(row), lease }
    },

    /**
     * Changes the run under its lease, and in the same transaction whatever `work` does first; what it returns is
     * added to the change. Renews the lease. @throws RunLost
     */
    async record(
      lease: RunLease,
      name: string,
      change: RunChange,
      work?: (trx: Transaction<Schema>) => Promise<RunChange>,
    ): Promise<SyncRun> {
      const ends = change.status !== undefined
      const transact = async (trx: Transaction<Schema>) => {
        const more = await work?.(trx)
        const changed = await trx
          .updateTable('sync_runs')
          .set({
            ...change,
            ...more,
            ...(ends
              ? { finished_at: time(), lease_owner: null, lease_process: null, lease_until: null, cursor: null }
              : { lease_until: time(LEASE_MS) }),
          })
          .where('id', '=', lease.run.id)
          .where('fence', '=', lease.fence)
          .where('lease_owner', '=', owner)
          .where('status', '=', 'running')
          .returningAll()
          .executeTakeFirst()
        if (changed === undefined) throw new RunLost(lease.run.id)
        if (ends) await tidy(trx, changed)
        return changed
      }
      before(`database: ${name}`)
      // What a page brought is kept or lost together with the place to go on from: lost, it is listed again.
      const row = await (ends ? database.write(transact) : database.writeInBulk(transact))
      if (ends) held.delete(lease.run.id)
      return toRun(row)
    },

    /** Gives the run back as it is, for the next process to go on with at once. */
    async release(lease: RunLease): Promise<void> {
      if (!held.delete(lease.run.id)) return
      await write('release sync', (trx) =>
        trx
          .updateTable('sync_runs')
          .set({ lease_owner: null, lease_process: null, lease_until: null, fence: lease.fence + 1 })
          .where('id', '=', lease.run.id)
          .where('fence', '=', lease.fence)
          .where('status', '=', 'running')
          .execute(),
      )
    },

    /** Aborts whatever is done under a lease held here, now or later. */
    interrupt(): void {
      interrupted = true
      for (const [id, { abort }] of held) abort.abort(new RunLost(id))
    },

    /** Renews the leases held here, and aborts those that were lost. */
    async heartbeat(): Promise<void> {
      for (const [id, { fence, abort }] of held) {
        const renewed = await database.write((trx) =>
          trx
            .updateTable('sync_runs')
            .set({ lease_until: time(LEASE_MS) })
            .where('id', '=', id)
            .where('fence', '=', fence)
            .where('status', '=', 'running')
            .returning('id')
            .executeTakeFirst(),
        )
        if (renewed !== undefined || held.get(id)?.fence !== fence) continue
        held.delete(id)
        abort.abort(new RunLost(id))
      }
    },

    /** Runs that have not ended, whoever works on them. */
    async unfinished(): Promise<SyncRun[]> {
      const rows = await database.read.selectFrom('sync_runs').selectAll().where('status', '=', 'running').execute()
      return rows.map(toRun)
    },

    async get(id: number): Promise<SyncRun | undefined> {
      const row = await database.read.selectFrom('sync_runs').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toRun(row)
    },

    /** The newest run of a source: its state. */
    async newest(sourceId: number, status?: SyncRun['status']): Promise<SyncRun | undefined> {
      const row = await database.read
        .selectFrom('sync_runs')
        .selectAll()
        .where('source_id', '=', sourceId)
        .$if(status !== undefined, (query) => query.where('status', '=', status as SyncRun['status']))
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row && toRun(row)
    },
  }
}

async function tidy(trx: Transaction<Schema>, run: Selectable<SyncRunTable>): Promise<void> {
  const { id, source_id, status } = run
  if (status === 'completed') await dropPagesNotMet(trx, run)
  await trx.deleteFrom('sync_seen').where('run_id', '=', id).execute()
  await trx
    .deleteFrom('sync_runs')
    .where('source_id', '=', source_id)
    .where('id', 'not in', (query) =>
      query
        .selectFrom('sync_runs')
        .select('id')
        .where('source_id', '=', source_id)
        .orderBy('id', 'desc')
        .limit(KEPT_RUNS),
    )
    .execute()
}

function toRun(row: Selectable<SyncRunTable>): SyncRun {
  const { lease_owner, lease_until, lease_process, fence, ...run } = row
  return run
}
