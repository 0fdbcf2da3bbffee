import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_PARTS, PART_SIZE } from './limits.ts'
import { planParts, sizeOfPart } from './plan.ts'

const WIDE = { minPartSize: 1, maxPartSize: 2 ** 50, maxParts: MAX_PARTS }

test('parts of 8 MiB, doubled until there are at most 10,000 of them', () => {
  for (const [size, partSize, partCount] of [
    [1, PART_SIZE, 1],
    [PART_SIZE, PART_SIZE, 1],
    [PART_SIZE + 1, PART_SIZE, 2],
    [PART_SIZE * MAX_PARTS, PART_SIZE, MAX_PARTS],
    [PART_SIZE * MAX_PARTS + 1, PART_SIZE * 2, MAX_PARTS / 2 + 1],
    [5 * 2 ** 40, PART_SIZE * 128, 5_120],
    [Number.MAX_SAFE_INTEGER, PART_SIZE * 2 ** 17, 8_192],
  ] as const) {
    assert.deepEqual(planParts(size, WIDE), { size, partSize, partCount }, `${size}`)
  }
})

test('within the limits of the storage; what no plan fits is too large', () => {
  const narrow = { minPartSize: 5, maxPartSize: 10, maxParts: 3 }
  assert.deepEqual(planParts(30, narrow), { size: 30, partSize: 10, partCount: 3 })
  assert.throws(() => planParts(31, narrow), { code: 'file_too_large', values: { limit: 30, size: '30 bytes' } })
  assert.equal(planParts(1, { ...WIDE, minPartSize: PART_SIZE * 3 }).partSize, PART_SIZE * 3)
  const odd = { minPartSize: 1, maxPartSize: PART_SIZE * 3, maxParts: 2 }
  assert.equal(planParts(PART_SIZE * 5, odd).partSize, PART_SIZE * 3, 'the last doubling stops at the largest')
})

test('all parts are equal but the last, and together they are the file', () => {
  for (const size of [1, PART_SIZE, PART_SIZE + 1, PART_SIZE * 3 - 1]) {
    const plan = planParts(size, WIDE)
    const sizes = Array.from({ length: plan.partCount }, (_, at) => sizeOfPart(plan, at + 1))
    assert.equal(
      sizes.reduce((sum, one) => sum + one, 0),
      size,
    )
    for (const one of sizes.slice(0, -1)) assert.equal(one, plan.partSize)
    assert.ok((sizes.at(-1) as number) >= 1)
  }
})
