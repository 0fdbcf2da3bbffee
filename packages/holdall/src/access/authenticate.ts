import type { InternalDatabase } from '../database/internal.ts'
import { HoldallError } from '../web/error.ts'
import type { Log } from '../web/log.ts'
import type { Actor, RouteContext } from '../web/route.ts'
import type { Clock } from './clock.ts'
import type { SessionCookie } from './session-cookie.ts'
import { findSession, noteSessionUse } from './sessions.ts'
import { findToken, noteTokenUse } from './tokens.ts'

export interface AuthenticateOptions {
  readonly db: InternalDatabase
  readonly now: Clock
  readonly cookie: SessionCookie
  readonly log: Log
}

/**
 * Who sends a request: by `Authorization: Bearer`, by `X-User-Token` (empty means nobody, whatever the cookies), else
 * by the session's cookie. A cookie that is no good counts as none; a token that is no good is an error, because
 * whoever sent it counts on it.
 *
 * @throws HoldallError `invalid_token`
 */
export function createAuthenticate(options: AuthenticateOptions): (c: RouteContext) => Promise<Actor | null> {
  const { db, now, cookie, log } = options
  const noting = new Set<string>()

  // Nobody waits for the note of a use: the answer does not depend on it, and a busy database must not delay it.
  function note(id: string, write: () => Promise<void>): void {
    if (noting.has(id)) return
    noting.add(id)
    write()
      .catch((error: unknown) => log.warn('use of a credential was not noted', { id, error }))
      .finally(() => noting.delete(id))
  }

  return async (c) => {
    const token = tokenOf(c)
    if (token !== undefined) {
      if (token === '') return null
      const found = await findToken(db, now, token)
      if (found === undefined) throw invalidToken()
      if (found.due) note(found.id, () => noteTokenUse(db, now, found.id, found.actor.id))
      return found.actor
    }
    const session = cookie.read(c)
    if (session === undefined) return null
    const found = await findSession(db, now, session)
    if (found === undefined) return null
    if (found.ages) cookie.write(c, session)
    if (found.due || found.ages) {
      note(found.id, () => noteSessionUse(db, now, found))
    }
    return found.actor
  }
}

const BEARER = /^Bearer(?:\s+(.*))?$/i

/** The token that the request carries in a header: empty when it says that it has none, undefined when it says nothing. */
export function tokenOf(c: RouteContext): string | undefined {
  const bearer = BEARER.exec(c.req.header('Authorization') ?? '')
  if (bearer === null) return c.req.header('X-User-Token')?.trim()
  const token = bearer[1]?.trim() ?? ''
  if (token === '') throw invalidToken()
  return token
}

function invalidToken(): HoldallError {
  return new HoldallError(
    'invalid_token',
    {},
    { headers: { 'WWW-Authenticate': 'Bearer realm="Holdall", error="invalid_token"' } },
  )
}
