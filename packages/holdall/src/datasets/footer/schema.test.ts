import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { LOGICAL, UNIT } from './annotation.ts'
import { CONVERTED, PHYSICAL } from './element.ts'
import { PARQUET_LIMITS } from './limits.ts'
import { parseFooter } from './parse.ts'
import { type DuckDb, startDuckDb } from './test-duckdb.ts'
import { type Element, footerOf, parquetFile, type Struct, thrift } from './test-footers.ts'
import { PHYSICAL_NAMES } from './types.ts'

const LONG = process.env.HOLDALL_TEST_LONG !== undefined
const TREES = LONG ? 5_000 : 300
const LENGTHS = [2, 12, 16, 5]

const folder = mkdtempSync(join(tmpdir(), 'holdall-schema-'))
let duckdb: DuckDb
let files = 0
before(async () => {
  duckdb = await startDuckDb()
})
after(() => {
  duckdb.close()
  rmSync(folder, { recursive: true })
})

/** The type of the first column as we and as DuckDB read it; undefined for what is refused. */
async function both(elements: readonly Element[], more: Struct = {}) {
  const footer = thrift(footerOf(elements, 1, more))
  const file = parquetFile(footer)
  // DuckDB remembers files by their path.
  files += 1
  const path = join(folder, `${files}.parquet`)
  writeFileSync(path, file)
  let theirs: string | undefined
  try {
    theirs = (await duckdb.describe(path))[0]?.[1]
  } catch {
    theirs = undefined
  }
  try {
    const ours = parseFooter(footer, file.length, PARQUET_LIMITS).columns[0]?.type
    return { ours: ours === undefined ? undefined : await duckdb.canonical(ours), theirs }
  } catch (error) {
    assert.ok(error instanceof HoldallError, String(error))
    return { ours: undefined, theirs, reason: String(error.values.reason) }
  }
}

const time = (id: number, isUtc: boolean, unit: number): Struct => ({
  [id]: ['struct', { 1: ['bool', isUtc], 2: ['struct', { [unit]: ['struct', {}] }] }],
})

function* annotations(): Generator<Pick<Element, 'logical' | 'converted' | 'precision' | 'scale'>> {
  yield {}
  for (const id of Object.values(LOGICAL)) {
    if (id === LOGICAL.time || id === LOGICAL.timestamp) {
      for (const unit of Object.values(UNIT))
        for (const isUtc of [true, false]) yield { logical: time(id, isUtc, unit) }
    } else if (id === LOGICAL.integer) {
      for (const bits of [8, 16, 32, 64])
        for (const isSigned of [true, false])
          yield { logical: { [id]: ['struct', { 1: ['i8', bits], 2: ['bool', isSigned] }] } }
    } else if (id === LOGICAL.decimal) yield { logical: { [id]: ['struct', { 1: ['i32', 2], 2: ['i32', 5] }] } }
    else yield { logical: { [id]: ['struct', {}] } }
  }
  yield { logical: { 99: ['struct', {}] } }
  for (const converted of Object.values(CONVERTED)) {
    if (converted !== CONVERTED.decimal) yield { converted }
  }
  for (const [precision, scale] of [
    [5, 2],
    [38, 0],
    [38, 38],
    [39, 0],
    [76, 10],
    [1, 1],
  ] as const)
    yield { converted: CONVERTED.decimal, precision, scale }
}

test('a column of values has the type that DuckDB reads, for every annotation of every physical type', async () => {
  let same = 0
  const refused: string[] = []
  for (const annotation of annotations()) {
    for (const type of Object.values(PHYSICAL)) {
      for (const length of type === PHYSICAL.fixedLenByteArray ? LENGTHS : [undefined]) {
        const element: Element = { name: 'a', type, length, repetition: 1, ...annotation }
        const { ours, theirs } = await both([element])
        const said = `${PHYSICAL_NAMES[type]}(${length}) ${JSON.stringify(annotation)}: ${ours} and ${theirs}`
        // Queries over BSON must wait for a DuckDB that reads it; it is a file like others.
        if (annotation.converted === CONVERTED.bson) assert.ok(ours === 'BLOB' || ours === undefined, said)
        else if (ours !== undefined) assert.equal(ours, theirs, said)
        else if (theirs !== undefined) refused.push(theirs)
        if (ours !== undefined && ours === theirs) same += 1
      }
    }
  }
  assert.ok(same > 250, `${same} are the same`)
  // What DuckDB takes although the format does not have it: such a file would fail at its first row.
  assert.deepEqual([...new Set(refused)].sort(), [
    'DOUBLE',
    'INTERVAL',
    'JSON',
    'TIME',
    'TIME WITH TIME ZONE',
    'TIMESTAMP',
    'TIMESTAMP WITH TIME ZONE',
    'TIMESTAMP_NS',
    'TIME_NS',
    'UUID',
  ])
})

test('a tree of groups has the type that DuckDB reads', async () => {
  const random = numbersFrom(20_261_121)
  let taken = 0
  for (let n = 0; n < TREES; n += 1) {
    const elements = randomTree(random, 4)
    const { ours, theirs } = await both(elements)
    assert.equal(ours, theirs, JSON.stringify(elements))
    if (ours !== undefined) taken += 1
  }
  assert.ok(taken > TREES / 3, `${taken} of ${TREES} are schemas`)
})

test('lists and maps of all times', async () => {
  const int = (name: string, repetition = 1): Element => ({ name, type: PHYSICAL.int32, repetition })
  const group = (name: string, children: number, repetition = 1, more: Partial<Element> = {}): Element => ({
    name,
    children,
    repetition,
    ...more,
  })
  const list = { converted: CONVERTED.list }
  const map = { converted: CONVERTED.map }
  for (const [type, elements] of [
    ['INTEGER[]', [group('a', 1, 1, list), group('list', 1, 2), int('element')]],
    ['INTEGER[]', [group('a', 1, 1, list), group('bag', 1, 2), int('array_element')]],
    ['INTEGER[]', [group('a', 1, 1, list), int('element', 2)]],
    ['INTEGER[]', [int('a', 2)]],
    ['STRUCT(x INTEGER, y INTEGER)[]', [group('a', 1, 1, list), group('array', 2, 2), int('x'), int('y')]],
    ['MAP(INTEGER, INTEGER)', [group('a', 1, 1, map), group('key_value', 2, 2), int('key', 0), int('value')]],
    ['MAP(INTEGER, INTEGER)', [group('a', 2, 2, { converted: CONVERTED.mapKeyValue }), int('key', 0), int('value')]],
    ['STRUCT(x INTEGER)', [group('a', 1), int('x')]],
    ['STRUCT(x INTEGER, X_1 INTEGER)', [group('a', 2), int('x'), int('X')]],
  ] as const) {
    const { ours, theirs } = await both(elements)
    assert.equal(ours, type)
    assert.equal(theirs, type)
  }
})

test('shapes are bytes with a note, or have a type of their own', async () => {
  const geo = (note: object): Struct => ({
    5: ['list', { of: 'struct', items: [{ 1: ['binary', 'geo'], 2: ['binary', JSON.stringify(note)] }] }],
  })
  const bytes: Element = { name: 'g', type: PHYSICAL.byteArray, repetition: 1 }
  const wkb = { version: '1.1.0', primary_column: 'g', columns: { g: { encoding: 'WKB', geometry_types: [] } } }
  for (const [element, more, type] of [
    [bytes, {}, 'BLOB'],
    [bytes, geo(wkb), 'GEOMETRY'],
    [bytes, geo({ ...wkb, columns: { other: wkb.columns.g } }), 'BLOB'],
    [{ ...bytes, converted: CONVERTED.utf8 }, geo({ ...wkb, columns: {} }), 'VARCHAR'],
    [{ ...bytes, logical: { [LOGICAL.geometry]: ['struct', { 1: ['binary', 'OGC:CRS84'] }] } }, {}, 'GEOMETRY'],
    [{ ...bytes, logical: { [LOGICAL.geography]: ['struct', {}] } }, {}, 'GEOMETRY'],
  ] as const satisfies readonly (readonly [Element, Struct, string])[]) {
    const { ours, theirs } = await both([element], more)
    assert.equal(ours, type)
    // Which reference system it is stands in DuckDB's type.
    assert.equal(theirs?.replace(/^GEOMETRY\(.*/, 'GEOMETRY'), type)
  }
  const broken = thrift(
    footerOf([bytes], 1, { 5: ['list', { of: 'struct', items: [{ 1: ['binary', 'geo'], 2: ['binary', '{'] }] }] }),
  )
  assert.equal(parseFooter(broken, broken.length + 12, PARQUET_LIMITS).columns[0]?.type, 'BLOB')
})

test('a schema that cannot be is refused', async () => {
  for (const [reason, elements, tops = 1] of [
    ['a group of its schema has 0 columns within', [], 0],
    ['a group of its schema has -1 columns within', [], -1],
    ['a group of its schema has 2 columns within', [{ name: 'a', type: 1 }], 2],
    [
      'its schema has 1 columns too many',
      [
        { name: 'a', type: 1 },
        { name: 'b', type: 1 },
      ],
    ],
    ['its column "a" has neither a type nor columns within', [{ name: 'a' }]],
    ['a group of its schema has -1 columns within', [{ name: 'a', children: -1 }]],
    ['a column of its schema has the type 8, which the format does not have', [{ name: 'a', type: 8 }]],
    ['a column of its schema has the type -1, which the format does not have', [{ name: 'a', type: -1 }]],
    ['a column of its schema has the repetition 3, which the format does not have', [{ name: 'a', repetition: 3 }]],
    ['its column "a" has values of a fixed length without a length', [{ name: 'a', type: 7 }]],
    [
      'its column "a" has VARCHAR values stored as INT64, which the format does not have',
      [{ name: 'a', type: 2, converted: 0 }],
    ],
    ['its column "a" is a DECIMAL without a possible precision and scale', [{ name: 'a', type: 2, converted: 5 }]],
    [
      'its column "a" is a DECIMAL without a possible precision and scale',
      [{ name: 'a', type: 2, converted: 5, precision: 3, scale: 4 }],
    ],
    [
      'its column "m" is a map that is not made of keys and values',
      [
        { name: 'm', children: 1, converted: 2 },
        { name: 'key', type: 1 },
      ],
    ],
  ] as const satisfies readonly (readonly [string, readonly Element[], number?])[]) {
    const footer = thrift(footerOf(elements, tops))
    assert.throws(
      () => parseFooter(footer, footer.length + 12, PARQUET_LIMITS),
      (error) => error instanceof HoldallError && error.values.reason === reason,
      reason,
    )
  }
  const named = thrift(footerOf([{ name: 'a', type: 1 }], 1))
  named[named.indexOf('a')] = 0xff
  assert.throws(() => parseFooter(named, named.length + 12, PARQUET_LIMITS), /the name of a column is not UTF-8/)
})

function randomTree(random: (below: number) => number, depth: number): Element[] {
  const repetition = random(3)
  const names = ['a', 'A', 'b', 'list', 'key', 'x y', 'a_1', 'element', 'é', 'q"', 'select']
  const name = pick(random, names)
  if (depth === 0 || random(3) === 0) return [{ name, type: pick(random, [0, 1, 2, 6]), repetition }]
  const children = pick(random, [1, 1, 2, 3])
  const converted = pick(random, [undefined, undefined, CONVERTED.map, CONVERTED.mapKeyValue, CONVERTED.list])
  const logical = pick<Struct | undefined>(random, [undefined, { 2: ['struct', {}] }, { 3: ['struct', {}] }])
  const within = Array.from({ length: children }, () => randomTree(random, depth - 1))
  return [{ name, repetition, children, converted, logical }, ...within.flat()]
}

function pick<T>(random: (below: number) => number, from: readonly T[]): T {
  return from[random(from.length)] as T
}

/** The same numbers every time. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return (state >> 8) % below
  }
}
