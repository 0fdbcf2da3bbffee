import assert from 'node:assert/strict'
import { open, stat } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { openTestFolder, type TestFolder } from '../engine/test-duckdb.ts'
import type { ParquetFile } from '../footer/parquet-file.ts'
import { readParquetFooter } from '../footer/read.ts'
import { type DuckDb, startDuckDb } from '../footer/test-duckdb.ts'
import { differencesOf, isDifferent } from './differences.ts'
import { CannotMerge, merge } from './merge.ts'
import { refusal } from './refusal.ts'
import { widen } from './widen.ts'

const WHOLE = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT']
const TYPES = [
  ...WHOLE,
  ...['FLOAT', 'DOUBLE', 'DECIMAL(4,1)', 'DECIMAL(18,3)', 'DECIMAL(38,10)', 'BOOLEAN', 'VARCHAR', 'BLOB', 'UUID'],
  ...['DATE', 'TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP WITH TIME ZONE', 'TIME', 'INTEGER[]', 'BIGINT[]'],
  ...['STRUCT("a" INTEGER)', 'STRUCT("a" BIGINT)'],
]
/** A value at each end of a type: what both hold must come back as it was. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  TINYINT: ['-128', '127'],
  SMALLINT: ['-32768', '32767'],
  INTEGER: ['-2147483648', '2147483647'],
  BIGINT: ['-9223372036854775808', '9223372036854775807'],
  UTINYINT: ['0', '255'],
  USMALLINT: ['0', '65535'],
  UINTEGER: ['0', '4294967295'],
  UBIGINT: ['0', '18446744073709551615'],
  FLOAT: ['0.5', '16777216'],
  DOUBLE: ['0.1', '9007199254740992'],
  'DECIMAL(4,1)': ['-999.9', '999.9'],
  'DECIMAL(18,3)': ['-999999999999999.999', '999999999999999.999'],
  DATE: ['1600-01-01', '2500-12-31'],
  TIMESTAMP: ['1600-01-01 00:00:00', '2500-12-31 23:59:59.999999'],
}

describe('files by the names of their columns', () => {
  let folder: TestFolder
  let duck: DuckDb
  before(async () => {
    folder = await openTestFolder()
    duck = await startDuckDb()
  })
  after(async () => {
    await folder.remove()
    duck.close()
  })

  async function footer(path: string): Promise<ParquetFile> {
    await using handle = await open(path)
    const { size } = await stat(path)
    return await readParquetFooter({
      size,
      async read(position, length) {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
        return buffer.subarray(0, bytesRead)
      },
    })
  }

  test('types that widen become what DuckDB makes of them, and every value of both is there', async () => {
    const paths = new Map<string, string>()
    for (const [at, type] of TYPES.entries()) {
      const values = ENDS[type] ?? []
      const rows = values.map((value) => `SELECT '${value}'::${type} AS x`).join(' UNION ALL ')
      paths.set(type, await folder.parquet(`type-${at}.parquet`, rows === '' ? `SELECT NULL::${type} AS x` : rows))
    }
    let widened = 0
    for (const one of TYPES) {
      for (const other of TYPES) {
        const type = widen(one, other)
        assert.equal(type, widen(other, one), `${one}, ${other}`)
        if (type === undefined || one === other) continue
        widened += 1
        const from = `read_parquet(['${paths.get(one)}', '${paths.get(other)}'], union_by_name=true)`
        const [[, told] = []] = await duck.rows(`DESCRIBE SELECT * FROM ${from}`)
        assert.equal(told, type, `${one}, ${other}`)
        const values = [...(ENDS[one] ?? []), ...(ENDS[other] ?? [])]
        for (const value of values) {
          const [[there] = []] = await duck.rows(`SELECT count(*) FROM ${from} WHERE x = '${value}'::${type}`)
          assert.ok(Number(there) > 0, `${value} of ${one} and ${other} as ${type}`)
        }
      }
    }
    assert.ok(widened > 80, `${widened} pairs`)
  })

  test('what would be rounded, or become text, does not widen', () => {
    for (const [one, other] of [
      ['BIGINT', 'DOUBLE'],
      ['INTEGER', 'FLOAT'],
      ['DECIMAL(4,1)', 'DOUBLE'],
      ['BIGINT', 'VARCHAR'],
      ['BOOLEAN', 'INTEGER'],
      ['TIMESTAMP', 'TIMESTAMP_NS'],
      ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
      ['DECIMAL(38,10)', 'UBIGINT'],
      ['HUGEINT', 'DECIMAL(4,1)'],
      ['INTEGER[]', 'BIGINT[]'],
      ['STRUCT("a" INTEGER)', 'STRUCT("a" BIGINT)'],
    ] as const) {
      const type = widen(one, other)
      if (one === 'DECIMAL(38,10)') assert.equal(type, 'DECIMAL(38,10)', 'there is room for twenty digits')
      else assert.equal(type, undefined, `${one}, ${other}`)
    }
    assert.equal(widen('DECIMAL(38,20)', 'BIGINT'), undefined)
    assert.equal(widen('DECIMAL(30,2)', 'DECIMAL(30,20)'), undefined)
    assert.equal(widen('UBIGINT', 'BIGINT'), 'HUGEINT')
  })

  test('together they say what DuckDB says of them together', async () => {
    const files = [
      "SELECT i AS id, i % 7 = 0 AS seventh, CASE WHEN i > 5 THEN i END AS some, 'äöü ' || i AS name FROM range(500) t(i)",
      'SELECT (i - 300)::SMALLINT AS ID, i / 4.0 AS share, NULL::VARCHAR AS name FROM range(300) t(i)',
      "SELECT NULL::BIGINT AS id, DATE '2020-02-29' AS day FROM range(0)",
      "SELECT i::UBIGINT AS id, 'zz' AS name, (i::DECIMAL(9,3)) AS some FROM range(10) t(i)",
    ]
    const paths: string[] = []
    for (const [at, select] of files.entries()) paths.push(await folder.parquet(`together-${at}.parquet`, select))
    const [first, ...others] = await Promise.all(paths.map(footer))
    const all = merge(first as ParquetFile, ...others)
    const from = `read_parquet([${paths.map((path) => `'${path}'`).join(', ')}], union_by_name=true)`
    const described = await duck.rows(`DESCRIBE SELECT * FROM ${from}`)
    assert.deepEqual(
      all.columns.map(({ name, type }) => `${name} ${type}`),
      described.map(([name, type]) => `${name} ${type}`),
    )
    for (const { name, nullCount, min, max } of all.columns) {
      const [[nulls, least, greatest] = []] = await duck.rows(
        `SELECT count(*) - count("${name}"), min("${name}")::VARCHAR, max("${name}")::VARCHAR FROM ${from}`,
      )
      assert.equal(nullCount, Number(nulls), name)
      const same = (a: string | null, b: unknown) => a === b || (a !== null && b !== null && Number(a) === Number(b))
      assert.ok(same(min, least) && same(max, greatest), `${name}: ${min} ${least}, ${max} ${greatest}`)
    }
    assert.equal(all.rowCount, 810)
    assert.equal(all.rowGroups.count, all.rowGroups.each.length)
    assert.deepEqual([all.rowGroups.rows.min, all.rowGroups.rows.max], [10, 500])
  })

  test('what differs, what needs no look, and what cannot be', () => {
    const column = (name: string, type: string) => ({ name, type })
    const there = [column('id', 'BIGINT'), column('day', 'DATE')]
    assert.equal(isDifferent(differencesOf(there, [column('DAY', 'DATE'), column('Id', 'BIGINT')])), false)
    const differs = differencesOf(there, [column('id', 'VARCHAR'), column('new', 'BOOLEAN')])
    assert.deepEqual(differs, {
      same: 0,
      added: [column('new', 'BOOLEAN')],
      missing: [column('day', 'DATE')],
      changed: [{ name: 'id', from: 'BIGINT', to: 'VARCHAR', becomes: null }],
    })
    assert.match(
      refusal(differs) ?? '',
      /^This file cannot be added: “id” is BIGINT in the dataset and VARCHAR in this file\. /,
    )
    assert.equal(refusal(differencesOf(there, there)), undefined)
  })

  test('a name that is there twice is nobody’s', async () => {
    const twice = await footer(await folder.parquet('twice.parquet', 'SELECT 1 AS a, 2 AS b'))
    const [a, b] = twice.columns
    const both = { ...twice, columns: [a, { ...b, name: 'A' }] } as ParquetFile
    assert.throws(() => merge(twice, both), CannotMerge)
  })
})
