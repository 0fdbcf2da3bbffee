import { breathe, createMd5, PIECE } from '#hash'
import { crc32c } from './crc32c.ts'
import type { Checksum } from './sessions.ts'

export interface Hash {
  update(bytes: Uint8Array): void
  digest(): Uint8Array
}

export function createHash(kind: Checksum): Hash {
  if (kind === 'md5') return createMd5()
  let crc = 0
  return {
    update(bytes) {
      crc = crc32c(bytes, crc)
    },
    digest: () => new Uint8Array([crc >>> 24, crc >>> 16, crc >>> 8, crc]),
  }
}

/** The checksum of bytes that are all there, in base64 as storages want it; in pages, a piece at a time. */
export async function checksumOf(kind: Checksum, bytes: Uint8Array): Promise<string> {
  const hash = createHash(kind)
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (at > 0) await breathe()
    hash.update(bytes.subarray(at, at + PIECE))
  }
  return base64(hash.digest())
}

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
