import { createHash, randomBytes } from 'node:crypto'
import type { Lease, UploadSession } from './session.ts'
import type { NewSession, Sessions } from './sessions.ts'

const TOKEN_BYTES = 32
const TOKEN = /^tok_[A-Za-z0-9_-]{43}$/

/** Upload tokens: unguessable, kept as their hash, good for one session until it expires. */
export function createTokens(sessions: Sessions) {
  return {
    async make(fresh: NewSession): Promise<{ session: UploadSession; token: string }> {
      const token = newToken()
      return { session: await sessions.prepare(fresh, hashOf(token)), token }
    },
    /** The same for a session that something has to be done for before its client hears of it. */
    async lease(fresh: NewSession): Promise<{ lease: Lease; token: string }> {
      const token = newToken()
      return { lease: await sessions.begin(fresh, hashOf(token)), token }
    },
    async find(token: string): Promise<UploadSession | undefined> {
      return TOKEN.test(token) ? await sessions.byToken(hashOf(token)) : undefined
    },
  }
}

function newToken(): string {
  return `tok_${randomBytes(TOKEN_BYTES).toString('base64url')}`
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
