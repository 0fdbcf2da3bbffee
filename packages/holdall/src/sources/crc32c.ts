/** The polynomial of Castagnoli, its bits reversed. */
const POLYNOMIAL = 0x82f63b78
/** Bytes taken at once. */
const SLICES = 8

const TABLES = Array.from({ length: SLICES }, () => new Uint32Array(256))
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
]
for (let byte = 0; byte < 256; byte += 1) {
  let value = byte
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0)
  T0[byte] = value
}
for (let byte = 0; byte < 256; byte += 1) {
  let value = T0[byte] as number
  for (const table of TABLES.slice(1)) {
    value = (value >>> 8) ^ (T0[value & 255] as number)
    table[byte] = value
  }
}

/** CRC-32C of a stream of bytes; Node has only the CRC-32 of zip. */
export function createCrc32c() {
  let state = ~0
  return {
    update(bytes: Uint8Array): void {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const whole = bytes.byteLength - (bytes.byteLength % SLICES)
      let crc = state
      for (let at = 0; at < whole; at += SLICES) {
        const low = crc ^ view.getUint32(at, true)
        const high = view.getUint32(at + 4, true)
        crc =
          (T7[low & 255] as number) ^
          (T6[(low >>> 8) & 255] as number) ^
          (T5[(low >>> 16) & 255] as number) ^
          (T4[low >>> 24] as number) ^
          (T3[high & 255] as number) ^
          (T2[(high >>> 8) & 255] as number) ^
          (T1[(high >>> 16) & 255] as number) ^
          (T0[high >>> 24] as number)
      }
      for (let at = whole; at < bytes.byteLength; at += 1) {
        crc = (crc >>> 8) ^ (T0[(crc ^ view.getUint8(at)) & 255] as number)
      }
      state = crc
    },
    /** In base64, most significant byte first, as S3 writes it. */
    digest(): string {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(~state >>> 0)
      return bytes.toString('base64')
    },
  }
}
