import { answerOf } from './answer.ts'
import { withJson } from './csv-values.ts'
import { failureOf, type Names } from './failures.ts'
import { type PassedQuery, passGate } from './gate/gate.ts'
import { createInstance, type FreshInstance, type InstanceTable, literal, parquetOf } from './instance.ts'
import type { ExportFormat, Job, Outcome, QueryParameters, Told } from './jobs.ts'
import { isPoison } from './messages.ts'
import { createOpenFiles } from './open-files.ts'
import { watchProgress } from './progress.ts'
import { giveUpRights, type Rights } from './rights.ts'
import type { EngineSettings } from './settings.ts'
import { withinTime } from './within-time.ts'

export interface JobAnswer {
  readonly header: Outcome
  readonly rows?: Buffer
}

type Done = { readonly header: Omit<Outcome, 'spent' | 'bound' | 'unguarded'>; readonly rows?: Buffer }
type QueryJob = Extract<Job, { kind: 'query' }>
type ExportJob = Extract<Job, { kind: 'export' }>
type ProbeJob = Extract<Job, { kind: 'probe' }>

const SERIALIZE = 'SELECT json_serialize_sql($1::VARCHAR)'
const COPY_OPTIONS: Readonly<Record<ExportFormat, string>> = {
  csv: 'FORMAT csv, HEADER true',
  ndjson: 'FORMAT json',
  parquet: 'FORMAT parquet, COMPRESSION zstd',
}

export interface EngineProcess {
  /** Until a job could begin at once. */
  ready(): Promise<void>
  run(job: Job): Promise<JobAnswer>
}

/** What a process of the engine does: jobs, one after the other, each in an instance of its own. */
export function createEngineProcess(settings: EngineSettings, tell: (told: Told) => void = () => {}): EngineProcess {
  const files = createOpenFiles()
  let rights: Rights | undefined
  let next: Promise<FreshInstance> | undefined
  /** Whether the instance has done anything but read SQL; where the gate says no, it is as fresh as before. */
  let touched = false
  prepareNext()

  return {
    async ready() {
      await next
    },
    run,
  }

  async function run(job: Job): Promise<JobAnswer> {
    const instance = await (next ?? createInstance(settings))
    next = undefined
    touched = false
    const names: Names = new Map()
    let poisoned = false
    let done: Done
    try {
      done = await withinTime(instance.connection, job.timeoutMs, () => perform(instance, job, names))
    } catch (error) {
      poisoned = error instanceof Error && isPoison(error.message)
      done = { header: failureOf(error, names) }
    }
    if (touched) instance.close()
    else next = Promise.resolve(instance)
    if (rights !== 'given-up') files.closeAll()
    if (touched && !poisoned) prepareNext()
    const bound = rights === 'given-up'
    // Who has given up all rights cannot open the target of another export.
    const spent = poisoned || (bound && job.kind === 'export')
    return { ...done, header: { ...done.header, spent, bound, unguarded: rights === 'kept' } }
  }

  /** While nobody waits. */
  function prepareNext(): void {
    next = new Promise((resolve) => setImmediate(resolve)).then(() => createInstance(settings))
    next.catch(() => {})
  }

  async function perform(instance: FreshInstance, job: Job, names: Names): Promise<Done> {
    switch (job.kind) {
      case 'query':
        return await query(instance, job, names)
      case 'export':
        return await exported(instance, job, names)
      case 'probe':
        return await probe(instance, job, names)
    }
  }

  async function query(instance: FreshInstance, job: QueryJob, names: Names): Promise<Done> {
    const passed = await enter(instance, job, tablesOf(job, names))
    const started = performance.now()
    const { connection } = instance
    const unwatch = job.isWatched ? watchProgress(connection, tell) : undefined
    const work = connection.run(passed.limitedTo(job.maxRows + 1), bindings(job.parameters))
    const result = await work.finally(unwatch)
    const { rows, ...answer } = await answerOf(result, job.maxRows, job.answerBytes)
    return { header: { ...answer, elapsedMs: since(started) }, rows }
  }

  async function exported(instance: FreshInstance, job: ExportJob, names: Names): Promise<Done> {
    const target = files.writablePathOf(job.target)
    names.set(target, 'the export')
    const passed = await enter(instance, job, tablesOf(job, names), target)
    const started = performance.now()
    const options = `${COPY_OPTIONS[job.format]}, USE_TMP_FILE false`
    const { connection } = instance
    const unwatch = job.isWatched ? watchProgress(connection, tell) : undefined
    async function copy(): Promise<void> {
      const parameters = bindings(job.parameters)
      const isCsv = job.format === 'csv'
      const select = isCsv ? withJson(passed.all, await connection.run(passed.limitedTo(0), parameters)) : passed.all
      await connection.run(`COPY (${select}) TO ${literal(target)} (${options})`, parameters)
    }
    await copy().finally(unwatch)
    return { header: { elapsedMs: since(started) } }
  }

  async function probe(instance: FreshInstance, job: ProbeJob, names: Names): Promise<Done> {
    const path = files.pathOf(job.file)
    names.set(path, 'the file')
    descend()
    touched = true
    await instance.lock([], [path])
    await instance.connection.run(`SELECT * FROM ${parquetOf([path])} LIMIT 1`)
    return { header: {} }
  }

  function tablesOf({ tables }: QueryJob | ExportJob, names: Names): InstanceTable[] {
    return tables.map(({ name, files: pinned, ...table }) => {
      const paths = pinned.map((file) => files.pathOf(file))
      for (const path of paths) names.set(path, name)
      return { ...table, name, paths }
    })
  }

  /** After this, nothing is in the instance's reach but the tables, and nothing in the process's but open files. */
  async function enter(
    instance: FreshInstance,
    { sql }: QueryJob | ExportJob,
    tables: readonly InstanceTable[],
    target?: string,
  ): Promise<PassedQuery> {
    descend()
    const { connection } = instance
    const known = tables.map(({ name }) => name)
    const passed = await passGate(sql, known, async (text) =>
      String((await (await connection.run(SERIALIZE, [text])).getRows())[0]?.[0]),
    )
    touched = true
    await instance.lock(tables, target === undefined ? [] : [target])
    return passed
  }

  function descend(): void {
    rights ??= giveUpRights()
    files.assertReadable()
  }
}

function bindings(parameters: QueryParameters = []) {
  return Array.isArray(parameters)
    ? [...parameters]
    : { ...(parameters as Exclude<QueryParameters, readonly unknown[]>) }
}

function since(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10
}
