import assert from 'node:assert/strict'
import { globSync, mkdtempSync, openSync, readSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { parquetWriteFile } from 'hyparquet-writer'
import { HoldallError } from '../../web/error.ts'
import type { ParquetFile } from './parquet-file.ts'
import { type RangedFile, readParquetFooter } from './read.ts'
import { type DuckDb, startDuckDb } from './test-duckdb.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const folder = mkdtempSync(join(tmpdir(), 'holdall-corpus-'))
let duckdb: DuckDb
/** The types whose bounds were held against the data. */
const bounded = new Set<string>()
before(async () => {
  duckdb = await startDuckDb()
})
after(() => {
  duckdb.close()
  rmSync(folder, { recursive: true })
})

function onDisk(path: string): RangedFile {
  const fd = openSync(path, 'r')
  return {
    size: statSync(path).size,
    async read(position, length) {
      const bytes = new Uint8Array(length)
      readSync(fd, bytes, 0, length, position)
      return bytes
    },
  }
}

for (const path of globSync('*.parquet', { cwd: FIXTURES }).sort()) {
  if (path.startsWith('encrypted')) continue
  test(`${path} of pyarrow is read as DuckDB reads it`, async () => {
    await compare(join(FIXTURES, path))
  })
}

const EVERY_TYPE = `
  i % 2 = 0 AS "boolean", (i % 9)::TINYINT AS tiny, i::SMALLINT AS small, i::INTEGER AS "integer", i - 3 AS big,
  i::HUGEINT AS huge, (i % 9)::UTINYINT AS utiny, i::USMALLINT AS usmall, (i + 4294950000)::UINTEGER AS "unsigned",
  (i::UBIGINT + 18446744073709500000::UBIGINT) AS ubig, i / 7 AS "double", (i / 7)::FLOAT AS "float",
  (i / 7)::DECIMAL(6,2) AS d6, (i / 7)::DECIMAL(9,2) AS d9, -(i / 7)::DECIMAL(18,3) AS d18,
  (i - 5)::DECIMAL(38,5) AS d38, 'text ' || i AS "text", encode('bytes ' || i) AS bytes, uuid() AS "uuid",
  DATE '1960-01-01' + i::INTEGER AS "date", TIME '01:02:03' + to_microseconds(i) AS "time",
  '01:02:03+02'::TIMETZ AS "timetz", TIMESTAMP '1960-01-01 00:00:00.000001' + to_days(i::INTEGER) AS "timestamp",
  TIMESTAMPTZ '2024-01-01 00:00:00.5+00' AS timestamptz, TIMESTAMP_S '2024-01-01 00:00:01' AS timestamp_s,
  TIMESTAMP_MS '2024-01-01 00:00:01.5' AS timestamp_ms, TIMESTAMP_NS '2024-01-01 00:00:01.123456789' AS timestamp_ns,
  INTERVAL 3 DAY AS "interval", 'small'::ENUM('small', 'large') AS "enum", '{"a": 1}'::JSON AS "json",
  [i, NULL] AS list, [[i]] AS lists, [1, 2]::INTEGER[2] AS "array", {'x': i, 'y z': [{'a': 'b'}]} AS struct,
  MAP {'k': i} AS map, MAP {'k': [{'a': i}]} AS maps, NULL AS nothing, CASE WHEN i % 3 = 0 THEN i END AS some`

test('what DuckDB writes is read as DuckDB reads it', async () => {
  for (const [name, columns, rows, options] of [
    ['plain', EVERY_TYPE, 10, ''],
    ['empty', EVERY_TYPE, 0, ''],
    ['v2', EVERY_TYPE, 10_000, ', PARQUET_VERSION V2, ROW_GROUP_SIZE 2048, COMPRESSION zstd'],
    ['dictionary', '(i % 7)::VARCHAR AS a, i % 3 AS b', 5_000, ', COMPRESSION uncompressed, ROW_GROUP_SIZE 2048'],
  ] as const) {
    const path = join(folder, `duckdb-${name}.parquet`)
    await duckdb.rows(`COPY (SELECT ${columns} FROM range(${rows}) t(i)) TO '${path}' (FORMAT parquet${options})`)
    await compare(path)
  }
})

test('what hyparquet-writer writes is read as DuckDB reads it', async () => {
  const path = join(folder, 'hyparquet.parquet')
  const rows = Array.from({ length: 2_500 }, (_, n) => n)
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: 'boolean', data: rows.map((n) => n % 3 === 0), type: 'BOOLEAN' },
      { name: 'int', data: rows, type: 'INT32', nullable: false },
      { name: 'long', data: rows.map((n) => BigInt(n) * -900_719_925_474_099n), type: 'INT64' },
      { name: 'double', data: rows.map((n) => (n % 7 === 0 ? null : n / 3)), type: 'DOUBLE' },
      { name: 'text', data: rows.map((n) => `value ${n}`), type: 'STRING' },
      { name: 'truncated', data: rows.map((n) => `a longer value than is kept whole ${n}`), type: 'STRING' },
      { name: 'json', data: rows.map((n) => ({ n })), type: 'JSON' },
      { name: 'timestamp', data: rows.map((n) => new Date(n * 1e9)), type: 'TIMESTAMP' },
      { name: 'uuid', data: rows.map((n) => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`), type: 'UUID' },
      { name: 'half', data: rows.map((n) => n % 100), type: 'FLOAT16' },
    ],
    rowGroupSize: 1_000,
  })
  const read = await compare(path)
  const { min, max } = read.columns.find(({ name }) => name === 'truncated') ?? {}
  assert.deepEqual([min, max], [null, null], 'a part of a value is no bound')
})

test('a decimal in bytes of any length', async () => {
  const path = join(folder, 'bytes.parquet')
  parquetWriteFile({
    filename: path,
    columnData: [{ name: 'a', data: [25.6, -0.1, 12.7] }],
    schema: [
      { name: 'root', num_children: 1 },
      { name: 'a', type: 'BYTE_ARRAY', converted_type: 'DECIMAL', precision: 6, scale: 1, repetition_type: 'REQUIRED' },
    ],
  })
  const read = await compare(path)
  assert.equal(read.columns[0]?.nullCount, 0)
})

test('bounds of all types that have an order were among them', () => {
  assert.deepEqual([...bounded].sort(), [
    'BIGINT',
    'BOOLEAN',
    'DATE',
    'DECIMAL',
    'DOUBLE',
    'FLOAT',
    'INTEGER',
    'JSON',
    'SMALLINT',
    'TIME',
    'TIMESTAMP',
    'TIMESTAMP WITH TIME ZONE',
    'TIMESTAMP_NS',
    'TIME_NS',
    'TINYINT',
    'UBIGINT',
    'UINTEGER',
    'USMALLINT',
    'UTINYINT',
    'UUID',
    'VARCHAR',
  ])
})

test('an encrypted file is told from one that is broken, whether its footer is encrypted or some of its columns', async () => {
  for (const [name, reason] of [
    ['encrypted-footer', 'its footer is'],
    ['encrypted-column', 'some of its columns are'],
  ]) {
    await assert.rejects(readParquetFooter(onDisk(join(FIXTURES, `${name}.parquet`))), (error) => {
      assert.ok(error instanceof HoldallError)
      assert.deepEqual([error.code, error.values.reason], ['parquet_encrypted', reason])
      return true
    })
  }
})

/** Holds all that we read against DuckDB: schema, counts, sizes, nulls, and against the data the bounds. */
async function compare(path: string): Promise<ParquetFile> {
  const read = await readParquetFooter(onDisk(path))
  const name = basename(path)
  const { columns } = read
  const described = await duckdb.describe(path)
  assert.deepEqual(
    await Promise.all(columns.map(async (column) => [column.name, await duckdb.canonical(column.type)])),
    // DuckDB gives a column without a name one.
    described.map(([column, type], n) => [columns[n]?.name === '' ? '' : column, type]),
    name,
  )

  const [[rows, groups, createdBy, size, footer] = []] = await duckdb.rows(
    `SELECT num_rows, num_row_groups, created_by, file_size_bytes, footer_size FROM parquet_file_metadata('${path}')`,
  )
  assert.deepEqual(
    [read.rowCount, read.rowGroups.count, read.createdBy, read.sizeBytes, read.footerBytes].map(String),
    [rows, groups, createdBy, size, footer].map(String),
    name,
  )
  const eachGroup = await duckdb.rows(
    `SELECT any_value(row_group_num_rows), sum(total_compressed_size) FROM parquet_metadata('${path}')
     GROUP BY row_group_id ORDER BY row_group_id`,
  )
  assert.deepEqual(
    read.rowGroups.each.map((group) => [group.rows, group.bytes].map(String)),
    eachGroup.map((group) => group.map(String)),
    name,
  )

  const leaves = await duckdb.rows(
    `SELECT name, type, repetition_type, coalesce(num_children, 0) FROM parquet_schema('${path}')`,
  )
  const chunks = await duckdb.rows(
    `SELECT column_id, sum(total_compressed_size), sum(total_uncompressed_size),
            CASE WHEN count(*) = count(stats_null_count) THEN sum(stats_null_count) END
     FROM parquet_metadata('${path}') GROUP BY column_id ORDER BY column_id`,
  )
  const tops = topsOf(
    leaves.map(([, type, repetition, children]) => ({ type, repetition, children: Number(children) })),
  )
  assert.equal(
    read.leafCount,
    tops.reduce((sum, top) => sum + top.leaves, 0),
  )
  let leaf = 0
  for (const [n, column] of columns.entries()) {
    const { type, repetition, children, leaves: count } = tops[n] as (typeof tops)[number]
    const own = chunks.slice(leaf, leaf + count)
    leaf += count
    const sum = (at: number) => own.reduce((total, chunk) => total + Number(chunk[at]), 0)
    assert.deepEqual([column.compressedBytes, column.uncompressedBytes], [sum(1), sum(2)], `${name}: ${column.name}`)
    assert.equal(column.isRequired, repetition === 'REQUIRED', `${name}: ${column.name}`)
    assert.equal(column.physicalType, children === 0 ? type : null, `${name}: ${column.name}`)
    if (children === 0 && !column.isRequired && own.length > 0)
      assert.equal(column.nullCount, own[0]?.[3] === null ? null : Number(own[0]?.[3]), `${name}: ${column.name}`)
    await compareBounds(path, column, described[n]?.[0] ?? '')
  }
  return read
}

async function compareBounds(path: string, column: ParquetFile['columns'][number], name: string) {
  if (column.min === null || column.max === null) return
  // DuckDB 1.5.6 reads decimals of more than 38 digits as floating-point numbers, and wrongly.
  if (column.type === 'DOUBLE' && column.logicalType !== null) return
  bounded.add(column.type.replace(/\(.*/, ''))
  const value = `"${name.replaceAll('"', '""')}"`
  const text = (bound: string) => `'${bound.replaceAll("'", "''")}'::${column.type}`
  const [[isMin, isMax] = []] = await duckdb.rows(
    `SELECT min(${value}) = ${text(column.min)}, max(${value}) = ${text(column.max)} FROM '${path}'`,
  )
  assert.deepEqual([isMin, isMax], [true, true], `${path}: ${column.name} from ${column.min} to ${column.max}`)
}

function topsOf(elements: readonly { type: unknown; repetition: unknown; children: number }[]) {
  const tops = []
  for (let at = 1; at < elements.length; ) {
    const { type, repetition, children } = elements[at] as (typeof elements)[number]
    let leaves = 0
    let open = 1
    for (; open > 0; at += 1) {
      const within = elements[at]?.children ?? 0
      open += within - 1
      if (within === 0) leaves += 1
    }
    tops.push({ type, repetition, children, leaves })
  }
  return tops
}
