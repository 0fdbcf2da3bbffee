/** The Castagnoli polynomial, its bits in reverse, as the checksum is computed from the low bit on. */
const POLYNOMIAL = 0x82f63b78
const LANES = 8

let tables: Uint32Array | undefined

/** Eight tables in a row: what a byte does to the checksum when 0 to 7 further bytes follow it. */
function makeTables(): Uint32Array {
  const made = new Uint32Array(LANES * 256)
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1 ? POLYNOMIAL : 0) ^ (value >>> 1)
    made[byte] = value
  }
  for (let at = 256; at < made.length; at += 1) {
    const before = made[at - 256] as number
    made[at] = (made[before & 0xff] as number) ^ (before >>> 8)
  }
  return made
}

/**
 * CRC-32C (RFC 3720, B.4), eight bytes at a time: one table look-up each and none that waits for another.
 *
 * @param before the checksum of what precedes these bytes
 * @returns 0 to 2³² − 1
 */
export function crc32c(bytes: Uint8Array, before = 0): number {
  tables ??= makeTables()
  const t = tables
  let crc = ~before
  let at = 0
  const aligned = Math.min(bytes.length, (4 - (bytes.byteOffset & 3)) & 3)
  while (at < aligned) crc = (t[(crc ^ (bytes[at++] as number)) & 0xff] as number) ^ (crc >>> 8)
  const count = ((bytes.length - at) >>> 3) << 1
  if (count > 0 && LITTLE_ENDIAN) {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, count)
    for (let word = 0; word < count; word += 2) {
      const low = crc ^ (words[word] as number)
      const high = words[word + 1] as number
      crc =
        (t[1792 + (low & 0xff)] as number) ^
        (t[1536 + ((low >>> 8) & 0xff)] as number) ^
        (t[1280 + ((low >>> 16) & 0xff)] as number) ^
        (t[1024 + (low >>> 24)] as number) ^
        (t[768 + (high & 0xff)] as number) ^
        (t[512 + ((high >>> 8) & 0xff)] as number) ^
        (t[256 + ((high >>> 16) & 0xff)] as number) ^
        (t[high >>> 24] as number)
    }
    at += count * 4
  }
  while (at < bytes.length) crc = (t[(crc ^ (bytes[at++] as number)) & 0xff] as number) ^ (crc >>> 8)
  return ~crc >>> 0
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1
