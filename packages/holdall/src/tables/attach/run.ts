import type { Selectable } from 'kysely'
import { ulid } from 'ulid'
import type { AttachRunTable, AttachStatus } from '../../database/schema.ts'
import type { AskedList } from './conditions.ts'
import type { Match } from './names.ts'

export interface Place {
  readonly database: string
  readonly table: string
}

/** A file and the last part of the address of its row. */
export type Pair = readonly [file: string, key: string]

/** One run, as the internal database knows it. */
export interface Run extends Place {
  readonly id: string
  readonly column: string
  readonly actorId: string | null
  readonly status: AttachStatus
  /** How its plan was matched, and what was said about it; null for pairs that were given. */
  readonly match: PlannedMatch | null
  /** Counts, for as long as it is a plan, how often many of its lines changed at once. */
  readonly revision: number
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

/** Whether a file takes the place of the one that its row holds: of any, of none, or of what is not right alone. */
export type Replace = boolean | 'not_right'

export interface PlannedMatch extends Match, AskedList {
  readonly replace: Replace
  /** Whether every row was looked at before the time was over. */
  readonly complete: boolean
  /** Files of the form that were not uploaded, each with the reason; absent where all were. */
  readonly refused?: readonly string[]
}

/** A plan at the moment in which its pairs were read. */
export interface ReadPlan {
  readonly id: string
  readonly revision: number
  /** How often rows had been chosen in it. */
  readonly choices: number
}

export function newRunId(now: number = Date.now()): string {
  return ulid(now).toLowerCase()
}

/** When what a run's status says came to be, and by whom: the same wherever the run is shown. */
export function lastOf(run: Run): { readonly at: string; readonly by: string | null } {
  return run.undoneAt === null
    ? { at: run.appliedAt ?? run.createdAt, by: run.actorId }
    : { at: run.undoneAt, by: run.undoneBy }
}

export function toRun(row: Selectable<AttachRunTable>): Run {
  return {
    id: row.id,
    database: row.database_name,
    table: row.table_name,
    column: row.column_name,
    actorId: row.actor_id,
    status: row.status,
    match: row.match === null ? null : (JSON.parse(row.match) as PlannedMatch),
    revision: row.revision,
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

/** The columns that say which cells a run writes. */
export function placeColumns({ database, table, column }: Place & { readonly column: string }) {
  return { database_name: database, table_name: table, column_name: column }
}
