import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { appendFile, chmod, copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { HoldallError } from '../../web/error.ts'
import type { ErrorCode } from '../../web/errors.ts'
import { createLog } from '../../web/log.ts'
import { createDuckDbEngine, type Progress, type QueryAnswer, type QueryLimits } from './engine.ts'
import { MAX_ROWS } from './limits.ts'
import { createOpenFiles, FileFailure } from './open-files.ts'
import { isSuperuser } from './rights.ts'
import { openDuckDb, openTestFolder, textsOf } from './test-duckdb.ts'

const MIB = 1024 * 1024
const folder = await openTestFolder()
after(() => folder.remove())
const data = await folder.parquet('data.parquet', "SELECT i AS id, 'n' || i AS name, i % 7 AS k FROM range(20000) t(i)")
const tables = [{ name: 'data', files: [data] }]
const logged: string[] = []
const log = createLog((line) => logged.push(line))

let number = 0
function start(limits: QueryLimits = {}) {
  const path = join(folder.path, `engine-${++number}`)
  const engine = createDuckDbEngine({ folder: path, limits, log })
  return {
    ...engine,
    path,
    ask: (sql: string, more: object = {}): Promise<QueryAnswer> =>
      engine.query({ tables, sql, actorId: 'alice', ...more }),
  }
}

const engine = start()
after(() => engine.close())

function failsWith(code: ErrorCode, words = /./) {
  return (error: unknown) => {
    assert(error instanceof HoldallError, String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, words)
    return true
  }
}

test('an answer says its columns, its rows, and whether there are more', async () => {
  const answer = await engine.ask('SELECT id, name FROM data ORDER BY id', { maxRows: 2 })
  assert.deepEqual(
    { ...answer, elapsedMs: 0 },
    {
      columns: [
        { name: 'id', type: 'BIGINT' },
        { name: 'name', type: 'VARCHAR' },
      ],
      rows: [
        { id: 0, name: 'n0' },
        { id: 1, name: 'n1' },
      ],
      truncated: true,
      elapsedMs: 0,
    },
  )
  assert.equal((await engine.ask('SELECT id FROM data LIMIT 2', { maxRows: 2 })).truncated, false)
  assert.equal((await engine.ask('SELECT id FROM data LIMIT 3', { maxRows: 2 })).truncated, true)
  assert.equal((await engine.ask('FROM data')).rows.length, 1_000)
  const most = await engine.ask('FROM data', { maxRows: MAX_ROWS + 1 })
  assert.deepEqual([most.rows.length, most.truncated], [MAX_ROWS, true])
  assert.deepEqual((await engine.ask('SELECT * FROM data WHERE false')).columns.length, 3)
})

test('values arrive as JSON that loses nothing', async () => {
  const sql = `SELECT 1 AS a, 2 AS a, 3 AS "__proto__", 9007199254740991 AS safe, 9007199254740992 AS large,
    -9007199254740993 AS low, 1::HUGEINT AS huge, sum(1) AS total, 1.50::DECIMAL(5,2) AS price, 0.1::FLOAT AS float,
    0.1::DOUBLE AS double, 'nan'::DOUBLE AS nan, '-inf'::FLOAT AS low_inf, 'inf'::DOUBLE AS inf, NULL AS nothing,
    true AS yes, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 12:34:56' AS moment,
    TIMESTAMP '2024-02-29 12:34:56.7891' AS fine, '2024-02-29 12:00:00.123456789'::TIMESTAMP_NS AS finest,
    TIMESTAMPTZ '2024-02-29 12:00:00+02' AS there, TIMESTAMP '1969-12-31 23:59:59.5' AS before,
    'infinity'::TIMESTAMP AS never, TIMESTAMP '0044-03-15 (BC) 00:00:00' AS ides, TIME '01:02:03.4' AS clock,
    INTERVAL '1 month 2 days' AS span, '\\x00\\xFF'::BLOB AS bytes, 'b1c0de00-0000-4000-8000-000000000000'::UUID AS uuid,
    [1, NULL, 9007199254740993] AS list, {'x': 1, 'y': {'z': 'inf'::DOUBLE}} AS struct, map {'k': 2::HUGEINT} AS map,
    [1.5, 2.5]::FLOAT[2] AS array, '0101'::BIT AS bits, 'a'::ENUM ('a', 'b') AS enum, '{"q": 1}'::JSON AS json,
    union_value(num := 2) AS union, [DATE '0001-01-01'] AS days, 18446744073709551615 AS unsigned`
  const { rows, columns } = await engine.ask(sql)
  assert.equal(columns[1]?.name, 'a_1')
  assert.deepEqual(
    rows[0],
    JSON.parse(`{"a": 1, "a_1": 2, "__proto__": 3, "safe": 9007199254740991, "large": "9007199254740992",
      "low": "-9007199254740993", "huge": "1", "total": "1", "price": "1.50", "float": 0.1, "double": 0.1,
      "nan": "NaN", "low_inf": "-Infinity", "inf": "Infinity", "nothing": null, "yes": true, "day": "2024-02-29",
      "moment": "2024-02-29T12:34:56", "fine": "2024-02-29T12:34:56.7891", "finest": "2024-02-29T12:00:00.123456789",
      "there": "2024-02-29T10:00:00Z", "before": "1969-12-31T23:59:59.5", "never": "infinity",
      "ides": "0044-03-15 (BC) 00:00:00", "clock": "01:02:03.4", "span": "1 month 2 days", "bytes": {"$base64": "AP8="},
      "uuid": "b1c0de00-0000-4000-8000-000000000000", "list": [1, null, "9007199254740993"],
      "struct": {"x": 1, "y": {"z": "Infinity"}}, "map": [{"key": "k", "value": "2"}], "array": [1.5, 2.5],
      "bits": "0101", "enum": "a", "json": "{\\"q\\": 1}", "union": {"tag": "num", "value": 2}, "days": ["0001-01-01"],
      "unsigned": "18446744073709551615"}`),
  )
})

test('several tables of several files; a column that a file does not have is NULL there', async () => {
  const grown = await folder.parquet('grown.parquet', "SELECT 99999 AS id, 'new' AS name, 0 AS k, 1.5 AS extra")
  const answer = await engine.query({
    tables: [...tables, { name: 'All "of" it', files: [data, grown] }],
    sql: `SELECT count(*) AS n, count(extra) AS extra FROM "all ""of"" it" a LEFT JOIN data USING (id)`,
    actorId: null,
  })
  assert.deepEqual(answer.rows, [{ n: 20_001, extra: 1 }])
})

test('what Holdall asks itself has parameters', async () => {
  const positional = await engine.ask('SELECT name FROM data WHERE id = ? AND name = $2', { parameters: [3, 'n3'] })
  assert.deepEqual(positional.rows, [{ name: 'n3' }])
  const named = await engine.ask('SELECT $text AS t, $yes AS y, $none AS n', {
    parameters: { text: "'; DROP VIEW data; --", yes: true, none: null },
  })
  assert.deepEqual(named.rows, [{ t: "'; DROP VIEW data; --", y: true, n: null }])
  await assert.rejects(engine.ask('SELECT ?'), failsWith('query_failed', /parameter/i))
})

test('what is wrong with a statement is said in its own terms, without a path', async () => {
  await assert.rejects(
    engine.ask('SELECT nope FROM data'),
    failsWith('query_failed', /^Binder Error.*"nope".*LINE 1: SELECT nope FROM data\n {15}\^$/s),
  )
  await assert.rejects(engine.ask('SELEC 1'), failsWith('query_failed', /syntax error at or near "SELEC"/))
  await assert.rejects(engine.ask('SELECT 1; SELECT 2'), failsWith('query_refused', /more than one/))
  await assert.rejects(engine.ask("SELECT 'x'::INTEGER"), failsWith('query_failed', /Conversion Error/))
  await assert.rejects(
    engine.query({ tables: [{ name: 'data', files: [join(folder.path, 'none')] }], sql: 'FROM data', actorId: null }),
    failsWith('file_missing'),
  )
  await assert.rejects(engine.ask(`SELECT '${'x'.repeat(65_536)}'`), failsWith('query_refused', /at most 65536/))
})

test('a file that cannot be read says so, and no query meets what it did', async () => {
  const bytes = await readFile(data)
  bytes.fill(0xff, 4, 2_000)
  const corrupt = join(folder.path, 'corrupt.parquet')
  await writeFile(corrupt, bytes)
  const broken = [{ name: 'broken', files: [corrupt] }]
  await assert.rejects(engine.query({ tables: broken, sql: 'FROM broken', actorId: 'alice' }), (error: unknown) => {
    assert(error instanceof HoldallError)
    assert.ok(['query_failed', 'query_crashed'].includes(error.code))
    assert.doesNotMatch(error.message, /holdall-engine|\/proc\//)
    return true
  })
  assert.equal((await engine.ask('FROM data')).truncated, true)
  await engine.probe(data)
  await assert.rejects(engine.probe(corrupt), failsWith('parquet_invalid', /its data cannot be read/))
  await writeFile(corrupt, 'no Parquet at all')
  await assert.rejects(engine.probe(corrupt), failsWith('parquet_invalid'))
})

test('a file that poisons an instance fails in words, and no other query meets it, then or later', async (t) => {
  // DuckDB 1.5.6 believes the schema when it binds, and the reading of such a VARIANT is an INTERNAL Error of it.
  const path = await folder.parquet('poison.parquet', 'SELECT i AS id, i::VARIANT AS v FROM range(6) t(i)')
  await writeFile(path, (await readFile(path, 'latin1')).replaceAll('value', 'other'), 'latin1')
  const { connection, close } = await openDuckDb()
  await assert.rejects(connection.run(`SELECT * FROM '${path}'`), /^Error: INTERNAL Error/)
  await assert.rejects(connection.run('SELECT 1'), /database has been invalidated/)
  close()

  const two = start({ processes: 2, perActor: 2, timeoutMs: 60_000 })
  t.after(() => two.close())
  await two.ask('SELECT 1')
  const tables = [{ name: 'poison', files: [path] }]
  const poisoned = () =>
    assert.rejects(two.query({ tables, sql: 'FROM poison', actorId: 'mallory' }), (error: unknown) => {
      assert.ok(failsWith('query_failed', /^DuckDB itself failed at this; nothing else was harmed: The Variant/)(error))
      assert.doesNotMatch((error as Error).message, /INTERNAL|Stack Trace|\/proc\//)
      return true
    })
  const long = two.ask('SELECT count(*) AS n FROM data a, data b WHERE b.id < 5000 AND hash(a.id + b.id) % 2 < 2')
  for (let times = 0; times < 3; times++) {
    await poisoned()
    // A process goes on with the files that it has open; not this one.
    await poisoned()
    assert.deepEqual((await two.ask('SELECT count(*) AS n FROM data')).rows, [{ n: 20_000 }])
  }
  assert.deepEqual((await long).rows, [{ n: 100_000_000 }])
  const sound = await two.query({ tables, sql: 'SELECT sum(id)::INT AS n FROM poison', actorId: 'alice' })
  assert.deepEqual(sound.rows, [{ n: 15 }], 'its other columns can still be read')
  await assert.rejects(two.probe(path), failsWith('parquet_invalid', /its data cannot be read/))
})

test('after an error that poisons an instance, another process answers', async () => {
  const before = (await childrenOf(engine)).length
  assert.ok(before > 0)
  // Whatever DuckDB calls FATAL or INTERNAL; here it only says so.
  await assert.rejects(
    engine.ask("SELECT error('FATAL Error: database has been invalidated')"),
    failsWith('query_failed'),
  )
  assert.match(logged.join(''), /query failed badly/)
  assert.deepEqual((await engine.ask('SELECT count(*) AS n FROM data')).rows, [{ n: 20_000 }])
})

test('a query that takes too much is stopped with the reason, in time, and the next one is answered', async (t) => {
  const small = start({ timeoutMs: 500, graceMs: 300, memoryBytes: 256 * MIB, processes: 3, perActor: 3 })
  t.after(() => small.close())
  const costly = [
    'SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = 7',
    'WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r',
    'SELECT * FROM range(1000000000) t(i) ORDER BY hash(i) LIMIT 1 OFFSET 500000000',
    'SELECT array_agg(i) FROM range(1000000000) t(i)',
    "SELECT string_agg(i::VARCHAR, ',') FROM range(1000000000) t(i)",
    "SELECT length(repeat('x', 4000000000))",
    "SELECT format('{:>2000000000}', 'x')",
    "SELECT length(lpad('x', 2000000000, 'y'))",
    "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))",
    'SELECT list_sort(range(20000000))',
    "SELECT bitstring('1', 1000000000)",
    'SELECT len(range(1000000000))',
    `SELECT length(repeat('[', 10000000)::JSON)`,
    `SELECT * FROM (${'SELECT 1 UNION ALL '.repeat(3_300)}SELECT 1)`,
    `SELECT ${'('.repeat(30_000)}1${')'.repeat(30_000)}`,
    "SELECT repeat('x', 20000000) FROM range(2)",
  ]
  const started = performance.now()
  const outcomes = await Promise.all(
    costly.map(async (sql) => {
      const asked = performance.now()
      const outcome = await small.ask(sql).then(
        () => 'answered',
        (error: unknown) => {
          assert(error instanceof HoldallError, String(error))
          assert.equal(error.status, 400, `${sql.slice(0, 80)}: ${error.message}`)
          return error.code
        },
      )
      return { sql: sql.slice(0, 60), outcome, ms: Math.round(performance.now() - asked) }
    }),
  )
  const count = outcomes.filter(({ outcome }) => outcome === 'query_limit').length
  assert.ok(count >= 11, JSON.stringify(outcomes))
  // Each is killed after 0.8 s if it could not be interrupted; three run at a time.
  assert.ok(performance.now() - started < ((costly.length / 3) * 800 + 3_000) * 4, JSON.stringify(outcomes))
  // Half a second may be too little for anything while other tests run.
  const next = async (): Promise<QueryAnswer> => await small.ask('SELECT count(*) AS n FROM data')
  assert.deepEqual((await next().catch(next).catch(next)).rows, [{ n: 20_000 }])
  await assert.rejects(
    small.ask('SELECT count(*) FROM range(1000000000) a, range(1000) b WHERE a.range + b.range = -7'),
    failsWith('query_limit', /longer than 0.5 s/),
  )
})

test('the answer ends at its bytes: at the limit it is there, past it there is the reason', async (t) => {
  const small = start({ answerBytes: 100, processes: 2 })
  t.after(() => small.close())
  const text = (length: number) => small.ask(`SELECT repeat('x', ${length}) AS a`)
  // [{"a":"…"}]
  assert.equal((await text(100 - 10)).rows.length, 1)
  await assert.rejects(text(100 - 9), failsWith('query_limit', /of JSON/))
})

const HEAVY = 'SELECT count(*) FROM range(100000000) a, range(1000) b WHERE hash(a.range + b.range) % 97 = 1'

test('eight heavy queries leave the server as quick as it was', async (t) => {
  const busy = start({ timeoutMs: 1_200, processes: 4, perActor: 4 })
  t.after(() => busy.close())
  await busy.ask('SELECT 1')
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const file = join(folder.path, 'small')
  await writeFile(file, 'x')
  delay.enable()
  const queries = Array.from({ length: 8 }, (_, index) =>
    assert.rejects(busy.ask(HEAVY, { actorId: `actor ${index}` }), failsWith('query_limit')),
  )
  let running = true
  const ended = Promise.all(queries).finally(() => {
    running = false
  })
  const reads: number[] = []
  while (running) {
    const asked = performance.now()
    await readFile(file)
    reads.push(performance.now() - asked)
    await sleep(25)
  }
  await ended
  delay.disable()
  const p99 = delay.percentile(99) / 1e6
  reads.sort((a, b) => a - b)
  const median = reads[Math.floor(reads.length / 2)] ?? 0
  t.diagnostic(
    `event loop: 99 of 100 delays under ${p99.toFixed(1)} ms; ${reads.length} reads of a file, half of them under ${median.toFixed(1)} ms`,
  )
  assert.ok(p99 < 300, `${p99} ms`)
  // In the server's own process, four queries would hold up every file for as long as they take: two or three are read.
  assert.ok(reads.length > 10, `${reads.length} reads`)
  assert.ok(median < 300, `${median} ms`)
})

test('nobody takes all turns, and who waits too long is told to come again', async (t) => {
  const narrow = start({ timeoutMs: 1_500, processes: 2, perActor: 1, waitMs: 300 })
  t.after(() => narrow.close())
  const codesOf = async (asked: readonly Promise<QueryAnswer>[]) =>
    (await Promise.allSettled(asked)).map((result) =>
      result.status === 'rejected' ? (result.reason as HoldallError).code : 'answered',
    )
  // Which of two that were asked in one moment is first is for the disk to say: both look at their files before.
  const both = codesOf([narrow.ask(HEAVY, { actorId: 'greedy' }), narrow.ask(HEAVY, { actorId: 'greedy' })])
  await narrow.ask('SELECT 1', { actorId: 'modest' })
  assert.deepEqual((await both).toSorted(), ['query_busy', 'query_limit'])
  const codes = await codesOf(Array.from({ length: 30 }, () => narrow.ask('SELECT 1', { actorId: 'greedy' })))
  assert.ok(codes.includes('answered'))
  assert.ok(codes.filter((code) => code === 'query_busy').length >= 5, String(codes))
})

test('a client that goes away ends its query, whether it runs or waits', async (t) => {
  const lone = start({ timeoutMs: 3_600_000, graceMs: 3_600_000, processes: 1 })
  t.after(() => lone.close())
  await lone.ask('SELECT 1')
  const leaving = new AbortController()
  const running = assert.rejects(lone.ask(HEAVY, { signal: leaving.signal }), /has left/)
  const waiting = new AbortController()
  const second = assert.rejects(lone.ask(HEAVY, { signal: waiting.signal }), /has left/)
  await sleep(300)
  waiting.abort(new Error('has left'))
  await second
  assert.equal(lone.isAsked(), true)
  leaving.abort(new Error('has left'))
  // By itself it would go on for longer than this file may take.
  await running
  assert.equal(lone.isAsked(), false)
  await lone.ask('SELECT 1')
})

test('how far a query is, is what DuckDB has read, from when its turn has come; what it does not know is not told', async () => {
  const said: (number | null)[] = []
  const leaving = new AbortController()
  const known = Promise.withResolvers<void>()
  const onProgress = ({ percentage }: Progress) => {
    said.push(percentage)
    if (percentage !== null) known.resolve()
  }
  const sql = 'SELECT count(*) FROM data a, data b, data c WHERE hash(a.id + b.id + c.id) % 97 = 1'
  const asked = assert.rejects(engine.ask(sql, { onProgress, signal: leaving.signal }), /has left/)
  await known.promise
  leaving.abort(new Error('has left'))
  await asked
  const [first, ...numbers] = said
  assert.equal(first, null)
  assert.ok(
    numbers.every((one, at) => one !== null && one > Number(numbers[at - 1] ?? 0) && one <= 100),
    String(said),
  )
})

test('a process that is killed in the middle of a query is an error that says so; the next query is answered', async (t) => {
  const lone = start({ timeoutMs: 60_000, processes: 1 })
  t.after(() => lone.close())
  await lone.ask('SELECT 1')
  await killWhile(lone, assert.rejects(lone.ask(HEAVY), failsWith('query_crashed', /broke off/)))
  assert.deepEqual((await lone.ask('SELECT count(*) AS n FROM data')).rows, [{ n: 20_000 }])
})

test('exports hold all rows, in each format', async () => {
  const { connection, close } = await openDuckDb()
  for (const [format, reader] of [
    ['csv', 'read_csv'],
    ['ndjson', 'read_json'],
    ['parquet', 'read_parquet'],
  ] as const) {
    const sql = 'SELECT * FROM data WHERE id < $1 -- all of them'
    const made = await engine.export({ tables, sql, parameters: [15_000], actorId: 'alice', format })
    const file = join(folder.path, `export.${format}`)
    const bytes = Buffer.concat(await Array.fromAsync(made.stream))
    assert.equal(bytes.length, made.size)
    await writeFile(file, bytes)
    const found = await textsOf(
      connection,
      `SELECT count(*) || ' ' || sum(id) || ' ' || max(name) FROM ${reader}('${file}')`,
    )
    assert.deepEqual(found, ['15000 112492500 n9999'], format)
    assert.deepEqual(await readdir(join(engine.path, 'exports')), [])
  }
  close()
})

test('in CSV what is nested is JSON; NDJSON and Parquet keep it as it is', async () => {
  const sql =
    "SELECT {'plan': 'A \"x\"', 'codes': [0, $1]} AS deal, MAP {'k': DATE '2024-01-05'} AS days, NULL::INT[] AS none, 1 AS n, 2 AS n, ['a,b'] AS l"
  async function made(format: 'csv' | 'ndjson' | 'parquet'): Promise<Buffer> {
    const { stream } = await engine.export({ tables, sql, parameters: [7], actorId: 'alice', format })
    return Buffer.concat(await Array.fromAsync(stream))
  }
  const file = join(folder.path, 'nested')
  const { connection, close } = await openDuckDb()
  await writeFile(file, await made('csv'))
  assert.deepEqual(
    await textsOf(
      connection,
      `SELECT unnest([deal, days, coalesce(none, 'nothing'), n::VARCHAR, n_1::VARCHAR, l]) FROM read_csv('${file}', all_varchar = true)`,
    ),
    [...['{"plan":"A \\"x\\"","codes":[0,7]}', '{"k":"2024-01-05"}', 'nothing', '1', '2', '["a,b"]']],
  )
  const [line] = String(await made('ndjson')).split('\n')
  assert.deepEqual(JSON.parse(line ?? '').deal, { plan: 'A "x"', codes: [0, 7] })
  await writeFile(file, await made('parquet'))
  assert.deepEqual(await textsOf(connection, `SELECT typeof(deal) FROM read_parquet('${file}')`), [
    'STRUCT(plan VARCHAR, codes INTEGER[])',
  ])
  close()
})

test('of an export nothing is left, however it ends', async (t) => {
  const small = start({ exportBytes: 64 * 1_024 })
  t.after(() => small.close())
  const exports = join(small.path, 'exports')
  const make = (sql: string, more: object = {}) =>
    small.export({ tables, sql, actorId: 'alice', format: 'csv', ...more })

  await assert.rejects(make('SELECT nope FROM data'), failsWith('query_failed'))
  await assert.rejects(make("COPY data TO '/tmp/x'"), failsWith('query_refused'))
  await assert.rejects(make('SELECT * FROM data'), failsWith('query_limit', /larger than/))
  await assert.rejects(
    make("SELECT CASE WHEN i = 4000 THEN error('halfway') ELSE i::VARCHAR END FROM range(5000) t(i)"),
    failsWith('query_failed', /halfway/),
  )
  const leaving = new AbortController()
  const left = assert.rejects(make(HEAVY, { signal: leaving.signal }), /has left/)
  await sleep(300)
  leaving.abort(new Error('has left'))
  await left
  await killWhile(small, assert.rejects(make(HEAVY), failsWith('query_crashed')))
  assert.deepEqual(await readdir(exports), [])

  const unread = await make('SELECT id FROM data LIMIT 10')
  assert.equal((await readdir(exports)).length, 1)
  await unread.stream.cancel()
  assert.deepEqual(await readdir(exports), [])
  const closed = await make('SELECT id FROM data LIMIT 10')
  await closed.close()
  assert.deepEqual(await readdir(exports), [])
})

test('what a server left in the folder of exports when it was killed goes when the next one begins', async () => {
  const lone = start()
  const made = await lone.export({ tables, sql: 'SELECT 1', actorId: null, format: 'csv' })
  const [name = ''] = await readdir(join(lone.path, 'exports'))
  const dead = name.replace(/^([0-9a-f]{8})-\d+-\d+/, '$1-4194000-1')
  await copyFile(join(lone.path, 'exports', name), join(lone.path, 'exports', dead))
  const next = createDuckDbEngine({ folder: lone.path, log })
  const other = await next.export({ tables, sql: 'SELECT 2', actorId: null, format: 'csv' })
  await other.close()
  assert.deepEqual(await readdir(join(lone.path, 'exports')), [name])
  await made.close()
  await Promise.all([lone.close(), next.close()])
})

test('what stands under a path is the file that was looked at, or none', async () => {
  const path = join(folder.path, 'replaced.parquet')
  await copyFile(data, path)
  const mine = [{ name: 'mine', files: [path] }]
  const count = async () =>
    (await engine.query({ tables: mine, sql: 'SELECT count(*) AS n FROM mine', actorId: null })).rows[0]?.n
  assert.equal(await count(), 20_000)
  await rm(path)
  await folder.parquet('replaced.parquet', 'SELECT 1 AS id')
  assert.equal(await count(), 1)
  await appendFile(path, 'x')
  await assert.rejects(count(), failsWith('query_failed'))
  // Another one may come between the look and the opening.
  const files = createOpenFiles()
  assert.throws(() => files.pathOf({ path, identity: 'of another' }), FileFailure)
  files.closeAll()
})

if (isSuperuser()) {
  test('what only the superuser may read is said to be unreadable', async () => {
    const path = join(folder.path, 'closed.parquet')
    await copyFile(data, path)
    await chmod(path, 0o600)
    await assert.rejects(
      engine.query({ tables: [{ name: 'closed', files: [path] }], sql: 'FROM closed', actorId: null }),
      failsWith('unavailable', /user that queries run as/),
    )
  })
}

test('an engine that is closed lets nobody wait, and no process of its lives on', async () => {
  const lone = start({ processes: 1, timeoutMs: 60_000 })
  await lone.ask('SELECT 1')
  const running = assert.rejects(lone.ask(HEAVY), failsWith('unavailable'))
  const waiting = assert.rejects(lone.ask(HEAVY), failsWith('unavailable'))
  await sleep(100)
  await lone.close()
  await Promise.all([running, waiting])
  assert.deepEqual(await childrenOf(lone), [])
  await assert.rejects(lone.ask('SELECT 1'), failsWith('unavailable'))
})

/** Kills what works, once it has worked for a while. */
async function killWhile(of: { readonly path: string }, asked: Promise<void>): Promise<void> {
  for (let over = false; !over; ) {
    asked.then(() => {
      over = true
    })
    for (const pid of await childrenOf(of)) if ((await workedMs(pid)) > 700) process.kill(pid, 'SIGKILL')
    await sleep(50)
  }
  await asked
}

/** Processor time: to start takes less than the tests wait for, a heavy query takes it in no time. */
async function workedMs(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return ((user ?? 0) + (system ?? 0)) * 10
}

/** The processes that work in the folder of this engine. */
async function childrenOf({ path }: { readonly path: string }): Promise<number[]> {
  const pids = execFileSync('ps', ['-o', 'pid=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  const found: number[] = []
  for (const pid of pids.split('\n').map(Number)) {
    if (pid === 0) continue
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
    if (environment.includes(`PWD=${path}/`)) found.push(pid)
  }
  return found
}
