import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes } from './contract/bodies.ts'
import { createCrc32c } from './crc32c.ts'

function hexOf(...chunks: Uint8Array[]): string {
  const crc = createCrc32c()
  for (const chunk of chunks) crc.update(chunk)
  return Buffer.from(crc.digest(), 'base64').toString('hex')
}

test('CRC-32C is what RFC 3720 says', () => {
  assert.equal(hexOf(), '00000000')
  assert.equal(hexOf(Buffer.from('123456789')), 'e3069283')
  assert.equal(hexOf(Buffer.alloc(32)), '8a9136aa')
  assert.equal(hexOf(Buffer.alloc(32, 0xff)), '62a8ab43')
  assert.equal(hexOf(Buffer.from(Array.from({ length: 32 }, (_, at) => at))), '46dd794e')
})

test('however the bytes are cut, and wherever they lie in memory, their CRC-32C is one', () => {
  const body = bytes(10_000)
  const whole = hexOf(body)
  for (const at of [0, 1, 7, 8, 9, 4_096, 9_999, 10_000]) {
    assert.equal(hexOf(body.subarray(0, at), body.subarray(at)), whole, `${at}`)
  }
  assert.notEqual(hexOf(body.map((byte, at) => (at === 5_000 ? byte ^ 1 : byte))), whole)
})
