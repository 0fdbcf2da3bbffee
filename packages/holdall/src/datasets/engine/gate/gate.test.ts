import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { fc } from '../../../web/test-chance.ts'
import { ATTACKS, QUESTIONS } from '../test-attacks.ts'
import { openDuckDb, serializeWith, textsOf } from '../test-duckdb.ts'
import { CALLED_FUNCTIONS, FAMILIES_NOT_CALLED, FUNCTIONS_NOT_CALLED, TABLE_FUNCTIONS } from './functions.ts'
import { passGate } from './gate.ts'
import { OTHER_KEYWORDS, QUOTED_KEYWORDS } from './keywords.ts'
import { MAX_SQL_BYTES } from './length.ts'
import { QueryRefusal } from './refusal.ts'

const { connection, close } = await openDuckDb()
after(close)
await connection.run("CREATE TABLE data AS SELECT * FROM (VALUES (1, 'a'), (2, 'b'), (3, NULL)) AS t(id, name)")
const serialize = serializeWith(connection)

const pass = (sql: string, tables: readonly string[] = ['data']) => passGate(sql, tables, serialize)

async function refusalOf(sql: string, tables?: readonly string[]): Promise<string> {
  const error = await pass(sql, tables).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  assert(error instanceof QueryRefusal, `${sql}: ${error ?? 'passed'}`)
  return error.message
}

test('nothing passes that is not a question to a known table', async () => {
  for (const sql of ATTACKS) await refusalOf(sql)
})

test('questions pass, and what is run gives what the question itself gives', async () => {
  for (const sql of QUESTIONS) {
    const passed = await pass(sql)
    const result = await connection.run(passed.limitedTo(100))
    assert.ok(result.columnCount > 0, sql)
  }
  for (const sql of ['SELECT id FROM data ORDER BY id DESC', 'WITH a AS (SELECT 7 AS x) SELECT x FROM a; -- ;']) {
    assert.deepEqual(await textsOf(connection, (await pass(sql)).all), await textsOf(connection, sql))
  }
  assert.deepEqual(await textsOf(connection, (await pass('FROM data ORDER BY id DESC')).limitedTo(2)), ['3', '2'])
})

test('every function of DuckDB was either let in or left out by name', async () => {
  const scalars = await textsOf(
    connection,
    "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') AND internal",
  )
  const unknown = scalars.filter(
    (name) => !CALLED_FUNCTIONS.has(name) && !FUNCTIONS_NOT_CALLED.has(name) && !FAMILIES_NOT_CALLED.test(name),
  )
  assert.deepEqual(unknown, [])
  assert.deepEqual(
    [...CALLED_FUNCTIONS].filter((name) => FUNCTIONS_NOT_CALLED.has(name)),
    [],
  )
  const gone = [...CALLED_FUNCTIONS, ...FUNCTIONS_NOT_CALLED].filter(
    (name) => name !== 'unnest' && !scalars.includes(name),
  )
  // Window functions are aggregates to `duckdb_functions`, all of them.
  assert.deepEqual(gone, [])
})

test('the keywords that are offered are those of DuckDB, and what is a name without quotes is known to be one', async () => {
  const keywords = (where: string) =>
    textsOf(connection, `SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category ${where} ORDER BY 1`)
  assert.deepEqual(QUOTED_KEYWORDS, await keywords("IN ('reserved', 'type_function')"))
  assert.deepEqual(OTHER_KEYWORDS, await keywords("NOT IN ('reserved', 'type_function')"))
  const named = async (name: string) => {
    const text = JSON.parse(await serialize(`SELECT ${name} FROM data WHERE ${name} = 1`)) as { error: boolean }
    return !text.error
  }
  const bare = await Promise.all(OTHER_KEYWORDS.map(async (name) => ((await named(name)) ? [] : [name])))
  assert.deepEqual(bare.flat(), [])
})

test('a function that makes tables or is not called is refused, however it is written', async () => {
  const inFrom = await textsOf(
    connection,
    "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro', 'pragma')",
  )
  assert.ok(inFrom.length > 100)
  for (const name of inFrom) {
    if (!TABLE_FUNCTIONS.has(name.toLowerCase())) await refusalOf(`SELECT * FROM main."${name.toUpperCase()}"('x')`)
  }
  for (const name of FUNCTIONS_NOT_CALLED) await refusalOf(`SELECT id, "${name.toUpperCase()}"(1) FROM data`)
})

test('the length of SQL, at the limit and one past it', async () => {
  const padded = (bytes: number) => `SELECT 1 --${'é'.repeat((bytes - 12) / 2)}x`
  assert.equal(Buffer.byteLength(padded(MAX_SQL_BYTES)), MAX_SQL_BYTES)
  await pass(padded(MAX_SQL_BYTES))
  assert.match(await refusalOf(padded(MAX_SQL_BYTES + 2)), /at most 65536/)
})

test('nesting ends in a refusal or an answer, never in an overflow', async () => {
  for (const depth of [100, 2_000, 15_000]) {
    for (const [open, end] of [
      ['(', ')'],
      ['[', ']'],
      ['abs(', ')'],
      ['(SELECT ', ')'],
    ] as const) {
      const sql = `SELECT ${open.repeat(depth)}1${end.repeat(depth)}`
      await pass(sql).catch((error: unknown) => assert(error instanceof QueryRefusal, String(error)))
    }
  }
})

test('what is refused says what it is, and what to write instead', async () => {
  for (const [sql, words] of [
    ["copy data to 'x'", /this is COPY\. To take rows away, save the answer/],
    ["-- a\n /* b */ ATTACH 'x'", /this is ATTACH\. Other data/],
    ['pragma version', /this is PRAGMA\. Nothing is set here/],
    ['update data set id = 1', /this is UPDATE\. What is in a dataset changes/],
    ['pivot data on name using count(*)', /Name the values: PIVOT … ON column IN/],
    ['vacuum', /Only a SELECT is\. Write it as one/],
    ['show tables', /Write DESCRIBE with the name/],
    ['select 1; select 2', /one by one/],
    ["select getenv('x')", /getenv is not called here: only what/],
    ["from read_csv('x')", /A file is asked once it is a dataset/],
  ] as const)
    assert.match(await refusalOf(sql), words, sql)
  await pass("PIVOT data ON name IN ('a', 'b') USING count(*)")
})

test('a name that is in sight in one place is not known in another', async () => {
  assert.match(await refusalOf('SELECT * FROM (WITH x AS (SELECT 1) SELECT * FROM x) a, x'), /^x$/)
  assert.match(await refusalOf('SELECT * FROM DATA2'), /^DATA2$/)
  await pass('SELECT * FROM "weird ""name.csv"', ['weird "name.csv'])
  await refusalOf('SELECT * FROM data', [])
})

// Statements of a small grammar, with what an attacker would put in any place.

const attack = fc.constantFrom(
  'read_csv',
  'read_text',
  'read_parquet',
  'enable_logging',
  'query',
  'duckdb_settings',
  'glob',
  'sniff_csv',
  'pragma_version',
)
const foreign = fc.constantFrom('"/etc/passwd"', "'/x.parquet'", 'duckdb_tables', 'information_schema.tables', 'secret')
const { statement } = fc.letrec<{ statement: string; table: string; value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('1', "'x'", 'id', 'name', 'NULL', '*'),
    tie('value').map((value) => `abs(${value})`),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => `(${a} + ${b})`),
    tie('statement').map((sql) => `(${sql})`),
    tie('value').map((value) => `CASE WHEN ${value} THEN 1 ELSE ${value} END`),
    tie('statement').map((sql) => `EXISTS (${sql})`),
    fc.constantFrom("current_setting('x')", "getvariable('x')", 'nextval(1)'),
  ),
  table: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom('data', 'main.data', 'c', 'range(2)', '(VALUES (1))'),
    tie('statement').map((sql) => `(${sql})`),
    fc.tuple(tie('table'), tie('table')).map(([a, b]) => `${a}, ${b}`),
    fc.tuple(tie('table'), tie('table')).map(([a, b]) => `${a} JOIN ${b} ON true`),
    attack.map((name) => `${name}('/etc/passwd')`),
    foreign,
  ),
  statement: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(tie('value'), tie('table')).map(([value, table]) => `SELECT ${value} FROM ${table}`),
    tie('table').map((table) => `FROM ${table}`),
    fc.tuple(tie('statement'), tie('statement')).map(([a, b]) => `WITH c AS (${a}) ${b}`),
    fc.tuple(tie('statement'), tie('statement')).map(([a, b]) => `WITH RECURSIVE c AS (${a} UNION ALL ${b}) FROM c`),
    fc.tuple(tie('statement'), tie('statement')).map(([a, b]) => `${a} UNION ALL ${b}`),
    tie('table').map((table) => `SUMMARIZE ${table}`),
    fc.tuple(tie('statement'), tie('statement')).map(([a, b]) => `${a}; ${b}`),
    tie('statement').map((sql) => `${sql} ORDER BY (${sql})`),
  ),
}))

test('whatever is written: what passes binds in an instance that has nothing but the table', async () => {
  let passed = 0
  const reached = /Catalog Error: (?:Table Function|Table) with name|No files found|Cannot access file|IO Error/
  await fc.assert(
    fc.asyncProperty(statement, async (sql) => {
      const query = await pass(sql).catch((error: unknown) => {
        assert(error instanceof QueryRefusal, String(error))
        return undefined
      })
      if (query === undefined) return
      passed++
      assert.doesNotMatch(query.all, /\b(?:read_csv|read_text|read_parquet|enable_logging|query|glob|sniff_csv)\(/)
      assert.doesNotMatch(query.all, /duckdb_settings|pragma_version|current_setting|getvariable|nextval/)
      const error = await connection.prepare(query.all).then(
        () => undefined,
        (thrown: Error) => thrown.message,
      )
      assert.doesNotMatch(error ?? '', reached)
    }),
    { numRuns: process.env.HOLDALL_TEST_LONG ? 20_000 : 1_000, interruptAfterTimeLimit: 60_000 },
  )
  assert.ok(passed > 20, `${passed} passed`)
})
