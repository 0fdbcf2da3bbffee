import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** 256 bits: nobody guesses one, so a plain hash of it is safe to store. */
const CREDENTIAL_BYTES = 32
const ID_BYTES = 10

/** A new credential. The prefix says what it is to whoever finds it in a log, and to secret scanners. */
export function newCredential(prefix: string): string {
  return prefix + randomBytes(CREDENTIAL_BYTES).toString('base64url')
}

/** A short random name for a row that people refer to. */
export function newId(prefix: string): string {
  return prefix + randomBytes(ID_BYTES).toString('hex')
}

/** What is stored of a credential. Looking it up compares hashes, so that timing tells nothing about the credential. */
export function hashCredential(credential: string): string {
  return createHash('sha256').update(credential).digest('hex')
}

/** Signs values with a key that is derived from the server's secret and one purpose. */
export interface Signer {
  /** `value.signature` */
  sign(value: string): string
  /** The value, or undefined when the signature is not ours. */
  verify(signed: string): string | undefined
}

export function createSigner(secret: string, purpose: string): Signer {
  const key = createHmac('sha256', secret).update(`holdall ${purpose}`).digest()
  function signature(value: string): string {
    return createHmac('sha256', key).update(value).digest('base64url')
  }
  return {
    sign: (value) => `${value}.${signature(value)}`,
    verify(signed) {
      const end = signed.lastIndexOf('.')
      if (end < 0) return undefined
      const value = signed.slice(0, end)
      return sameText(signature(value), signed.slice(end + 1)) ? value : undefined
    },
  }
}

/** Encrypts values, so that whoever holds one can neither read nor change it. */
export interface Sealer {
  seal(value: string): string
  /** The value, or undefined when it was not sealed here. */
  open(sealed: string): string | undefined
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** @param purpose what is sealed for one purpose is not opened for another */
export function createSealer(secret: string, purpose: string): Sealer {
  const key = createHmac('sha256', secret).update(`holdall sealed ${purpose}`).digest()
  return {
    seal(value) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce)
      const sealed = [cipher.update(value, 'utf8'), cipher.final()]
      return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES))
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
        const opened = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
        return Buffer.concat([opened, decipher.final()]).toString()
      } catch {
        return undefined
      }
    },
  }
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
