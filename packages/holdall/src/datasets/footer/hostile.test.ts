// Runs alone: it holds processor time and memory against limits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { readParquetFooter } from './read.ts'
import { madeUp, type Segment } from './test-files.ts'
import { chunkOf, element, fieldHead, footerOf, listHead, rowGroupOf, thrift } from './test-footers.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const MIB = 1024 ** 2
const LARGEST = 64 * MIB
/** The bar: memory may grow by the footer's size and this. */
const MEMORY_BYTES = 64 * MIB
/** Of processors, for a footer of no length and for each MiB more; on a quiet machine it is a fifth of that. */
const TIME_MS = 300
const TIME_MS_PER_MIB = 60

/** The fields up to 4 of a footer without rows. */
const PLAIN = thrift(footerOf([{ name: 'a', type: 1 }], 1)).subarray(0, -1)
/** From them to a field that the format does not have. */
const UNKNOWN = 6
/** Field 1, and the beginning of field 2, which is the schema. */
const BEGUN = Buffer.concat([thrift({ 1: ['i32', 1] }).subarray(0, -1), fieldHead('list')])
const STOP: Segment = [Buffer.of(0), 1]

/** A footer with a list of `bytes` bytes in which nobody looks. */
function ignored(of: Parameters<typeof listHead>[0], item: readonly number[], bytes: number): Segment[] {
  const count = Math.floor((bytes - 1_000) / item.length)
  return [
    [Buffer.concat([PLAIN, fieldHead('list', UNKNOWN), listHead(of, count)]), 1],
    [Buffer.from(item), count],
    STOP,
  ]
}

function groups(name: string, children: number): Buffer {
  return thrift(element({ name, children, repetition: 0 }))
}

/** A chain of so many groups with one column at its end. */
function chain(depth: number): Segment[] {
  const leaf = thrift(element({ name: 'a', type: 1, repetition: 0 }))
  return [
    [Buffer.concat([BEGUN, listHead('struct', depth + 1)]), 1],
    [groups('g', 1), depth],
    [Buffer.concat([leaf, thrift({ 1: ['i64', 0], 2: ['list', { of: 'struct', items: [] }] })]), 1],
  ]
}

const SIZES = LONG ? [MIB, 16 * MIB, LARGEST] : [MIB, LARGEST]

const CASES: readonly (readonly [what: string, footer: readonly Segment[], outcome: RegExp, ms?: number])[] = [
  ['a group of -1 columns', [[thrift(footerOf([{ name: 'a', children: -1 }], 1)), 1]], /has -1 columns within/],
  [
    'lists within lists that claim 33 million elements each',
    [
      [Buffer.concat([PLAIN, fieldHead('list', UNKNOWN)]), 1],
      [listHead('list', 33_000_000), 50],
    ],
    /ends too early/,
  ],
  ...[0.1, 1, 4].map(
    (mib) =>
      [
        `a number of ${mib} MiB`,
        [
          [Buffer.concat([PLAIN, fieldHead('i64', UNKNOWN)]), 1],
          [Buffer.of(0xff), Math.round(mib * MIB)],
        ],
        /a number that does not end/,
      ] as const,
  ),
  ...SIZES.flatMap(
    (bytes) =>
      [
        [`${bytes} bytes of booleans`, [[Buffer.of(0x11), bytes]], /another type of value/],
        [
          `a struct of ${bytes} bytes of booleans`,
          [
            [Buffer.concat([PLAIN, fieldHead('struct', UNKNOWN)]), 1],
            [Buffer.of(0x11), bytes - 100],
          ],
          /the fields of its footer are not in order/,
        ],
        [`${bytes} bytes of empty structs`, ignored('struct', [0], bytes), /^$/],
        [`${bytes} bytes of structs of a boolean`, ignored('struct', [0x11, 0], bytes), /^$/],
        [`${bytes} bytes of empty lists`, ignored('list', [0x05], bytes), /^$/],
        [`${bytes} bytes of empty strings`, ignored('binary', [0], bytes), /^$/],
        [`${bytes} bytes of numbers`, ignored('i64', [2], bytes), /^$/],
        [
          `a schema of ${bytes} empty elements`,
          [
            [Buffer.concat([BEGUN, listHead('struct', bytes - 100)]), 1],
            [Buffer.of(0), bytes - 100],
          ],
          /a column of its schema has no name/,
        ],
        [
          `${bytes} empty row groups`,
          [
            [Buffer.concat([PLAIN.subarray(0, -1), listHead('struct', bytes - 100)]), 1],
            [Buffer.of(0), bytes - 100],
          ],
          /row groups; at most 100,000 are read here \(parquet_limits\.row_groups\)/,
        ],
        [
          `a name of ${bytes} bytes`,
          [
            [Buffer.concat([BEGUN, listHead('struct', 2), groups('', 1), namedUpTo(bytes - 1_000)]), 1],
            [Buffer.from('name'), (bytes - 1_000) / 4],
            STOP,
          ],
          bytes > 4 * MIB ? /the names of its columns are too long/ : /has neither a type nor columns within/,
        ],
      ] as const,
  ),
  [
    '100,000 lists within each other',
    [
      [PLAIN, 1],
      [fieldHead('list', UNKNOWN), 1],
      [Buffer.of(0x19), 100_000],
    ],
    /64 deep/,
  ],
  [
    '100,000 structs within each other',
    [
      [PLAIN, 1],
      [fieldHead('struct', UNKNOWN), 1],
      [fieldHead('struct'), 100_000],
    ],
    /64 deep/,
  ],
  ['a schema that is 5,000 deep', chain(5_000), /65 levels of columns within columns/],
  ['a schema that is 50,000 deep', chain(50_000), /65 levels of columns within columns/],
  [
    'a schema of 200,000 columns',
    [
      [Buffer.concat([BEGUN, listHead('struct', 200_001), groups('', 200_000)]), 1],
      [thrift(element({ name: 'a', type: 1 })), 200_000],
      STOP,
    ],
    /at least 10,001 columns; at most 10,000 are read here \(parquet_limits\.leaves\)/,
  ],
  [
    'ten thousand columns, each at the end of 63 groups',
    [
      [Buffer.concat([BEGUN, listHead('struct', 640_001), groups('', 10_000)]), 1],
      [Buffer.concat([...Array(63).fill(groups('group', 1)), thrift(element({ name: 'a', type: 1 }))]), 10_000],
      [thrift({ 1: ['i64', 0], 2: ['list', { of: 'struct', items: [] }] }), 1],
    ],
    /^$/,
    // A microsecond for each of 640,000 groups.
    5_000,
  ],
  ['as many chunks as fit', manyChunks(), /^$/],
  ['as many notes on shapes as fit', notes(`{"columns":${'['.repeat(200_000)}`), /^$/],
  ['as many empty notes as fit', notes(''), /^$/],
  ['notes of values within values', notes(`{"columns":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_001)}`), /^$/],
]

/** The field that is a name of so many bytes, which follow. */
function namedUpTo(bytes: number): Buffer {
  return Buffer.concat([fieldHead('binary', 4), varintOf(bytes)])
}

function varintOf(value: number): Buffer {
  return listHead('i32', value).subarray(1)
}

/** As many notes of GeoParquet's as the largest footer has, all of the same text. */
function notes(text: string): Segment[] {
  const note = thrift({ 1: ['binary', 'geo'], 2: ['binary', text] })
  const count = Math.floor((LARGEST - 1_000) / note.length)
  return [[Buffer.concat([PLAIN, fieldHead('list'), listHead('struct', count)]), 1], [note, count], STOP]
}

/** 100 columns in as many row groups as a footer of the largest size has. */
function manyChunks(): Segment[] {
  const columns = Array.from({ length: 100 }, (_, n) => ({ name: `column ${n}`, type: 2, repetition: 1 }))
  const eight = Buffer.alloc(8, 7)
  const statistics = {
    1: ['binary', eight],
    2: ['binary', eight],
    3: ['i64', 0],
    5: ['binary', eight],
    6: ['binary', eight],
  } as const
  const group = thrift(rowGroupOf(columns.map(() => chunkOf(2, { statistics }))))
  const count = Math.floor((LARGEST - 10_000) / group.length)
  const head = thrift(footerOf(columns, columns.length, { 3: ['i64', count], 4: undefined })).subarray(0, -1)
  return [[Buffer.concat([head, fieldHead('list'), listHead('struct', count)]), 1], [group, count], STOP]
}

await readParquetFooter(madeUp([[PLAIN, 1], STOP]))
/** Once for all: nothing may stay behind either. */
const before = process.memoryUsage.rss()

for (const [what, footer, outcome, mostMs] of CASES) {
  test(`${what}: an end in time and memory`, async () => {
    const file = madeUp(footer, 1_000)
    let most = before
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss())
    }, 5)
    const began = process.cpuUsage()
    let reason = ''
    try {
      await readParquetFooter(file)
    } catch (error) {
      assert.ok(error instanceof HoldallError, String(error))
      assert.match(error.code, /^parquet_(invalid|limit_exceeded)$/)
      reason = String(error.values.reason)
    } finally {
      clearInterval(watch)
    }
    const { user, system } = process.cpuUsage(began)
    const ms = (user + system) / 1_000
    const mib = file.footerBytes / MIB
    assert.match(reason, outcome)
    assert.ok(ms < (mostMs ?? TIME_MS + TIME_MS_PER_MIB * mib), `${ms} ms of processors for ${mib} MiB`)
    assert.ok(most - before < file.footerBytes + MEMORY_BYTES, `${most - before} bytes more for ${mib} MiB`)
  })
}
