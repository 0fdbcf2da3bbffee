import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { HoldallError } from '../../web/error.ts'
import { PARQUET_LIMITS } from './limits.ts'
import { parseFooter } from './parse.ts'
import { chunkOf, type Element, footerOf, rowGroupOf, thrift } from './test-footers.ts'

const MUTATIONS = process.env.HOLDALL_TEST_LONG === undefined ? 3_000 : 200_000
const SEED = Number(process.env.HOLDALL_TEST_SEED ?? 20_261_121)
/** Of the processor: a footer of some kilobytes takes a millisecond, the first ones more. */
const MOST_MS = 100
const FIXTURES = join(import.meta.dirname, 'fixtures')
/** What a mutation writes: what most often means something else than it did. */
const TELLING = [0x00, 0x01, 0x11, 0x15, 0x19, 0x1c, 0x7f, 0x80, 0xf5, 0xfc, 0xff]

test(`${MUTATIONS} mutations of footers: a file or a reason, at once`, () => {
  const footers = [...realFooters(), madeFooter()]
  const random = numbersFrom(SEED)
  const outcomes = new Map<string, number>()
  let slowest = 0
  for (const { footer, sizeBytes } of footers) parseFooter(footer, sizeBytes, PARQUET_LIMITS)
  for (let n = 0; n < MUTATIONS; n += 1) {
    const { footer, sizeBytes } = footers[random(footers.length)] as (typeof footers)[number]
    let mutant = Buffer.from(footer)
    for (let times = 1 + random(4); times > 0; times -= 1) mutant = mutate(mutant, footers[0]?.footer ?? footer, random)
    const began = process.threadCpuUsage()
    const outcome = outcomeOf(mutant, sizeBytes + mutant.length - footer.length)
    const { user, system } = process.threadCpuUsage(began)
    const ms = (user + system) / 1_000
    slowest = Math.max(slowest, ms)
    const which = `mutation ${n} of seed ${SEED}: ${mutant.toString('base64').slice(0, 4_000)}`
    assert.doesNotMatch(outcome, /^Error/, which)
    assert.ok(ms <= MOST_MS, `${ms} ms, ${which}`)
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const told = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${count} ${outcome}`)
  console.log(`slowest ${slowest.toFixed(1)} ms; ${told.join(', ')}`)
  // A fuzz test of which everything is refused at the first byte has tested nothing.
  assert.ok((outcomes.get('a file') ?? 0) > MUTATIONS / 50)
  assert.ok((outcomes.get('parquet_invalid') ?? 0) > MUTATIONS / 10)
})

function outcomeOf(footer: Uint8Array, sizeBytes: number): string {
  try {
    const file = parseFooter(footer, sizeBytes, PARQUET_LIMITS)
    assert.ok(Number.isSafeInteger(file.rowCount) && file.rowCount >= 0)
    assert.ok(file.columns.length > 0 && file.leafCount >= file.columns.length)
    for (const { name, type, compressedBytes, nullCount } of file.columns) {
      assert.ok(name.isWellFormed() && type.length > 0)
      assert.ok(Number.isSafeInteger(compressedBytes) && (nullCount === null || nullCount >= 0))
    }
    // What is told passes between threads, and into JSON.
    assert.deepEqual(JSON.parse(JSON.stringify(file)), file)
    return 'a file'
  } catch (error) {
    return error instanceof HoldallError ? error.code : `Error ${error instanceof Error ? error.stack : error}`
  }
}

function* realFooters() {
  for (const path of globSync('*.parquet', { cwd: FIXTURES }).sort()) {
    const file = readFileSync(join(FIXTURES, path))
    const end = file.length - 8
    if (!path.startsWith('encrypted'))
      yield { footer: file.subarray(end - file.readUInt32LE(end), end), sizeBytes: file.length }
  }
}

/** Many small row groups, and a deep column. */
function madeFooter() {
  const groups: Element[] = Array.from({ length: 20 }, (_, n) => ({ name: `g${n}`, children: 1, repetition: n % 3 }))
  const elements = [{ name: 'n', type: 2, repetition: 1 }, ...groups, { name: 'leaf', type: 6, converted: 0 }]
  const eight = Buffer.alloc(8, 1)
  const statistics = { 3: ['i64', 0], 5: ['binary', eight], 6: ['binary', eight] } as const
  const group = rowGroupOf([chunkOf(2, { statistics }), chunkOf(6, { statistics })])
  const items = Array(20).fill(group)
  const footer = thrift(footerOf(elements, 2, { 3: ['i64', 20], 4: ['list', { of: 'struct', items }] }))
  return { footer, sizeBytes: footer.length + 10_000 }
}

function mutate(bytes: Buffer, other: Uint8Array, random: (below: number) => number): Buffer<ArrayBuffer> {
  const at = random(bytes.length + 1)
  const before = bytes.subarray(0, at)
  const length = 1 + random(random(4) === 0 ? 200 : 4)
  const rest = (skipped: number) => bytes.subarray(Math.min(bytes.length, at + skipped))
  const telling = () => TELLING[random(TELLING.length)] as number
  switch (random(9)) {
    case 0:
      return Buffer.concat([before, Buffer.of((1 << random(8)) ^ (bytes[at] ?? 0)), rest(1)])
    case 1:
      return Buffer.concat([before, Buffer.of(random(256)), rest(1)])
    case 2:
      return Buffer.concat([before, Buffer.of(telling()), rest(1)])
    case 3:
      return Buffer.concat([before, Buffer.alloc(length, telling()), rest(random(2) * length)])
    case 4:
      return Buffer.concat([before, rest(length)])
    case 5:
      return Buffer.concat([before, rest(0).subarray(0, length), rest(0)])
    case 6: {
      const from = random(other.length)
      return Buffer.concat([before, other.subarray(from, from + length), rest(random(2) * length)])
    }
    case 7:
      return random(4) === 0
        ? Buffer.concat([before])
        : Buffer.concat([before, Buffer.of(((bytes[at] ?? 0) + 2) & 255), rest(1)])
    default:
      return Buffer.concat([before, Buffer.of(((bytes[at] ?? 0) - 2) & 255), rest(1)])
  }
}

/** The same numbers for the same seed. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
