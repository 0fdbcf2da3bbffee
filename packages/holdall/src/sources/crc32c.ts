import { crc32c } from '@holdall/client/crc32c'

/** CRC-32C of a stream of bytes; Node has only the CRC-32 of zip. */
export function createCrc32c() {
  let sum = 0
  return {
    update(bytes: Uint8Array): void {
      sum = crc32c(bytes, sum)
    },
    /** In base64, most significant byte first, as S3 writes it. */
    digest(): string {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(sum)
      return bytes.toString('base64')
    },
  }
}
