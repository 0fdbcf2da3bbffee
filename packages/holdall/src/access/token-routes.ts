import { HoldallError } from '../web/error.ts'
import { formatCount } from '../web/format.ts'
import { renderPage } from '../web/page.ts'
import type { Actor, Route, RouteContext } from '../web/route.ts'
import { ACCESS_API } from './api.ts'
import { tokenOf } from './authenticate.ts'
import { readFields, textOf } from './fields.ts'
import { answerForm, type Refusal, refuseField } from './forms.ts'
import type { PeopleOptions } from './people.ts'
import { formatRestriction, isRestricted, type Restriction } from './restrictions.ts'
import { restrictionsNowhere } from './restrictions-nowhere.ts'
import { findSession, listSessions, revokeOtherSessions, revokeSessions, type SessionFacts } from './sessions.ts'
import type { PageRoutesOptions } from './sign-in-routes.ts'
import { readTokenWish } from './token-form.ts'
import { createToken, listTokens, revokeToken, TOKEN_CLAIM, type TokenFacts } from './tokens.ts'
import { tokensPage } from './tokens-page.ts'

const PATH = '/-/tokens'
const WITHHELD =
  'A token with restrictions reads and changes neither tokens nor sessions. Sign in, or use a token without restrictions.'

/** One's own tokens and sessions: list, make, revoke, end. */
export function tokenRoutes({ access, frame, places }: PageRoutesOptions & PeopleOptions): Route[] {
  const { db, permissions, now, urls, flash, sessionCookie } = access
  const path = urls.path(PATH)

  async function page(c: RouteContext, refusal?: Refusal): Promise<Response> {
    const actor = c.var.actor as Actor
    const { tokens, ...found } = await read(c, actor)
    const content = tokensPage({
      urls,
      tokens,
      ...found,
      nowhere: await nowhere(
        actor,
        tokens.flatMap(({ restrictions }) => restrictions ?? []),
      ),
      flash: flash.take(c, path),
      refusal,
    })
    return c.html(renderPage({ ...(await frame(c)), ...content }))
  }

  async function nowhere(actor: Actor, restrictions: readonly Restriction[]): Promise<Map<string, string>> {
    if (!restrictions.some(({ resource }) => resource !== undefined)) return new Map()
    return restrictionsNowhere(permissions, actor, restrictions, await places())
  }

  async function read(c: RouteContext, { id }: Actor) {
    const [tokens, sessions, session] = await Promise.all([
      listTokens(db, now, id),
      listSessions(db, now, id),
      currentSession(c),
    ])
    return { tokens, sessions, session }
  }

  /** The session that the request came with, if it did not come with a token. */
  async function currentSession(c: RouteContext): Promise<string | undefined> {
    const token = tokenOf(c) === undefined ? sessionCookie.read(c) : undefined
    return token === undefined ? undefined : (await findSession(db, now, token))?.id
  }

  async function list(c: RouteContext): Promise<Response> {
    refuseRestricted(c.var.actor)
    if (c.var.format === 'html') return page(c)
    const { tokens, sessions, session } = await read(c, c.var.actor as Actor)
    return c.json({
      ok: true,
      tokens: tokens.map(tokenJson),
      sessions: sessions.map((one) => ({ ...sessionJson(one), current: one.id === session })),
    })
  }

  async function change(c: RouteContext): Promise<Response> {
    const actor = c.var.actor as Actor
    refuseRestricted(actor)
    const fields = await readFields(c)
    return answerForm(
      c,
      fields,
      async () => {
        const op = fields.op ?? 'create'
        if (op === 'create') return create(c, actor, fields)
        if (op === 'revoke') return revoke(c, actor, textOf(fields, 'id'))
        if (op === 'end-session') return endSession(c, actor, textOf(fields, 'id'))
        if (op === 'end-other-sessions') return endOthers(c, actor)
        return refuseField('op', 'op must be create, revoke, end-session or end-other-sessions.')
      },
      (refusal) => page(c, refusal),
    )
  }

  async function create(c: RouteContext, actor: Actor, fields: Readonly<Record<string, unknown>>): Promise<Response> {
    const wish = readTokenWish(fields)
    const madeWith = actor[TOKEN_CLAIM]
    const made = await createToken(db, now, {
      ...wish,
      actorId: actor.id,
      by: actor.id,
      ...(typeof madeWith === 'string' && { madeWith }),
    })
    if (c.var.format === 'html') {
      flash.write(c, path, { secret: made.token })
      return c.redirect(path, 303)
    }
    const notes = [...(await nowhere(actor, wish.restrictions ?? [])).values()]
    return c.json(
      {
        ok: true,
        id: made.id,
        name: wish.name,
        token: made.token,
        expires_at: made.expiresAt,
        ...(notes.length > 0 && { notes }),
      },
      201,
    )
  }

  async function revoke(c: RouteContext, actor: Actor, id: string): Promise<Response> {
    if ((await revokeToken(db, now, actor.id, id)) === 0) throw new HoldallError('token_not_found')
    return done(c, 'Token revoked')
  }

  async function endSession(c: RouteContext, actor: Actor, id: string): Promise<Response> {
    // Without an id all would end.
    if (id === '' || (await revokeSessions(db, now, actor.id, id)) === 0) {
      throw new HoldallError('bad_request', { reason: 'That session has ended already.' })
    }
    return done(c, 'Session ended')
  }

  async function endOthers(c: RouteContext, actor: Actor): Promise<Response> {
    const ended = await revokeOtherSessions(db, now, actor.id, await currentSession(c))
    return done(c, `${formatCount(ended, 'session')} ended`)
  }

  function done(c: RouteContext, said: string): Response {
    if (c.var.format !== 'html') return c.json({ ok: true })
    flash.write(c, path, { said })
    return c.redirect(path, 303)
  }

  return [
    { method: 'GET', path: PATH, json: true, need: { kind: 'signed-in' }, api: ACCESS_API.tokens, handler: list },
    {
      method: 'POST',
      path: PATH,
      json: true,
      need: { kind: 'signed-in' },
      api: ACCESS_API.changeTokens,
      handler: change,
    },
  ]
}

/** What else its actor has is none of the business of whoever was handed a token for one thing. */
function refuseRestricted(actor: Actor | null): void {
  if (isRestricted(actor)) throw new HoldallError('permission_denied', {}, { errors: [WITHHELD] })
}

/** A token without what makes it one. */
export function tokenJson(token: TokenFacts) {
  return {
    id: token.id,
    name: token.name,
    created_at: token.createdAt,
    used_at: token.usedAt,
    expires_at: token.expiresAt,
    restrictions: token.restrictions?.map(formatRestriction) ?? null,
  }
}

export function sessionJson(session: SessionFacts) {
  return {
    id: session.id,
    created_at: session.createdAt,
    used_at: session.usedAt,
    expires_at: session.expiresAt,
    user_agent: session.userAgent,
  }
}
