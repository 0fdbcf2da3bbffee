import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openTestBrowse } from '../browse/test-browse.ts'

const browse = await openTestBrowse()
after(browse.close)
const { DuckDBInstance } = await import('@duckdb/node-api')
const instance = await DuckDBInstance.create(':memory:')
const duckdb = await instance.connect()
await duckdb.run("SET TimeZone='UTC'")
after(() => {
  duckdb.closeSync()
  instance.closeSync()
})

const ROWS = 5_000
const ALONE = 6
const { dataset, at } = await browse.fill(`SELECT range AS id, range % 7 AS week,
    CASE range % 9 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN 'inf'::DOUBLE ELSE sin(range) * 1000 END AS d,
    ((range % 301) * 0.25)::DECIMAL(10, 2) AS price, ((range * 37) % 1000 / 10.0)::FLOAT AS f,
    CASE WHEN range % 3 = 0 THEN NULL ELSE 'Name ' || (range % 25) END AS name, 'only ' || range AS alone,
    range % 2 = 0 AS flag, DATE '2020-01-01' + (range % 400)::INTEGER AS day,
    TIMESTAMP '2020-01-01 00:00:00.25' + INTERVAL (range * 7) HOUR AS moment,
    TIMESTAMPTZ '2020-01-01 00:00:00+00' + INTERVAL (range) MINUTE AS tz, NULL::INTEGER AS nothing,
    repeat('x', 300) AS long, ('x' || range)::BLOB AS bytes, {'a': range % 4} AS point, [range % 3] AS list
  FROM range(${ROWS})`)
await duckdb.run(`CREATE VIEW t AS SELECT * FROM read_parquet('${join(browse.root, dataset.files[0]?.path ?? '')}')`)

async function rowsOf(sql: string): Promise<string[][]> {
  const rows = (await (await duckdb.run(sql)).getRowsJson()) as unknown[][]
  return rows.map((row) => row.map(String))
}

async function told() {
  return (await browse.ask(`${at}.json`)).body.dataset
}

/** Until a dataset's are all there. */
async function computed(path = at) {
  for (let waited = 0; waited < 600; waited++) {
    const { body } = await browse.ask(`${path}.json`)
    if (!body.dataset.statistics_partial) return body.dataset
    await sleep(50)
  }
  throw new Error('The statistics were not computed')
}

test('before all rows were read there is what the footer says, marked partial', async () => {
  const before = await told()
  assert.equal(before.statistics_partial, true)
  assert(before.columns.every(({ statistics }: { statistics: unknown }) => statistics === null))
  const partial = await browse.ask(at, { html: true })
  assert.match(
    partial.text,
    /data-live="statistics" data-live-on="[^"]+".*Partial: 0 of 16 columns computed from all rows/s,
  )
})

test('a column that is computed is not computed again, whoever stopped between two', async () => {
  const marker = { rows: ROWS, nulls: 0, min: 'kept', max: null, distinct: 1, distinctIsExact: true, mean: null }
  const statistics = JSON.stringify({ ...marker, notFinite: 0, top: null, histogram: null })
  await browse.database.write(async (trx) => {
    const row = { dataset_id: dataset.id, revision: 1, position: ALONE, statistics }
    await trx.insertInto('dataset_statistics').values(row).execute()
  })
  await browse.start()
  const { columns } = await computed()
  assert.equal(columns[ALONE].statistics.min, 'kept')
  assert.equal(columns[ALONE - 1].statistics.rows, ROWS)
  assert.doesNotMatch((await browse.ask(at, { html: true })).text, /Partial:|data-live-on/)
})

test('what they say is what DuckDB answers', async () => {
  const { columns } = await computed()
  for (const { name, type, statistics } of columns) {
    if (name === 'alone') continue
    const [facts = []] = await rowsOf(`SELECT count(*), count(*) - count("${name}"), count(DISTINCT "${name}") FROM t`)
    assert.deepEqual([statistics.rows, statistics.nulls].map(String), facts.slice(0, 2), name)
    if (/BLOB|STRUCT|\[\]/.test(type)) {
      assert.deepEqual([statistics.min, statistics.distinct, statistics.top], [null, null, null], name)
      continue
    }
    assert.deepEqual([String(statistics.distinct), statistics.distinct_exact], [facts[2], true], name)
    if (statistics.top === null) continue
    const top = await rowsOf(
      `SELECT count(*) FROM t WHERE "${name}" IS NOT NULL GROUP BY "${name}" ORDER BY 1 DESC LIMIT 20`,
    )
    const counts = statistics.top.map(({ count }: { count: number }) => [String(count)])
    assert.deepEqual(counts, top, name)
  }
  const by = Object.fromEntries(columns.map((one: { name: string; statistics: unknown }) => [one.name, one.statistics]))
  assert.deepEqual([by.id.min, by.id.max, by.id.mean], ['0', '4999', 2499.5])
  assert.deepEqual([by.d.max, by.d.not_finite], ['NaN', 1112])
  assert.deepEqual(by.week.top[0], { value: 0, count: 715 })
  assert.deepEqual([by.nothing.min, by.nothing.distinct, by.nothing.nulls], [null, 0, ROWS])
  assert.deepEqual([by.long.top, by.long.distinct, by.long.min.length], [null, 1, 200])
  assert.equal(by.moment.min, '2020-01-01T00:00:00.25')
  for (const name of ['id', 'd', 'price', 'f', 'day', 'moment', 'tz']) {
    const { counts, edges } = by[name].histogram
    assert.equal(edges.length, counts.length + 1)
    const all = counts.reduce((sum: number, n: number) => sum + n, 0)
    assert.equal(all, ROWS - by[name].nulls - by[name].not_finite, `${name}: every row is in one bin`)
  }
})

test('rows without a value have a bar as well, which leads to them', async () => {
  await computed()
  const page = await browse.ask(`${at}?tab=columns&column=name`, { html: true })
  assert.match(
    page.text,
    /class="of-nulls"><a class="bar" href="[^"]*name__isnull=1"><span class="bar-name" title="null">null</,
  )
  const nested = await browse.ask(`${at}?tab=columns&column=list`, { html: true })
  assert.match(nested.text, /list__notnull=1"><span class="bar-name" title="not null">not null</)
  assert.doesNotMatch(nested.text, /of-nulls/)
  assert.match(page.text, /Rows by <strong>name<\/strong>: the 20 most frequent of 25 different values</)
  const id = await browse.ask(`${at}?tab=columns&column=id`, { html: true })
  assert.match(id.text, /title="0 to 499">.*title="4500 to 4999">/s)
})

test('a bar leads to exactly the rows that it stands for', async () => {
  const { columns } = await computed()
  for (const { name, statistics } of columns) {
    if (!statistics.histogram) continue
    const { counts, edges } = statistics.histogram
    const bin = Math.floor(counts.length / 2)
    const filter = new URLSearchParams({ [`${name}__gte`]: edges[bin], [`${name}__lt`]: edges[bin + 1] })
    const { body } = await browse.ask(`${at}/rows.json?${filter}&_size=0&_extra=count`)
    assert.equal(body.count, counts[bin], `${name} ${bin}`)
  }
  const page = await browse.ask(`${at}?tab=columns&column=price`, { html: true })
  assert.match(page.text, /\/rows\?price__gte=5&amp;price__lt=10"/)
})

test('who may only look sees how many values there are, and none of them; nor where they begin and end', async () => {
  const { body } = await browse.ask(`${at}.json`, { as: 'ann' })
  for (const { min, max, statistics } of body.dataset.columns) {
    const { top, histogram, mean } = statistics
    assert.deepEqual([min, max, top, histogram, mean, statistics.min, statistics.max], Array(7).fill(null))
  }
  assert.deepEqual([body.dataset.columns[0].name, body.dataset.columns[0].statistics.rows], ['id', ROWS])
  const columns = await browse.ask(at, { as: 'ann', html: true })
  assert.match(columns.text, /title="Shown to those who may read the rows"/)
  assert.doesNotMatch(columns.text, /<svg class="small-distribution"|most rows at/)
  const column = await browse.ask(`${at}?tab=columns&column=name`, { as: 'ann', html: true })
  assert.doesNotMatch(column.text, /Name 1<|\/rows\?/)
})

test('what is added changes them; what is older goes', async () => {
  const { at: small, dataset: grown } = await browse.fill('SELECT 1 AS a, 2 AS b')
  await browse.ask(small, { html: true })
  await computed(small)
  await browse.database.write(async (trx) => {
    await trx.updateTable('dataset_statistics').set({ statistics: null }).where('dataset_id', '=', grown.id).execute()
    await trx.updateTable('datasets').set({ revision: 2 }).where('id', '=', grown.id).execute()
  })
  assert.match((await browse.ask(small, { html: true })).text, /Partial: 0 of 2 columns/)
  const { columns } = await computed(small)
  assert.equal(columns[0].statistics.min, '1')
  const kept = async () => {
    const known = browse.database.read.selectFrom('dataset_statistics').select('revision')
    return (await known.where('dataset_id', '=', grown.id).execute()).map(({ revision }) => revision)
  }
  // They go once all are there, a moment later.
  for (let waited = 0; waited < 100 && (await kept()).length > 2; waited++) await sleep(50)
  assert.deepEqual(await kept(), [2, 2])
})

test('a dataset whose file is gone keeps nobody else from theirs', async () => {
  const { at: broken, dataset: lost } = await browse.fill('SELECT 1 AS a')
  rmSync(join(browse.root, lost.files[0]?.path ?? ''))
  const { at: other } = await browse.fill('SELECT 2 AS b')
  await browse.ask(other, { html: true })
  const { columns } = await computed(other)
  assert.equal(columns[0].statistics.min, '2')
  assert.equal((await browse.ask(`${broken}.json`)).body.dataset.statistics_partial, true)
  assert.deepEqual(browse.failures, [])
})
