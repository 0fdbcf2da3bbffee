import { availableParallelism, totalmem } from 'node:os'

const MIB = 1024 * 1024

/** What queries may use. What is left out, or undefined, keeps its default. */
export interface QueryLimits {
  /** Of one query, from when its process begins on it. */
  readonly timeoutMs?: number
  readonly exportTimeoutMs?: number
  /** After DuckDB was told to stop; then its process is killed. */
  readonly graceMs?: number
  /** What DuckDB may hold of one query, in bytes. */
  readonly memoryBytes?: number
  /** Of the JSON of all rows. */
  readonly answerBytes?: number
  readonly exportBytes?: number
  /** Processes that run queries, and so queries at once. */
  readonly processes?: number
  /** Queries at once of one actor; more of them wait. */
  readonly perActor?: number
  /** How long a query waits for its turn. */
  readonly waitMs?: number
}

export type FullLimits = Required<QueryLimits>

/** Of one query, unless less is asked for: pages say it beforehand. */
export const QUERY_TIMEOUT_MS = 10_000
/** Rows of an answer, unless fewer are asked for. */
export const MAX_ROWS = 10_000
export const DEFAULT_ROWS = 1_000
/** Of one actor, and of all, beyond those that run; more are turned away at once. */
export const MAX_WAITING_PER_ACTOR = 20
export const MAX_WAITING = 200
/** Exports at once; each may keep a disk busy for minutes. */
export const EXPORT_PROCESSES = 2
/**
 * New files that are looked into at once. Nearly all of such a look is the start of its process: beside each other, on two
 * processors, they only take each other's time.
 */
export const PROBE_PROCESSES = availableParallelism() < 4 ? 1 : 2
/** What a process of ours holds besides what DuckDB counts: Node reserves some 610 MiB, threads have stacks. */
export const OVERHEAD_BYTES = 768 * MIB
const MAX_PROCESSES = 4
const MAX_MEMORY_BYTES = 2_048 * MIB
const MIN_MEMORY_BYTES = 256 * MIB

export function withDefaults(limits: QueryLimits = {}): FullLimits {
  const processes = limits.processes ?? Math.max(2, Math.min(availableParallelism(), MAX_PROCESSES))
  return {
    timeoutMs: limits.timeoutMs ?? QUERY_TIMEOUT_MS,
    exportTimeoutMs: limits.exportTimeoutMs ?? 600_000,
    graceMs: limits.graceMs ?? 2_000,
    memoryBytes: limits.memoryBytes ?? shareOfMemory(processes),
    answerBytes: limits.answerBytes ?? 16 * MIB,
    exportBytes: limits.exportBytes ?? 8_192 * MIB,
    processes,
    perActor: limits.perActor ?? Math.max(1, Math.floor(processes / 2)),
    waitMs: limits.waitMs ?? 30_000,
  }
}

/** All of them together take half of what there is. */
function shareOfMemory(processes: number): number {
  const constrained = process.constrainedMemory()
  const total = Math.min(totalmem(), constrained > 0 ? constrained : Number.POSITIVE_INFINITY)
  return Math.max(MIN_MEMORY_BYTES, Math.min(Math.floor(total / 2 / processes), MAX_MEMORY_BYTES))
}
