import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFileCost, secondsLeft } from './time-left.ts'

const KB = 1_000
const MB = 1_000_000

/** A line and a server: each file costs seconds of its own, and its bytes take theirs. */
const LINE = { each: 0.04, bytesPerSecond: 10 * MB }

function takes(bytes: number): number {
  return LINE.each + bytes / LINE.bytesPerSecond
}

/** Sends files one after the other, and says at each of some moments what was reckoned, by bytes alone too, and what was true. */
function send(
  sizes: readonly number[],
  from = 30,
): { said: number | null; byBytes: number; truth: number; at: number }[] {
  const cost = createFileCost()
  const moments = []
  const ends: { at: number; bytes: number }[] = []
  let now = 0
  const total = sizes.reduce((sum, bytes) => sum + takes(bytes), 0)
  for (const [index, bytes] of sizes.entries()) {
    now += takes(bytes)
    cost.ended(bytes, takes(bytes), 1)
    ends.push({ at: now, bytes })
    while ((ends[0]?.at ?? now) < now - 5) ends.shift()
    if (index < from || index % 50 !== 0) continue
    const span = now - (ends[0]?.at ?? 0)
    const went = ends.slice(1)
    const lately = { bytes: went.reduce((sum, one) => sum + one.bytes, 0) / span, files: went.length / span }
    const rest = sizes.slice(index + 1)
    const left = { bytes: rest.reduce((sum, size) => sum + size, 0), files: rest.length }
    moments.push({
      said: secondsLeft(left, lately, cost.each),
      byBytes: left.bytes / lately.bytes,
      truth: total - now,
      at: index,
    })
  }
  return moments.filter(({ truth }) => truth > 5)
}

function many(count: number, size: (at: number) => number): number[] {
  return Array.from({ length: count }, (_, at) => Math.round(size(at)))
}

/** Between 1 KB and 400 KB, the same ones each time. */
function mixed(at: number): number {
  return KB * (1 + (399 * ((at * 7_919) % 1_000)) / 1_000)
}

test('ten thousand small files of all sizes: what is said is what it takes', () => {
  for (const { said, truth, at } of send(many(10_000, mixed))) {
    assert.ok(said !== null && said > truth * 0.7 && said < truth * 1.4, `${said} s of ${truth} s at file ${at}`)
  }
})

test('large ones first, then many small ones: their number counts, not only their bytes', () => {
  const sizes = [...many(300, (at) => (at % 3 === 0 ? 5 * MB : 500 * KB)), ...many(5_000, () => 2 * KB)]
  const moments = send(sizes)
  assert.ok(
    moments.some(({ byBytes, truth }) => byBytes < truth / 3),
    'by bytes alone it was said far too short',
  )
  for (const { said, truth, at } of moments) {
    if (said !== null) assert.ok(said > truth * 0.5 && said < truth * 2, `${said} s of ${truth} s at file ${at}`)
  }
  const known = moments.filter(({ said }) => said !== null)
  assert.ok(known.length > moments.length * 0.8, `${known.length} of ${moments.length} moments have something to say`)
})

test('small ones first, then large ones: what small ones do not tell is not said', () => {
  const moments = send([...many(2_000, () => 2 * KB), ...many(200, () => 20 * MB)])
  assert.ok(
    moments.some(({ byBytes, truth }) => byBytes > truth * 20),
    'by bytes alone it was said far too long',
  )
  for (const { said, truth, at } of moments) {
    if (said !== null) assert.ok(said > truth * 0.4 && said < truth * 2.5, `${said} s of ${truth} s at file ${at}`)
  }
})

test('files of one size need no telling apart', () => {
  for (const size of [500, 50 * KB, 5 * MB]) {
    for (const { said, truth, at } of send(many(2_000, () => size))) {
      assert.ok(said !== null && said > truth * 0.8 && said < truth * 1.3, `${said} s of ${truth} s at file ${at}`)
    }
  }
})

test('a large file is its bytes, whatever came before; with many small ones behind it nothing is said yet', () => {
  assert.equal(secondsLeft({ bytes: 500 * MB, files: 1 }, { bytes: 10 * MB, files: 0 }, null), 50)
  assert.equal(secondsLeft({ bytes: 500 * MB, files: 5_001 }, { bytes: 10 * MB, files: 0 }, null), null)
  assert.equal(Math.round(secondsLeft({ bytes: 500 * MB, files: 5_001 }, { bytes: 10 * MB, files: 0 }, 0.04) ?? 0), 250)
})
