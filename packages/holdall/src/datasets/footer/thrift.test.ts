import assert from 'node:assert/strict'
import { test } from 'node:test'
import { varint } from './test-footers.ts'
import { CompactReader } from './thrift.ts'

const reader = (...bytes: number[]) => new CompactReader(Uint8Array.from(bytes))
/** A struct with a field 1 of type i64. */
const i64 = (value: bigint) => {
  const read = reader(0x16, ...varint(value < 0n ? -value * 2n - 1n : value * 2n), 0)
  assert.equal(read.field(0), 1)
  return read.i64()
}

test('numbers are exact up to the last that JavaScript counts, and refused from the next on', () => {
  for (const value of [0n, -1n, 1n, 63n, 64n, -64n, -65n, 2n ** 27n, -(2n ** 27n), 2n ** 31n, 2n ** 52n + 1n])
    assert.equal(i64(value), Number(value))
  for (let bit = 0n; bit < 53n; bit += 1n) {
    assert.equal(i64(2n ** bit), Number(2n ** bit))
    assert.equal(i64(-(2n ** bit) - 1n), -Number(2n ** bit) - 1)
  }
  assert.equal(i64(2n ** 53n - 1n), Number.MAX_SAFE_INTEGER)
  assert.throws(() => i64(2n ** 53n), /past 9,007,199,254,740,991/)
  assert.throws(() => i64(2n ** 63n - 1n), /past 9,007,199,254,740,991/)
})

test('a number has ten bytes at most', () => {
  const ending = (bytes: number) => {
    const read = reader(0x16, ...Array(bytes - 1).fill(0x80), 0)
    read.field(0)
    return read
  }
  assert.equal(ending(10).i64(), 0)
  assert.throws(() => ending(11).i64(), /does not end/)
  ending(10).skip()
  assert.throws(() => ending(11).skip(), /does not end/)
})

test('a 32-bit number is one', () => {
  const i32 = (value: bigint) => {
    const read = reader(0x15, ...varint(value))
    read.field(0)
    return read.i32()
  }
  assert.equal(i32(0xffff_fffen), 2 ** 31 - 1)
  assert.equal(i32(0xffff_ffffn), -(2 ** 31))
  assert.throws(() => i32(0x1_0000_0000n), /larger than its type/)
})

test('the ids of fields rise, up to 32,767', () => {
  const long = (id: number) => reader(0x05, ...varint(BigInt(id) * 2n), 0, 0)
  assert.equal(long(32_767).field(0), 32_767)
  assert.throws(() => long(32_768).field(0), /not in order/)
  assert.throws(() => long(0).field(0), /not in order/)
  assert.throws(() => long(5).field(5), /not in order/)
  assert.equal(long(5).field(4), 5)
})

test('a length is no more than the bytes that are left', () => {
  const binary = (length: number, left: number) => {
    const read = reader(0x18, length, ...Array(left).fill(0))
    read.field(0)
    return read
  }
  assert.equal(binary(5, 5).binary(), 5)
  assert.throws(() => binary(6, 5).binary(), /ends too early/)
  assert.throws(() => binary(6, 5).skip(), /ends too early/)
  const list = (count: number, left: number) => {
    const read = reader(0x19, 0xfc, count, ...Array(left).fill(0))
    read.field(0)
    return read
  }
  assert.equal(list(20, 20).structs(), 20)
  assert.throws(() => list(21, 20).structs(), /ends too early/)
  const map = (count: number, left: number) => {
    const read = reader(0x1b, count, 0x33, ...Array(left).fill(0))
    read.field(0)
    return read
  }
  map(3, 6).skip()
  assert.throws(() => map(4, 6).skip(), /ends too early/)
})

test('values within values are skipped 64 deep', () => {
  const structs = (depth: number) => {
    const read = reader(...Array(depth).fill(0x1c), ...Array(depth).fill(0), 0)
    read.field(0)
    return read
  }
  structs(65).skip()
  assert.throws(() => structs(66).skip(), /more than 64 deep/)
})

test('every type is skipped to its end', () => {
  const bytes = [
    ...[0x11, 0x12, 0x13, 1, 0x14, 2, 0x15, 0x80, 1, 0x16, 2, 0x17, 0, 0, 0, 0, 0, 0, 0, 0],
    ...[0x18, 2, 65, 66, 0x19, 0x25, 2, 4, 0x1a, 0x11, 1, 0x1b, 1, 0x58, 2, 1, 65, 0x1b, 0, 0x1c, 0x11, 0],
    ...[0x1d, ...Array(16).fill(7), 0],
  ]
  const read = reader(...bytes)
  let fields = 0
  for (let id = read.field(0); id !== 0; id = read.field(id)) {
    fields += 1
    read.skip()
  }
  assert.deepEqual([fields, read.at], [14, bytes.length])
})

test('another type than the format says is refused', () => {
  const begun = (type: number) => {
    const read = reader(0x10 | type, 0, 0, 0)
    read.field(0)
    return read
  }
  for (const type of [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13]) assert.throws(() => begun(type).i32(), /another type/)
  for (const type of [0, 14, 15]) assert.throws(() => begun(type).skip(), /another type/)
  assert.throws(() => begun(5).i64(), /another type/)
  assert.throws(() => begun(5).bool(), /another type/)
  assert.throws(() => begun(5).binary(), /another type/)
  assert.throws(() => begun(5).struct(), /another type/)
  const list = reader(0x19, 0x15, 0)
  list.field(0)
  assert.throws(() => list.structs(), /another type/)
})
