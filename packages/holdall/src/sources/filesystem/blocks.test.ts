import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { gatherBlocks, gatherChunks } from './blocks.ts'

const MOST = 100_000

for (const sizes of [[1], [MOST], [16_384, 16_384], [16_383, 1, 1], [40_000, 50_000, 9_999, 1], [0, 7, 0]]) {
  test(`what is added in pieces of ${sizes} comes back in order`, () => {
    const added = sizes.map((size) => randomBytes(size))
    const blocks = gatherBlocks()
    for (const piece of added) assert.equal(blocks.add(piece, MOST), piece.byteLength)
    assert.equal(blocks.bytes, Buffer.concat(added).byteLength)
    assert.deepEqual(Buffer.concat(blocks.chunks()), Buffer.concat(added))
    blocks.free()
  })
}

test('no more is taken than shall be gathered', () => {
  const blocks = gatherBlocks()
  assert.equal(blocks.add(randomBytes(70_000), MOST), 70_000)
  assert.equal(blocks.add(randomBytes(70_000), MOST), 30_000)
  assert.equal(blocks.add(randomBytes(70_000), MOST), 0)
  // The limit may have become smaller meanwhile.
  assert.equal(blocks.add(randomBytes(70_000), MOST / 2), 0)
  assert.equal(blocks.bytes, MOST)
  blocks.free()
})

test('what was freed is used again, and nobody has a block that another has', () => {
  const first = gatherBlocks()
  first.add(randomBytes(50_000), MOST)
  const memory = new Set(first.chunks().map(({ buffer }) => buffer))
  first.free()
  const second = gatherBlocks()
  const third = gatherBlocks()
  second.add(randomBytes(50_000), MOST)
  third.add(randomBytes(50_000), MOST)
  const used = [...second.chunks(), ...third.chunks()].map(({ buffer }) => buffer)
  assert.equal(new Set(used).size, used.length)
  assert.ok(second.chunks().every(({ buffer }) => memory.has(buffer)))
  second.free()
  third.free()
})

test('chunks that nobody takes back are gathered as they are', () => {
  const added = [randomBytes(70_000), randomBytes(70_000)]
  const chunks = gatherChunks()
  for (const piece of added) assert.equal(chunks.add(piece, MOST), piece.byteLength)
  assert.deepEqual([chunks.bytes, chunks.chunks()], [140_000, added])
})
