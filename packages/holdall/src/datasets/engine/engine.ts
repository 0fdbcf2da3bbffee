import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ChildProgram } from '../../files/children/child-process.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import { openExportFolder } from './exports.ts'
import { assertLength } from './gate/length.ts'
import { QueryRefusal } from './gate/refusal.ts'
import type {
  ExportFormat,
  Job,
  JobTable,
  Outcome,
  PinnedFile,
  QueryParameters,
  ResultColumn,
  RowPlaces,
} from './jobs.ts'
import type { JsonValue } from './json-values.ts'
import {
  DEFAULT_ROWS,
  EXPORT_PROCESSES,
  MAX_ROWS,
  MAX_WAITING,
  MAX_WAITING_PER_ACTOR,
  OVERHEAD_BYTES,
  PROBE_PROCESSES,
  type QueryLimits,
  withDefaults,
} from './limits.ts'
import { identityOf } from './open-files.ts'
import { errorOf, errorOfChild } from './outcomes.ts'
import { createProcesses, type Processes } from './processes.ts'
import { engineEnvironment } from './settings.ts'
import { createTurns, type Turns } from './turns.ts'

export type { ExportFormat, QueryParameters, ResultColumn, RowPlaces } from './jobs.ts'
export type { QueryLimits } from './limits.ts'

/** A name for SQL, and what is read under it. */
export interface QueryTable {
  readonly name: string
  /** Absolute paths of this computer: Parquet files whose footers have been looked through, one at least. */
  readonly files: readonly string[]
  /** Two columns more, for what Holdall asks itself. */
  readonly places?: RowPlaces
}

export interface Query {
  readonly tables: readonly QueryTable[]
  /** One SELECT; of anybody. */
  readonly sql: string
  /** For what Holdall asks itself: values for `?`, `$1` or `$name`. */
  readonly parameters?: QueryParameters
  /** Who asks; what one may run at once is bounded. `null` is everybody who is not signed in. */
  readonly actorId: string | null
  /** Whoever asked has gone: the query is stopped. */
  readonly signal?: AbortSignal
  /** Called when its turn has come, and when DuckDB knows how far it is. */
  readonly onProgress?: (progress: Progress) => void
}

/** How far a query is that runs. */
export interface Progress {
  /** Of what it has to read, as DuckDB counts; null while that is not known. */
  readonly percentage: number | null
}

export interface QueryAnswer {
  /** In order; a name that is there twice has become `a_1`. */
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly Readonly<Record<string, JsonValue>>[]
  /** There are more rows than were asked for. */
  readonly truncated: boolean
  readonly elapsedMs: number
}

export interface Export {
  readonly stream: ReadableStream<Uint8Array>
  /** In bytes. */
  readonly size: number
  readonly elapsedMs: number
  /** Removes the file; so does the stream when it ends or is cancelled. */
  close(): Promise<void>
}

/** Runs SQL over Parquet files of this computer. An answer is complete, or there is an error. */
export interface QueryEngine {
  /**
   * @param query.maxRows 1,000 without it, at most 10,000
   * @param query.timeoutMs when less than a query may take anyway
   * @throws HoldallError `query_refused`, `query_failed`, `query_limit`, `query_crashed` (400), `query_busy` (503),
   * `file_missing`; what the signal was aborted with
   */
  query(query: Query & { readonly maxRows?: number; readonly timeoutMs?: number }): Promise<QueryAnswer>
  /**
   * What nobody waits for: in a process of its own, of one thread and the lowest priority, for up to two minutes.
   *
   * @throws HoldallError as `query` does
   */
  queryInBackground(query: Omit<Query, 'actorId'> & { readonly maxRows?: number }): Promise<QueryAnswer>
  /** Whether somebody's query or export runs now. */
  isAsked(): boolean
  /** All rows as a file. @throws HoldallError as `query` does */
  export(query: Query & { readonly format: ExportFormat }): Promise<Export>
  /** Reads the first rows of a Parquet file. @throws HoldallError `parquet_invalid` when its data cannot be read */
  probe(path: string, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface EngineOptions {
  /** The engine's own; servers beside this one may use it as well. */
  readonly folder: string
  readonly limits?: QueryLimits
  readonly log: Log
}

const CHILD = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url))
const BACKGROUND_TIMEOUT_MS = 120_000
/** A process that nobody needs ends. */
const IDLE_MS = 600_000
const SHORT_IDLE_MS = 10_000
/** A process that holds so much more than DuckDB may is replaced. */
const RETIRE_OVERHEAD_BYTES = 256 * 1024 * 1024

export function createDuckDbEngine({ folder, limits: given, log }: EngineOptions): QueryEngine {
  const limits = withDefaults(given)
  const exportFolder = openExportFolder(join(folder, 'exports'))
  const ready = mkdir(join(folder, 'work'), { recursive: true, mode: 0o500 })
  ready.catch(() => {})
  const lines = {
    query: createLine('query', limits.processes, 1),
    export: createLine('export', EXPORT_PROCESSES, 0),
    probe: createLine('probe', PROBE_PROCESSES, 0),
    background: createLine('background', 1, 0),
  }
  let saidUnguarded = false

  function createLine(name: LineName, atOnce: number, spare: number): Line {
    const program: ChildProgram = {
      script: CHILD,
      env: engineEnvironment(limits.memoryBytes, { isBackground: name === 'background' }),
      folder: join(folder, 'work'),
      system: {
        dataBytes: limits.memoryBytes + OVERHEAD_BYTES,
        fileBytes: name === 'export' ? limits.exportBytes : 0,
      },
    }
    const timeoutMs = timeoutOf(name) + limits.graceMs
    return {
      turns: createTurns({
        atOnce,
        perActor: name === 'query' ? limits.perActor : name === 'probe' ? atOnce : 1,
        maxWaiting: MAX_WAITING,
        maxWaitingPerActor: name === 'probe' ? MAX_WAITING : MAX_WAITING_PER_ACTOR,
        waitMs: name === 'query' ? limits.waitMs : limits.exportTimeoutMs,
      }),
      processes: createProcesses(
        program,
        { timeoutMs, memoryBytes: limits.memoryBytes + OVERHEAD_BYTES },
        {
          max: atOnce,
          spare,
          idleMs: name === 'query' ? IDLE_MS : SHORT_IDLE_MS,
          retireBytes: limits.memoryBytes + RETIRE_OVERHEAD_BYTES,
        },
      ),
    }
  }

  function timeoutOf(name: LineName): number {
    if (name === 'background') return BACKGROUND_TIMEOUT_MS
    return name === 'export' ? limits.exportTimeoutMs : limits.timeoutMs
  }

  async function run(
    job: Job,
    {
      files,
      line = job.kind,
      ...asked
    }: RunOptions & { readonly files: readonly PinnedFile[]; readonly line?: LineName },
  ) {
    const { actorId, signal, onProgress } = asked
    const { kind } = job
    const { turns, processes } = lines[line]
    const giveBack = await turns.take(actorId, signal)
    let outcome: Outcome
    let payload: Buffer
    try {
      await ready
      onProgress?.({ percentage: null })
      const identities = JSON.stringify(files.map(({ identity }) => identity))
      ;({ outcome, payload } = await processes.run(job, identities, { signal, onTold: onProgress }))
    } catch (error) {
      const known = errorOfChild(error, limits, kind)
      if (known !== error) log.warn('query process ended', { kind, error })
      throw known
    } finally {
      giveBack()
    }
    if (outcome.unguarded && !saidUnguarded) {
      saidUnguarded = true
      log.warn('queries run as the superuser, since the system lets them become nobody else')
    }
    if (outcome.failing !== undefined) {
      if (outcome.spent || outcome.failing === 'file-unreadable') log.warn('query failed badly', { kind, ...outcome })
      throw errorOf(outcome, limits, kind)
    }
    return { outcome, payload }
  }

  function commonOf({ sql, parameters }: Query, tables: readonly JobTable[]) {
    return { tables, sql, ...(parameters !== undefined && { parameters }) }
  }

  async function answer(
    line: 'query' | 'background',
    { maxRows = DEFAULT_ROWS, timeoutMs = timeoutOf(line), ...query }: Parameters<QueryEngine['query']>[0],
  ): Promise<QueryAnswer> {
    assertTaken(query.sql)
    const { tables, files } = await pinned(query.tables)
    const job: Job = {
      kind: 'query',
      ...commonOf(query, tables),
      ...(query.onProgress !== undefined && { isWatched: true }),
      timeoutMs: Math.min(timeoutMs, timeoutOf(line)),
      maxRows: Math.max(1, Math.min(Math.floor(maxRows), MAX_ROWS)),
      answerBytes: limits.answerBytes,
    }
    const { outcome, payload } = await run(job, { ...query, files, line })
    return {
      columns: outcome.columns ?? [],
      rows: JSON.parse(payload.toString()),
      truncated: outcome.truncated ?? false,
      elapsedMs: outcome.elapsedMs ?? 0,
    }
  }

  return {
    query: (query) => answer('query', query),
    queryInBackground: (query) => answer('background', { ...query, actorId: null }),
    isAsked: () => lines.query.turns.isTaken() || lines.export.turns.isTaken(),

    async export({ format, ...query }) {
      assertTaken(query.sql)
      const { tables, files } = await pinned(query.tables)
      const file = await exportFolder.create()
      try {
        const target = file.path
        const job: Job = {
          kind: 'export',
          ...commonOf(query, tables),
          ...(query.onProgress !== undefined && { isWatched: true }),
          timeoutMs: limits.exportTimeoutMs,
          format,
          target,
        }
        const { outcome } = await run(job, { ...query, files })
        return { ...(await file.read()), elapsedMs: outcome.elapsedMs ?? 0 }
      } catch (error) {
        await file.remove()
        throw error
      }
    },

    async probe(path, signal) {
      const file = await pin(path)
      await run(
        { kind: 'probe', file, timeoutMs: limits.timeoutMs },
        { actorId: null, files: [file], ...(signal !== undefined && { signal }) },
      )
    },

    async close() {
      const all = Object.values(lines)
      for (const { turns } of all) turns.close()
      await Promise.all(all.map(({ processes }) => processes.close()))
      await ready.catch(() => {})
    },
  }
}

/** Queries, exports, probes and what runs in the background do not wait for each other. */
type LineName = Job['kind'] | 'background'

type RunOptions = Pick<Query, 'actorId' | 'signal' | 'onProgress'>

interface Line {
  readonly turns: Turns
  readonly processes: Processes
}

/** It is said before anything is sent to a process. */
function assertTaken(sql: string): void {
  try {
    assertLength(sql)
  } catch (error) {
    throw error instanceof QueryRefusal ? new HoldallError('query_refused', { reason: error.message }) : error
  }
}

async function pinned(tables: readonly QueryTable[]) {
  const pinnedTables: JobTable[] = []
  for (const { files, ...table } of tables) pinnedTables.push({ ...table, files: await Promise.all(files.map(pin)) })
  return { tables: pinnedTables, files: pinnedTables.flatMap(({ files }) => files) }
}

async function pin(path: string): Promise<PinnedFile> {
  try {
    return { path, identity: identityOf(await stat(path, { bigint: true })) }
  } catch (cause) {
    throw new HoldallError('file_missing', {}, { cause })
  }
}
