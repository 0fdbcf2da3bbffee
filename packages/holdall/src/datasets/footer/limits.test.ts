import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configOf, problemsOf } from '../../config/testing.ts'
import { HoldallError } from '../../web/error.ts'
import { PARQUET_LIMITS, type ParquetLimits, parquetLimits } from './limits.ts'
import { readParquetFooter } from './read.ts'
import { madeUp, type Segment } from './test-files.ts'
import { chunkOf, type Element, element, fieldHead, footerOf, listHead, rowGroupOf, thrift } from './test-footers.ts'

const COLUMN: Element = { name: 'a', type: 1, repetition: 0 }

function refusedWith(code: string, reason: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof HoldallError, String(error))
    assert.equal(error.code, code)
    assert.match(String(error.values.reason), reason)
    return true
  }
}

function chain(depth: number): Segment[] {
  const groups = Array.from({ length: depth - 1 }, () => ({ name: 'g', children: 1, repetition: 0 }))
  return [[thrift(footerOf([...groups, COLUMN], 1)), 1]]
}

function wide(columns: number): Segment[] {
  return [[thrift(footerOf(Array(columns).fill(COLUMN), columns)), 1]]
}

function long(groups: number): Segment[] {
  const head = thrift(footerOf([COLUMN], 1, { 3: ['i64', groups], 4: undefined })).subarray(0, -1)
  return [
    [Buffer.concat([head, fieldHead('list'), listHead('struct', groups)]), 1],
    [thrift(rowGroupOf([chunkOf(1)])), groups],
    [Buffer.of(0), 1],
  ]
}

/** A footer of exactly so many bytes. */
function heavy(bytes: number): Segment[] {
  const plain = thrift(footerOf([COLUMN], 1)).subarray(0, -1)
  return [
    [plain, 1],
    [Buffer.of(0), bytes - plain.length],
  ]
}

const said = (count: number) => count.toLocaleString('en-US')

test('each limit takes what is at it, and nothing past it', async () => {
  for (const [limit, setting, make] of [
    ['depth', 'depth', chain],
    ['leaves', 'leaves', wide],
    ['rowGroups', 'row_groups', long],
    ['footerBytes', 'footer_bytes', heavy],
  ] as const satisfies readonly (readonly [keyof ParquetLimits, string, (size: number) => Segment[]])[]) {
    for (const most of [PARQUET_LIMITS[limit], limit === 'footerBytes' ? 200 : 3]) {
      const limits = { ...PARQUET_LIMITS, [limit]: most }
      await readParquetFooter(madeUp(make(most), 1_000), { limits })
      await assert.rejects(
        readParquetFooter(madeUp(make(most + 1), 1_000), { limits }),
        refusedWith(
          'parquet_limit_exceeded',
          new RegExp(
            `^it has (at least )?${said(most + 1)} .*; at most ${said(most)} are read here \\(parquet_limits.${setting}\\)$`,
          ),
        ),
      )
    }
  }
})

test('what is told of ten thousand columns and a hundred thousand row groups', async () => {
  const { columns, leafCount } = await readParquetFooter(madeUp(wide(10_000)))
  assert.deepEqual([columns.length, leafCount], [10_000, 10_000])
  const { rowCount, rowGroups } = await readParquetFooter(madeUp(long(100_000), 1_000))
  assert.deepEqual([rowCount, rowGroups.count, rowGroups.each.length], [100_000, 100_000, 1_000])
  assert.deepEqual(rowGroups.rows, { min: 1, median: 1, max: 1 })
})

test('the names of all columns have four MiB together', async () => {
  const named = (bytes: number): Segment[] => [
    [
      Buffer.concat([
        thrift({ 1: ['i32', 1] }).subarray(0, -1),
        fieldHead('list'),
        listHead('struct', 2),
        thrift(element({ name: '', children: 1 })),
        fieldHead('i32'),
        Buffer.of(2),
        fieldHead('binary', 3),
        listHead('i8', bytes).subarray(1),
      ]),
      1,
    ],
    [Buffer.from('n'), bytes],
    [Buffer.concat([Buffer.of(0), thrift({ 1: ['i64', 0], 2: ['list', { of: 'struct', items: [] }] })]), 1],
  ]
  const { columns } = await readParquetFooter(madeUp(named(4 * 1024 ** 2)))
  assert.equal(columns[0]?.name.length, 4 * 1024 ** 2)
  await assert.rejects(
    readParquetFooter(madeUp(named(4 * 1024 ** 2 + 1))),
    refusedWith('parquet_invalid', /names of its columns are too long/),
  )
})

test('the settings override each limit by itself, and say what is wrong with them', () => {
  const limits = (block: string) => parquetLimits(configOf(`settings: {parquet_limits: ${block}}`).settings)
  assert.deepEqual(limits('{}'), PARQUET_LIMITS)
  assert.deepEqual(limits('{leaves: 20, row_groups: "7"}'), { ...PARQUET_LIMITS, leaves: 20, rowGroups: 7 })
  assert.deepEqual(limits('{footer_bytes: 1000, depth: 2}'), { ...PARQUET_LIMITS, footerBytes: 1_000, depth: 2 })
  for (const [block, problem] of [
    ['many', 'settings.parquet_limits must be a block of limits: footer_bytes, depth, leaves and row_groups.'],
    ['{leafs: 5}', 'settings.parquet_limits must be a block of limits: footer_bytes, depth, leaves and row_groups.'],
    ['{depth: deep}', 'settings.parquet_limits.depth must be a whole number of at least 1.'],
    ['{depth: 0}', 'settings.parquet_limits.depth must be a whole number of at least 1.'],
  ] as const) {
    const [said = ''] = problemsOf(`settings: {parquet_limits: ${block}}`)
    assert.equal(said.replace(/^\S+ /, ''), problem)
  }
})
