/** The polynomial of Castagnoli, its bits reversed. */
const POLYNOMIAL = 0x82f63b78
/** Bytes taken at once. */
const SLICES = 8

/** What a byte does to the sum when 0 to 7 bytes follow it. Signed, as bit operations are: unsigned costs twice the time. */
const TABLE = new Int32Array(SLICES * 256)
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0)
  TABLE[byte] = value
}
for (let at = 256; at < TABLE.length; at += 1) {
  const before = TABLE[at - 256] as number
  TABLE[at] = (before >>> 8) ^ (TABLE[before & 255] as number)
}

/** CRC-32C of a stream of bytes; Node has only the CRC-32 of zip. */
export function createCrc32c() {
  let sum = ~0
  return {
    update(bytes: Uint8Array): void {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const whole = bytes.byteLength - (bytes.byteLength % SLICES)
      let crc = sum
      for (let at = 0; at < whole; at += SLICES) {
        const low = crc ^ view.getInt32(at, true)
        const high = view.getInt32(at + 4, true)
        crc =
          (TABLE[0x700 + (low & 255)] as number) ^
          (TABLE[0x600 + ((low >>> 8) & 255)] as number) ^
          (TABLE[0x500 + ((low >>> 16) & 255)] as number) ^
          (TABLE[0x400 + (low >>> 24)] as number) ^
          (TABLE[0x300 + (high & 255)] as number) ^
          (TABLE[0x200 + ((high >>> 8) & 255)] as number) ^
          (TABLE[0x100 + ((high >>> 16) & 255)] as number) ^
          (TABLE[high >>> 24] as number)
      }
      for (let at = whole; at < bytes.byteLength; at += 1) {
        crc = (crc >>> 8) ^ (TABLE[(crc ^ view.getUint8(at)) & 255] as number)
      }
      sum = crc
    },
    /** In base64, most significant byte first, as S3 writes it. */
    digest(): string {
      const bytes = Buffer.alloc(4)
      bytes.writeInt32BE(~sum)
      return bytes.toString('base64')
    },
  }
}
