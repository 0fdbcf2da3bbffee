import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadConfig } from '../../config/config.ts'
import { openInternalDatabase } from '../../database/internal.ts'
import { unwatched } from '../../sources/filesystem/io.ts'
import { filesystemType } from '../../sources/filesystem/storage.ts'
import { createSources } from '../../sources/sources.ts'
import { createLog } from '../../web/log.ts'
import { addDataset } from '../adding.ts'
import { findCollection, recordCollections } from '../collections/rows.ts'
import { openObjectCache } from '../engine/cache.ts'
import { createDuckDbEngine } from '../engine/engine.ts'
import { smallDistribution } from '../pages/distribution.ts'
import { type Asks, createAsks } from '../query/ask.ts'
import { createLocalFiles } from '../query/local-files.ts'
import type { Dataset } from '../records.ts'
import { ORGANIZATION, testColumn, testDataset, writeParquet } from '../testing.ts'
import { createStatistics, type Statistics } from './worker.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-overwritten-'))
const root = join(folder, 'files')
mkdirSync(root)
const database = await openInternalDatabase(join(folder, 'internal.db'))
const logged: string[] = []
const log = createLog((line) => logged.push(line))
const sources = await createSources({
  database,
  config: loadConfig({ env: {}, cwd: folder, overrides: {} }).config,
  types: [filesystemType({ before: unwatched })],
  getSecret: async () => undefined,
  dataDirectory: folder,
  log,
})
const source = sources.get('files')
await source.check()
await recordCollections(database, [{ organization: ORGANIZATION, id: 'seen' }])
const collection = (await findCollection(database, ORGANIZATION, 'seen'))?.seq ?? 0
const engine = createDuckDbEngine({ folder: join(folder, 'queries'), log })
const cache = openObjectCache({ folder: join(folder, 'objects') })
const asks = createAsks(database, { engine, localFiles: createLocalFiles(sources, cache) })
after(async () => {
  await engine.close()
  await cache.close()
  await sources.close()
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

const ROWS = 2_000
const RIGHT = join(folder, 'right.parquet')
const SHORT = join(folder, 'short.parquet')
const FULL = join(folder, 'full.parquet')
const BROKEN = join(folder, 'broken.parquet')
const select = (rows: number) => `SELECT range AS a, CASE WHEN range % 10 > 0 THEN range END AS b FROM range(${rows})`
await writeParquet(RIGHT, select(ROWS))
await writeParquet(SHORT, select(100))
await writeParquet(FULL, `SELECT range AS a, range * 3 AS b FROM range(${ROWS})`)
writeFileSync(BROKEN, 'no Parquet at all')
const PUT = new Date('2026-03-01T12:00:00Z')

/** A dataset of a file of somebody else's. */
async function reference(name: string, columns = ['a', 'b']): Promise<{ id: string; path: string }> {
  const path = join(root, name)
  copyFileSync(RIGHT, path)
  utimesSync(path, PUT, PUT)
  const file = { id: `df-${name}`, source_id: source.id, path: name, filename: name }
  await database.write(async (trx) => {
    await trx
      .insertInto('datasette_files')
      .values(file as never)
      .execute()
  })
  const sizeBytes = readFileSync(RIGHT).length
  const dataset = testDataset(collection, name, {
    ...{ rowCount: ROWS, sizeBytes, columns: columns.map((column) => testColumn(column, 'BIGINT')) },
    files: [
      {
        ...{ role: 'data', sourceId: source.id, path: name, filename: name, sizeBytes, rowCount: ROWS },
        ...{ etag: null, contentHash: null, fileId: file.id },
      },
    ],
  })
  await addDataset(database, dataset)
  return { id: dataset.id, path }
}

interface Meanwhile {
  /** Before each column. */
  readonly between?: (column: number) => void
  /** Around each statement. */
  readonly during?: (sql: string) => (() => void) | undefined
}

/** The statistics, with somebody who writes files at these moments. */
function start({ between, during }: Meanwhile) {
  let columns = 0
  let time = Date.now()
  const asked: string[] = []
  const watched: Asks = {
    ...asks,
    isAsked() {
      between?.(columns++)
      return false
    },
    aboutInBackground: (dataset, signal, work) =>
      asks.aboutInBackground(dataset, signal, (ask) =>
        work(async (sql, options) => {
          asked.push(sql)
          const done = during?.(sql)
          try {
            return await ask(sql, options)
          } finally {
            done?.()
          }
        }),
      ),
  }
  const statistics = createStatistics({ database, sources, asks: watched, log, now: () => time })
  logged.length = 0
  statistics.start()
  return {
    statistics,
    asked,
    /** The next regular round in which what failed is due. */
    round() {
      time += 60_000
      statistics.prefer('nobody')
    },
  }
}

async function known(statistics: Statistics, id: string) {
  const { columns, partial } = await statistics.of({ id, columnCount: 2 })
  const told = [...columns].map(([at, one]) => [at, one === null || one === 'failed' ? one : [one.rows, one.nulls]])
  return { told, partial }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; waited < 400; waited++) {
    if (await isSo()) return
    await sleep(25)
  }
  throw new Error(`It never was so: ${logged.join('')}`)
}
const postponed = () => logged.some((line) => line.includes('trying later'))

const A = [0, [ROWS, 0]]
const WHOLE = { told: [A, [1, [ROWS, ROWS / 10]]], partial: false }
const isOfB = (sql: string) => sql.includes('count("b")')

test('a file that is overwritten between two columns is not read, until a visit when it is back', async () => {
  const { id, path } = await reference('between.parquet')
  const { statistics, asked } = start({ between: (column) => column === 1 && copyFileSync(SHORT, path) })
  await until(postponed)
  assert.deepEqual(await known(statistics, id), { told: [A], partial: true })
  assert.deepEqual(asked.filter(isOfB), [])
  copyFileSync(RIGHT, path)
  statistics.prefer(id)
  await until(async () => !(await known(statistics, id)).partial)
  assert.deepEqual(await known(statistics, id), WHOLE)
  await statistics.close()
})

for (const [what, other, keepsTime] of [
  ['by one with as many rows', FULL, false],
  ['by one with fewer rows, and its time with it', SHORT, true],
  ['by what is no Parquet', BROKEN, false],
] as const) {
  test(`a file that is overwritten ${what} while a column is read and put back leaves nothing`, async () => {
    const { id, path } = await reference(`during ${other.slice(folder.length + 1)}`)
    let isOver = false
    const { statistics, round } = start({
      during(sql) {
        if (isOver || !isOfB(sql)) return undefined
        isOver = true
        copyFileSync(other, path)
        return () => {
          copyFileSync(RIGHT, path)
          if (keepsTime) utimesSync(path, PUT, PUT)
        }
      },
    })
    await until(postponed)
    assert.deepEqual(await known(statistics, id), { told: [A], partial: true })
    round()
    await until(async () => !(await known(statistics, id)).partial)
    assert.deepEqual(await known(statistics, id), WHOLE)
    await statistics.close()
  })
}

test('what was counted of another file before is forgotten', async () => {
  const { id } = await reference('before.parquet')
  const one = { rows: 100, nulls: 0, min: '0', max: '9', distinct: 100, distinctIsExact: true, mean: 4, notFinite: 0 }
  const rows = [JSON.stringify({ ...one, top: null, histogram: null }), null].map((statistics, position) => ({
    ...{ dataset_id: id, revision: 1, position, statistics },
  }))
  await database.write(async (trx) => {
    await trx.insertInto('dataset_statistics').values(rows).execute()
    await trx.insertInto('dataset_statistics_done').values({ dataset_id: id, revision: 1 }).execute()
  })
  const { statistics } = start({})
  await until(async () => JSON.stringify(await known(statistics, id)) === JSON.stringify(WHOLE))
  await statistics.close()
})

test('a database that cannot be read for a moment is asked again', async (t) => {
  const { id } = await reference('busy.parquet')
  let left = 0
  const busy = {
    ...database,
    get read() {
      if (left === 0) return database.read
      left -= 1
      throw new Error('database is locked')
    },
  }
  logged.length = 0
  const statistics = createStatistics({ database: busy, sources, asks, log, lookEvery: 10 })
  t.after(() => statistics.close())
  left = 3
  statistics.prefer(id)
  statistics.start()
  await until(async () => left === 0 && !(await known(statistics, id)).partial)
  assert.deepEqual(await known(statistics, id), WHOLE)
  assert.equal(logged.filter((line) => line.includes('datasets not looked for, trying later')).length, 3)
})

test('a column that cannot be read is said to have failed, not to be too large', async () => {
  const { id } = await reference('failing.parquet', ['a', 'absent'])
  const { statistics } = start({})
  await until(async () => !(await known(statistics, id)).partial)
  assert.deepEqual((await known(statistics, id)).told, [A, [1, 'failed']])
  const column: Pick<Dataset['columns'][number], 'name' | 'type'> = { name: 'absent', type: 'BIGINT' }
  assert.match(String(smallDistribution(column, 'failed', '#')), />failed</)
  assert.match(String(smallDistribution(column, null, '#')), />too large</)
  await statistics.close()
})
