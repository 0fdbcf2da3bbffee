import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { PARQUET_LIMITS } from './limits.ts'
import { parseFooter } from './parse.ts'
import { chunkOf, type Element, footerWith, rowGroupOf, type Struct, thrift } from './test-footers.ts'

const NUMBER: Element = { name: 'n', type: 2, repetition: 1 }
/** Where the footers of these tests begin. */
const DATA_END = 1_000

function parse(footer: Struct) {
  const bytes = thrift(footer)
  return parseFooter(bytes, DATA_END + bytes.length + 8, PARQUET_LIMITS)
}

function refuses(footer: Struct, reason: RegExp | string, code = 'parquet_invalid') {
  assert.throws(
    () => parse(footer),
    (error) => {
      assert.ok(error instanceof HoldallError, String(error))
      assert.equal(error.code, code)
      if (typeof reason === 'string') assert.equal(error.values.reason, reason)
      else assert.match(String(error.values.reason), reason)
      return true
    },
  )
}

/** A file of one chunk whose metadata, or what surrounds it, is changed. */
function changed(metadata: Struct, around: Struct = {}, element = NUMBER): Struct {
  const chunk = chunkOf(element.type ?? 2) as Record<number, readonly ['struct', Struct]>
  const of = { ...chunk[3]?.[1], ...metadata }
  return footerWith([element], [rowGroupOf([{ ...chunk, 3: ['struct', of], ...around }])])
}

test('the data of every chunk is in the file, up to where the footer begins', () => {
  parse(changed({ 7: ['i64', DATA_END - 4] }))
  for (const metadata of [
    { 7: ['i64', DATA_END - 3] },
    { 9: ['i64', 3] },
    { 9: ['i64', DATA_END] },
    { 9: ['i64', 2 ** 53 - 1], 7: ['i64', 2 ** 53 - 1] },
    { 9: ['i64', 100], 11: ['i64', 3] },
  ] as const satisfies readonly Struct[])
    refuses(changed(metadata), 'the data of its column "n" would be outside the file')
  // A dictionary comes first, and nothing means nothing.
  parse(changed({ 7: ['i64', 990], 9: ['i64', 500], 11: ['i64', 10] }))
  parse(changed({ 9: ['i64', 100], 11: ['i64', 0] }))
  parse(changed({ 5: ['i64', 0], 9: ['i64', 0], 11: ['i64', 4] }))
  parse(changed({ 5: ['i64', 0], 7: ['i64', 0], 9: ['i64', 0] }))
})

test('no count and no size is negative or missing', () => {
  for (const id of [5, 6, 7, 9]) {
    refuses(changed({ [id]: ['i64', -1] }), 'its column "n" has a chunk of a negative size, or of none')
    refuses(changed({ [id]: undefined }), 'its column "n" has a chunk of a negative size, or of none')
  }
  const group = rowGroupOf([chunkOf(2)])
  refuses(footerWith([NUMBER], [{ ...group, 3: ['i64', -1] }]), 'a row group has a negative number of rows')
  refuses(footerWith([NUMBER], [{ ...group, 2: ['i64', -1] }]), 'a row group has a negative number of bytes')
  refuses(footerWith([NUMBER], [{ ...group, 3: undefined }]), 'its row group 1 is not whole')
  refuses(footerWith([NUMBER], [{ 3: ['i64', 1] }]), 'its row group 1 is not whole')
})

test('rows are as many as the row groups have', () => {
  const group = rowGroupOf([chunkOf(2)], 5)
  assert.equal(parse(footerWith([NUMBER], [group, group], 10)).rowCount, 10)
  refuses(footerWith([NUMBER], [group, group], 11), 'its footer says 11 rows, and its row groups have 10 together')
  refuses(footerWith([NUMBER], [], -1), 'its footer says -1 rows, and its row groups have 0 together')
})

test('every row group has the columns of the schema', () => {
  const chunk = chunkOf(2)
  refuses(footerWith([NUMBER], [rowGroupOf([])]), 'its row group 1 has 0 columns, and the schema 1')
  refuses(
    footerWith([NUMBER], [rowGroupOf([chunk]), rowGroupOf([chunk, chunk])]),
    'its row group 2 has 2 columns, and the schema 1',
  )
  refuses(changed({ 1: ['i32', 1] }), 'its column "n" is stored as another type than the schema says')
  refuses(changed({ 1: undefined }), 'its column "n" is stored as another type than the schema says')
  refuses(footerWith([NUMBER], [rowGroupOf([{ 2: ['i64', 4] }])]), 'a column chunk has no metadata')
  refuses(changed({}, { 1: ['binary', 'part-2.parquet'] }), 'its columns are in other files')
  parse(changed({}, { 1: ['binary', ''] }))
})

test('codecs are those of the format', () => {
  for (let codec = 0; codec <= 7; codec += 1) parse(changed({ 4: ['i32', codec] }))
  for (const codec of [8, -1]) refuses(changed({ 4: ['i32', codec] }), /is compressed in a way/)
})

test('what is encrypted is told apart', () => {
  refuses(changed({}, { 8: ['struct', { 1: ['struct', {}] }] }), 'some of its columns are', 'parquet_encrypted')
  const footer = footerWith([NUMBER], [])
  refuses({ ...footer, 8: ['struct', {}] }, 'it was signed, and parts of it may be', 'parquet_encrypted')
})

test('a footer without rows, schema or row groups is not whole', () => {
  const footer = footerWith([NUMBER], [])
  for (const id of [2, 3, 4]) refuses({ ...footer, [id]: undefined }, 'its footer is not whole')
})

test('nulls are counted where every chunk tells them', () => {
  const counted = (nulls: number) => rowGroupOf([chunkOf(2, { values: 5, statistics: { 3: ['i64', nulls] } })])
  const untold = rowGroupOf([chunkOf(2, { values: 5 })])
  const count = (...groups: Struct[]) => parse(footerWith([NUMBER], groups)).columns[0]?.nullCount
  assert.equal(count(), 0)
  assert.equal(count(counted(2), counted(0), counted(5)), 7)
  assert.equal(count(counted(2), untold), null)
  // Some writers say -1 where they do not know.
  assert.equal(count(counted(2), counted(-1)), null)
  assert.equal(count(counted(6)), null)
  const required = footerWith([{ ...NUMBER, repetition: 0 }], [untold])
  assert.equal(parse(required).columns[0]?.nullCount, 0)
  const repeated = footerWith([{ ...NUMBER, repetition: 2 }], [counted(2)])
  assert.equal(parse(repeated).columns[0]?.nullCount, null)
})

test('bounds are those of all chunks, or none', () => {
  const le = (value: bigint) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return bytes
  }
  type Bounds = { min?: bigint; max?: bigint; old?: boolean; nulls?: number; inexact?: boolean }
  const group = ({ min, max, old = false, nulls = 0, inexact = false }: Bounds) =>
    rowGroupOf([
      chunkOf(2, {
        values: 5,
        statistics: {
          [old ? 1 : 5]: max === undefined ? undefined : ['binary', le(max)],
          [old ? 2 : 6]: min === undefined ? undefined : ['binary', le(min)],
          3: ['i64', nulls],
          7: inexact ? ['bool', false] : undefined,
        },
      }),
    ])
  const bounds = (groups: Bounds[], element = NUMBER, more: Struct = {}) => {
    const [column] = parse({ ...footerWith([element], groups.map(group)), ...more }).columns
    return column && [column.min, column.max]
  }
  const order = (id: number): Struct => ({ 7: ['list', { of: 'struct', items: [{ [id]: ['struct', {}] }] }] })
  const plain: Bounds = { min: -5n, max: 7n }
  assert.deepEqual(bounds([plain, { min: -(2n ** 63n), max: 2n ** 63n - 1n }]), [
    String(-(2n ** 63n)),
    String(2n ** 63n - 1n),
  ])
  assert.deepEqual(bounds([plain, { min: 0n, max: 2n ** 32n }, { nulls: 5 }]), ['-5', '4294967296'])
  assert.deepEqual(bounds([plain, {}]), [null, null])
  assert.deepEqual(bounds([plain, { min: 1n }]), [null, null])
  assert.deepEqual(bounds([plain, { min: 1n, max: 9n, inexact: true }]), [null, null])
  assert.deepEqual(bounds([{ ...plain, old: true }, plain]), ['-5', '7'])
  const unsigned = { ...NUMBER, converted: 14 }
  assert.deepEqual(
    bounds(
      [
        { min: 1n, max: -1n },
        { min: 2n, max: 3n },
      ],
      unsigned,
    ),
    ['1', '18446744073709551615'],
  )
  assert.deepEqual(bounds([{ min: 1n, max: 2n, old: true }], unsigned), [null, null])
  for (const id of [1, 2]) assert.deepEqual(bounds([plain], NUMBER, order(id)), ['-5', '7'])
  assert.deepEqual(bounds([plain], NUMBER, order(3)), [null, null])
})
