import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Makes text unreadable to whoever has not the same server secret, and notices when it is another name's. */
export interface Seal {
  seal(name: string, text: string): Uint8Array
  /** `undefined` when it was sealed with another server secret, for another name, or is damaged. */
  open(name: string, sealed: Uint8Array): string | undefined
}

/** @param serverSecret what `resolveServerSecret` found */
export function createSeal(serverSecret: string): Seal {
  // A key of its own, so that nothing else that the server secret signs can be used to open these.
  const key = Buffer.from(hkdfSync('sha256', serverSecret, '', 'holdall secrets', KEY_BYTES))
  return {
    seal(name, text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(name))
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
    },
    open(name, sealed) {
      try {
        const tagEnd = NONCE_BYTES + TAG_BYTES
        const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(name))
          .setAuthTag(sealed.subarray(NONCE_BYTES, tagEnd))
        return Buffer.concat([decipher.update(sealed.subarray(tagEnd)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}
