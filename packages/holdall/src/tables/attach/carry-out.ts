import { THIS_PROCESS } from '../../sources/process.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { Actor } from '../../web/route.ts'
import type { Databases } from '../databases.ts'
import type { VisibleFiles } from '../file-columns/visible.ts'
import type { SqliteValue } from '../value.ts'
import type { CellChange, CellOutcome, CellStanding } from '../write/protocol.ts'
import type { Writers } from '../write/writers.ts'
import type { Journal } from './journal.ts'
import type { JournalCell } from './journal-cells.ts'
import { newRunId, type Place, type Run } from './run.ts'
import { type Wanted, wantedCells } from './wanted-cells.ts'
import { inBatches } from './writes.ts'

export interface CarryOutOptions {
  readonly journal: Journal
  readonly databases: Pick<Databases, 'find'>
  readonly writers: Writers
  readonly files: VisibleFiles
  readonly log: Log
  /** Called before a served database is written to, for tests that end the process there. */
  readonly before?: (call: string) => void
}

export type CarryOut = ReturnType<typeof createCarryOut>

/**
 * Writes runs to served databases and takes them back. The journal is written first and its end last; between the two
 * the served database changes in one transaction. Whatever ends the process in between, `settle` finds out which it was.
 */
export function createCarryOut({ journal, databases, writers, files, log, before }: CarryOutOptions) {
  /** Runs that are being written at this moment, by this process. */
  const mine = new Set<string>()

  /**
   * Keeps a run for as long as the work on it lasts: nobody else takes it for abandoned, or begins with it too.
   * @throws HoldallError `attach_busy`
   */
  async function holding<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    if (mine.has(id)) throw new HoldallError('attach_busy')
    mine.add(id)
    try {
      return await work()
    } finally {
      mine.delete(id)
    }
  }

  async function write(run: Run, kind: 'attach' | 'detach' | 'compare', cells: readonly CellChange[]) {
    const database = databases.find(run.database)
    if (database === undefined) throw new HoldallError('database_not_found', { name: run.database })
    before?.(`${kind} cells`)
    const changes = cells.map(({ key, before: held, after }) => ({ key, before: held, after }))
    return writers.write(database, { kind, table: run.table, column: run.column, cells: changes })
  }

  async function known(id: string): Promise<Run> {
    const run = await journal.find(id)
    if (run === undefined) throw new HoldallError('attach_run_not_found')
    return run
  }

  /** Finds out what became of a run whose end nobody told, and tells it. */
  async function settle(run: Run): Promise<void> {
    const cells = await journal.cells(run.id)
    try {
      if (run.status === 'undoing') return await finishUndo(run, cells)
      // The served database is not written to before all of them are written down.
      if (cells.length < run.cells) return await journal.failed(run.id, STOPPED)
      // All of it is there, or nothing: one cell says it. Where none says it, nothing of it stands.
      const { standing = [] } = await write(run, 'compare', cells)
      if (standing.includes('held')) await journal.applied(run.id)
      else await journal.failed(run.id, STOPPED)
    } catch (error) {
      if (!isGone(error)) throw error
      if (run.status === 'applying') await journal.failed(run.id, 'Its table or column is gone.')
      else await tellUndone(run, cells, [])
    }
  }

  async function finishUndo(run: Run, cells: readonly JournalCell[]): Promise<void> {
    const { outcomes = [] } = await write(run, 'detach', cells)
    await tellUndone(run, cells, outcomes)
  }

  function tellUndone({ id }: Run, cells: readonly JournalCell[], outcomes: readonly CellOutcome[]): Promise<void> {
    return journal.undone(
      id,
      cells.map(({ key }, at) => [key, outcomes[at] ?? 'gone']),
    )
  }

  /** Settles what is left of processes that are no more. What cannot be settled now is left for the next who looks. */
  async function settleAll(place?: Place): Promise<void> {
    for (const run of await journal.unsettled(mine, place)) await tryToSettle(run)
  }

  async function tryToSettle(run: Run): Promise<void> {
    try {
      await holding(run.id, () => settle(run))
    } catch (error) {
      log.error('a run of attached files could not be settled', { run: run.id, error })
    }
  }

  return {
    settleAll,

    /** What the cells of a run are by now, so that its page says what undoing would change. */
    async standing(run: Run, cells: readonly JournalCell[]): Promise<readonly CellStanding[]> {
      try {
        return (await write(run, 'compare', cells)).standing ?? []
      } catch (error) {
        // While somebody writes for long nobody can look: undoing tells afterwards what it came to.
        if (!isRefusal(error)) throw error
        return cells.map(() => (isGone(error) ? 'gone' : 'held'))
      }
    },

    /** What cells hold by now, by the keys of their rows; rows that are not there are absent. */
    async held({ database: name, table, column }: Pick<Run, 'database' | 'table' | 'column'>, keys: readonly string[]) {
      const rows = [...new Set(keys)]
      const database = databases.find(name)
      if (database === undefined) throw new HoldallError('database_not_found', { name })
      const held = new Map<string, SqliteValue>()
      await inBatches(rows.length, async (from, to) => {
        const batch = rows.slice(from, to)
        const { stored = [] } = await writers.write(database, { kind: 'stored', table, columns: [column], rows: batch })
        for (const [at, key] of batch.entries()) {
          const values = stored[at] ?? null
          if (values !== null) held.set(key, values[0] ?? null)
        }
      })
      return held
    },

    /** Whether the pairs could be written as they are. @throws as `apply` */
    async check(wanted: Wanted): Promise<void> {
      await wantedCells(wanted, { writers, files })
    },

    /**
     * Attaches files to rows, all of them or none.
     * @returns the run, which can be undone
     * @throws HoldallError `file_column_refused`, `attach_nothing`, `attach_busy`, `attach_files_gone`, `attach_changed`,
     *   `attach_not_planned`, `attach_plan_changed`, and what writing throws
     */
    async apply(wanted: Wanted): Promise<Run> {
      const { database, table, column, actor } = wanted
      const place = { database: database.name, table }
      await settleAll(place)
      const cells = await wantedCells(wanted, { writers, files })
      if (cells.length === 0) throw new HoldallError('attach_nothing')
      const id = wanted.plan?.id ?? newRunId()
      try {
        await holding(id, async () => {
          try {
            const { plan, match } = wanted
            await journal.begin({ ...place, column, id, plan, match }, actor?.id ?? null, cells)
            await write(await known(id), 'attach', cells)
          } catch (error) {
            if (isRefusal(error)) await journal.failed(id, (error as HoldallError).message)
            throw error
          }
          await journal.applied(id)
        })
      } catch (error) {
        return await settled(id, 'applied', error)
      }
      return known(id)
    },

    /**
     * Sets back what a run wrote, where it still stands.
     * @throws HoldallError `attach_not_applied`, `attach_busy`, and what writing throws
     */
    async undo(id: string, actor: Actor | null): Promise<Run> {
      const run = await known(id)
      await settleAll(run)
      try {
        await holding(id, async () => {
          await journal.beginUndo(id, actor?.id ?? null)
          try {
            await finishUndo(run, await journal.cells(id))
          } catch (error) {
            if (isRefusal(error)) await journal.stands(id)
            throw error
          }
        })
      } catch (error) {
        return await settled(id, 'undone', error)
      }
      return known(id)
    },
  }

  /** After a failure that does not say whether the write was done: looks, and fails only if it was not. */
  async function settled(id: string, status: Run['status'], error: unknown): Promise<Run> {
    const run = await journal.find(id)
    if (run?.process !== THIS_PROCESS || mine.has(id)) throw error
    await tryToSettle(run)
    const after = await known(id)
    if (after.status === status) return after
    throw error
  }
}

const STOPPED = 'The server stopped before it was written. Nothing was changed.'

/** Whether it is certain that nothing was written, rather than somebody ending the process that writes. */
function isRefusal(error: unknown): boolean {
  return error instanceof HoldallError && REFUSALS.has(error.code)
}

const REFUSALS: ReadonlySet<string> = new Set([
  'attach_changed',
  'attach_files_gone',
  'write_refused',
  'database_busy',
  'database_immutable',
  'table_not_found',
])

function isGone(error: unknown): boolean {
  return (
    error instanceof HoldallError && ['table_not_found', 'database_not_found', 'write_refused'].includes(error.code)
  )
}
