import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { crc32c } from './crc32c.ts'
import { base64, checksumOf, hex } from './hash.ts'
import { createMd5 } from './hash-browser.ts'

const LENGTHS = [0, 1, 3, 7, 8, 9, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1_000, 65_537]

describe('CRC-32C', () => {
  test('of the examples in RFC 3720', () => {
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
    assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
    assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e)
    assert.equal(crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
  })

  test('does not depend on where the bytes lie, or on how they are cut', () => {
    const bytes = new Uint8Array(randomBytes(5_000))
    const whole = crc32c(bytes)
    for (let shift = 0; shift < 9; shift += 1) {
      const moved = new Uint8Array(bytes.length + shift)
      moved.set(bytes, shift)
      assert.equal(crc32c(moved.subarray(shift)), whole)
    }
    for (const cut of [0, 1, 5, 4_093, 5_000]) {
      assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), whole)
    }
  })

  test('goes with a part in base64, its highest byte first', async () => {
    assert.equal(await checksumOf('crc32c', new TextEncoder().encode('123456789')), '4waSgw==')
  })
})

describe('MD5 for browsers', () => {
  test('is what everybody else says, at every length around a block', () => {
    for (const length of LENGTHS) {
      const bytes = new Uint8Array(randomBytes(length))
      const hash = createMd5()
      hash.update(bytes)
      assert.equal(hex(hash.digest()), createHash('md5').update(bytes).digest('hex'), `${length} bytes`)
    }
  })

  test('does not depend on where the bytes lie, or on how they are cut', () => {
    const bytes = new Uint8Array(randomBytes(1_000))
    const whole = createHash('md5').update(bytes).digest('base64')
    for (const cut of [1, 2, 63, 64, 65, 500]) {
      const hash = createMd5()
      for (let at = 0; at < bytes.length; at += cut) hash.update(bytes.subarray(at, at + cut))
      assert.equal(base64(hash.digest()), whole, `pieces of ${cut}`)
    }
  })
})
