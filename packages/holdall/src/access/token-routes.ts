import { HoldallError } from '../web/error.ts'
import { renderPage } from '../web/page.ts'
import type { Actor, Route, RouteContext } from '../web/route.ts'
import { ACCESS_API } from './api.ts'
import { readFields, textOf } from './fields.ts'
import { answerForm, type Refusal, refuseField } from './forms.ts'
import { formatRestriction, isRestricted } from './restrictions.ts'
import type { PageRoutesOptions } from './sign-in-routes.ts'
import { readTokenWish } from './token-form.ts'
import { createToken, listTokens, revokeToken, TOKEN_CLAIM, type TokenFacts } from './tokens.ts'
import { tokensPage } from './tokens-page.ts'

const PATH = '/-/tokens'
const WITHHELD = 'A restricted token makes no others. Sign in, or use a token without restrictions.'

/** One's own tokens: list, make, revoke. */
export function tokenRoutes({ access, frame }: PageRoutesOptions): Route[] {
  const { db, now, urls, flash } = access
  const path = urls.path(PATH)

  async function page(c: RouteContext, refusal?: Refusal): Promise<Response> {
    const actor = c.var.actor as Actor
    const content = tokensPage({
      urls,
      tokens: await listTokens(db, now, actor.id),
      flash: flash.take(c, path),
      ...(isRestricted(actor) && { withheld: WITHHELD }),
      refusal,
    })
    return c.html(renderPage({ ...(await frame(c)), ...content }))
  }

  async function list(c: RouteContext): Promise<Response> {
    if (c.var.format === 'html') return page(c)
    const tokens = await listTokens(db, now, (c.var.actor as Actor).id)
    return c.json({ ok: true, tokens: tokens.map(tokenJson) })
  }

  async function change(c: RouteContext): Promise<Response> {
    const actor = c.var.actor as Actor
    if (isRestricted(actor)) {
      throw new HoldallError('permission_denied', {
        action: 'making and revoking tokens',
        resource: 'a restricted token',
      })
    }
    const fields = await readFields(c)
    return answerForm(
      c,
      fields,
      async () => {
        const op = fields.op ?? 'create'
        if (op === 'create') return create(c, actor, fields)
        if (op === 'revoke') return revoke(c, actor, textOf(fields, 'id'))
        return refuseField('op', 'op must be create or revoke.')
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
    return c.json({ ok: true, id: made.id, name: wish.name, token: made.token, expires_at: made.expiresAt }, 201)
  }

  async function revoke(c: RouteContext, actor: Actor, id: string): Promise<Response> {
    if ((await revokeToken(db, now, actor.id, id)) === 0) throw new HoldallError('token_not_found')
    if (c.var.format !== 'html') return c.json({ ok: true })
    flash.write(c, path, { said: 'Token revoked' })
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
