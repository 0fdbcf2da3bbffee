import { setTimeout as sleep } from 'node:timers/promises'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Sources } from '../../sources/sources.ts'
import { HoldallError } from '../../web/error.ts'
import type { Log } from '../../web/log.ts'
import type { AskDataset, Asks } from '../query/ask.ts'
import { type Dataset, findDataset } from '../records.ts'
import { lookAtReferences } from '../references/state.ts'
import { computeColumn } from './compute.ts'
import type { DatasetStatistics, KnownStatistics } from './statistics.ts'
import { createStatisticsStore, type Wanting } from './store.ts'

const LOOK_EVERY_MS = 5_000
/** Between two looks whether somebody's query still runs; after so many, a column is computed beside it. */
const YIELD_MS = 250
const YIELDS = 240
/** A dataset whose files cannot be read now is tried again after this time, then after twice as long. */
const FIRST_RETRY_MS = 60_000
const LAST_RETRY_MS = 3_600_000

/** What every column costs anew each time, so that it is not asked again. */
const LASTING = ['query_limit', 'query_failed', 'query_refused', 'query_crashed']

function isLasting(error: unknown): boolean {
  return error instanceof HoldallError && LASTING.includes(error.code)
}

/** Whether the file is back is seen at a glance: each visit looks. */
function isOfFile(error: unknown): boolean {
  return error instanceof HoldallError && ['file_missing', 'file_changed'].includes(error.code)
}

function keyOf({ id, revision }: Wanting): string {
  return `${id}.${revision}`
}

/** Longer, or more memory, than the server gives. */
function isTooLarge(error: unknown): boolean {
  return error instanceof HoldallError && error.code === 'query_limit'
}

/** Computes what all rows of datasets say, column by column, one at a time and only while nobody asks anything. */
export interface Statistics {
  of(dataset: Pick<Dataset, 'id' | 'columnCount'>): Promise<DatasetStatistics>
  /** Somebody looks at it: it comes before others, and at once when it waited for its file. */
  prefer(datasetId: string): void
  start(): void
  /** Stops; resolves when nothing is computed any more. */
  close(): Promise<void>
}

export interface StatisticsOptions {
  readonly database: InternalDatabase
  readonly sources: Sources
  readonly asks: Asks
  readonly log: Log
  readonly now?: () => number
  /** Milliseconds between two looks whether there is something to compute. */
  readonly lookEvery?: number
}

export function createStatistics({
  database,
  sources,
  asks,
  log,
  now = Date.now,
  lookEvery = LOOK_EVERY_MS,
}: StatisticsOptions): Statistics {
  const store = createStatisticsStore(database)
  const stopping = new AbortController()
  const { signal } = stopping
  const retries = new Map<string, { readonly at: number; readonly wait: number; readonly isOfFile: boolean }>()
  const preferred = new Set<string>()
  let wake: (() => void) | undefined
  /** What was counted of other files is forgotten. */
  let isSorted = false
  let running: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!isSorted) await store.forgetFalse()
        isSorted = true
        const dataset = await nextDataset()
        if (dataset === undefined) await rest()
        else await attempt(dataset)
      } catch (error) {
        if (signal.aborted) return
        log.warn('datasets not looked for, trying later', { error })
        await pause(lookEvery)
      }
    }
  }

  async function nextDataset(): Promise<Wanting | undefined> {
    for (const id of [...preferred]) {
      const wanted = await store.find(id)
      preferred.delete(id)
      if (wanted !== undefined && (isDue(wanted) || retries.get(keyOf(wanted))?.isOfFile)) return wanted
    }
    for (let after = 0; ; ) {
      const found = await store.next(after)
      if (found === undefined || isDue(found)) return found
      after = found.seq
    }
  }

  function isDue(wanting: Wanting): boolean {
    const retry = retries.get(keyOf(wanting))
    return retry === undefined || retry.at <= now()
  }

  async function attempt(wanting: Wanting): Promise<void> {
    const key = keyOf(wanting)
    try {
      await compute(wanting)
      retries.delete(key)
    } catch (error) {
      if (signal.aborted) return
      const wait = Math.min((retries.get(key)?.wait ?? FIRST_RETRY_MS / 2) * 2, LAST_RETRY_MS)
      retries.set(key, { at: now() + wait, wait, isOfFile: isOfFile(error) })
      log.warn('statistics of a dataset not computed, trying later', { dataset: wanting.id, error })
    }
  }

  async function compute(wanting: Wanting): Promise<void> {
    const dataset = await findDataset(database, wanting.collection, wanting.id)
    if (dataset === undefined) return
    const there = await store.positions(wanting)
    const missing = [...dataset.columns.keys()].filter((position) => !there.has(position))
    if (missing.length > 0) {
      const version = await versionNow(dataset)
      const work = asks.aboutInBackground(dataset, signal, async (ask) => {
        for (const position of missing) {
          await quiet()
          signal.throwIfAborted()
          await store.save(wanting, position, await columnOf({ dataset, version }, position, ask))
          // What came meanwhile is computed from its files as they are now.
          if ((await store.find(wanting.id))?.revision !== wanting.revision) return
        }
      })
      await work.catch(async (error) => {
        // Its files are larger than what there is room for here.
        if (!isTooLarge(error)) throw error
        for (const position of missing) await store.save(wanting, position, null)
      })
    }
    if ((await store.find(wanting.id))?.revision === wanting.revision) await store.finish(wanting)
  }

  /** @throws HoldallError when it was read of another file than the one that is recorded */
  async function columnOf(
    { dataset, version }: { readonly dataset: Dataset; readonly version: string },
    position: number,
    ask: AskDataset,
  ): Promise<KnownStatistics> {
    const column = dataset.columns[position]
    if (column === undefined) return 'failed'
    await assertVersion()
    const found = await computeColumn(dataset.tableName, column, ask).catch((error): KnownStatistics => {
      if (!isLasting(error)) throw error
      log.info('statistics of a column not to be had', { dataset: dataset.id, column: column.name, error })
      return isTooLarge(error) ? null : 'failed'
    })
    // Also of what failed: half of another file is no Parquet.
    await assertVersion()
    if (found !== null && found !== 'failed' && found.rows !== dataset.rowCount) {
      throw new Error(`${found.rows} rows were counted, and the dataset has ${dataset.rowCount}`)
    }
    return found

    async function assertVersion(): Promise<void> {
      if ((await versionNow(dataset)) !== version) throw new HoldallError('file_changed')
    }
  }

  /** Of its files that are not its own. @throws HoldallError when they are not what they were */
  async function versionNow(dataset: Dataset): Promise<string> {
    const { state, version } = await lookAtReferences(sources, dataset)
    if (state === 'same') return version
    if (state === 'unknown') throw new HoldallError('unavailable', { reason: 'A source of its files cannot be read' })
    throw new HoldallError(state === 'gone' ? 'file_missing' : 'file_changed')
  }

  async function quiet(): Promise<void> {
    for (let waited = 0; waited < YIELDS && asks.isAsked() && !signal.aborted; waited++) await pause(YIELD_MS)
  }

  async function rest(): Promise<void> {
    // Who came while it was looked for the next one has woken nobody.
    if (preferred.size > 0) return
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    await Promise.race([woken, pause(lookEvery)])
    wake = undefined
  }

  async function pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal, ref: false }).catch(() => {})
  }

  return {
    of: store.of,
    prefer(datasetId) {
      preferred.add(datasetId)
      wake?.()
    },
    start() {
      running = run()
    },
    async close() {
      stopping.abort(new HoldallError('unavailable', { reason: 'The server is stopping' }))
      wake?.()
      await running
    },
  }
}
