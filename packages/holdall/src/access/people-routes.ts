import { basename } from 'node:path'
import { HoldallError } from '../web/error.ts'
import { renderPage } from '../web/page.ts'
import { type Actor, INSTANCE, type Need, type Route, type RouteContext } from '../web/route.ts'
import { tildeDecode } from '../web/url.ts'
import { findPerson, listPeople, readActorId } from './actors.ts'
import { ACCESS_API } from './api.ts'
import { timeText } from './clock.ts'
import { everybodyMay } from './everybody.ts'
import { type Fields, readFields, textOf } from './fields.ts'
import { ruleJson } from './file-rules.ts'
import { answerForm, type Refusal } from './forms.ts'
import { listGrants } from './grants.ts'
import { formatResource } from './levels.ts'
import { missingRights } from './missing-rights.ts'
import { grantNotReached, includesWords, notReached, placesWords } from './not-reached.ts'
import { isFromThisComputer, requestOrigin } from './origin.ts'
import { PEOPLE_PATH } from './paths.ts'
import { changePeople, type GrantedPlace, gatherGrants, type PeopleOptions } from './people.ts'
import { type ListedPerson, peoplePage, personHref } from './people-page.ts'
import { type PersonDetails, personPage } from './person-page.ts'
import { ROOT } from './ruleset.ts'
import { listSessions } from './sessions.ts'
import { listLinks } from './sign-in-links.ts'
import type { PageRoutesOptions } from './sign-in-routes.ts'
import { sessionJson, tokenJson } from './token-routes.ts'
import { listTokens } from './tokens.ts'

export const DEFAULT_PAGE_SIZE = 100
export const MAX_PAGE_SIZE = 1000

/** The people page: who is known, their links, sessions and grants. */
export function peopleRoutes(options: PageRoutesOptions & PeopleOptions): Route[] {
  const { access, frame, places } = options
  const { db, now, urls, flash } = access

  // Where a server keeps its files is nobody's business but theirs who can look anyway.
  function fileFor(c: RouteContext): string | undefined {
    const { file } = access.config
    return file === undefined || isFromThisComputer(c, access.proxy) ? file : basename(file)
  }

  async function readPage(after: string | undefined, limit: number) {
    const rows = await listPeople(db, timeText(now()), { after, limit: limit + 1 })
    const shown = rows.slice(0, limit)
    const grants = await listGrants(
      db,
      shown.map(({ id }) => id),
    )
    const people: ListedPerson[] = shown.map((person) => ({
      ...person,
      grants: gatherGrants(
        access,
        grants.filter(({ actorId }) => actorId === person.id),
      ),
    }))
    return { people, next: rows.length > limit ? encodeCursor(shown.at(-1)?.id ?? '') : null }
  }

  async function listPage(c: RouteContext, refusal?: Refusal): Promise<Response> {
    const after = refusal === undefined ? decodeCursor(c.req.query('_next')) : undefined
    const [page, all] = await Promise.all([readPage(after, DEFAULT_PAGE_SIZE), places()])
    const content = peoplePage({
      access,
      ...page,
      places: all,
      isFirst: after === undefined,
      may: await everybodyMay(access.permissions, all),
      file: fileFor(c),
      flash: flash.take(c, urls.path(PEOPLE_PATH)),
      refusal,
    })
    return c.html(renderPage({ ...(await frame(c)), ...content }))
  }

  async function list(c: RouteContext): Promise<Response> {
    if (c.var.format === 'html') return listPage(c)
    const after = decodeCursor(c.req.query('_next') ?? c.req.query('cursor'))
    const { people, next } = await readPage(after, readSize(c.req.query('_size') ?? c.req.query('limit')))
    return c.json({ ok: true, people: people.map(personJson), next, rules: access.config.rules.map(ruleJson) })
  }

  async function readDetails(id: string): Promise<PersonDetails> {
    const person = await findPerson(db, timeText(now()), id)
    const [grants, links, sessions, tokens] = await Promise.all([
      listGrants(db, [id]),
      listLinks(db, now, id),
      listSessions(db, now, id),
      listTokens(db, now, id),
    ])
    return { person, grants: gatherGrants(access, grants), links, sessions, tokens }
  }

  async function showPerson(c: RouteContext, id: string, refusal?: Refusal): Promise<Response> {
    const [details, all] = await Promise.all([readDetails(id), places()])
    const usable = new Set(details.links.map((link) => link.id))
    const content = personPage({
      access,
      details,
      unreached: await Promise.all(details.grants.map((grant) => grantNotReached(access, id, grant, all))),
      includes: await includesWords(
        access,
        { id, ...(details.person.name !== null && { name: details.person.name }) },
        all,
      ),
      places: all,
      may: await everybodyMay(access.permissions, all),
      file: fileFor(c),
      missing:
        id === ROOT
          ? []
          : await missingRights({
              permissions: access.permissions,
              fileDecides: (action, resource) => access.ruleSet.about(action, resource).length > 0,
              places: all,
              grants: details.grants,
              actorId: id,
            }),
      links: access.links.shown(c, id).filter((link) => usable.has(link.id)),
      flash: flash.take(c, urls.path(PEOPLE_PATH)),
      refusal,
    })
    return c.html(renderPage({ ...(await frame(c)), ...content }))
  }

  async function show(c: RouteContext): Promise<Response> {
    const id = tildeDecode(c.req.param('id') ?? '')
    if (c.var.format === 'html') return showPerson(c, id)
    const { person, grants, links, sessions, tokens } = await readDetails(id)
    return c.json({
      ok: true,
      person: personJson({ ...person, grants }),
      links: links.map((link) => ({
        id: link.id,
        created_at: link.createdAt,
        created_by: link.createdBy,
        expires_at: link.expiresAt,
      })),
      sessions: sessions.map(sessionJson),
      tokens: tokens.map(tokenJson),
      rules: access.config.rules.map(ruleJson),
    })
  }

  async function change(c: RouteContext): Promise<Response> {
    const fields = await readFields(c)
    return answerForm(
      c,
      fields,
      async () => {
        if (fields.op === 'dismiss-link') return dismissLink(c, fields)
        const {
          actorId,
          said,
          link,
          removed,
          leftToFile = [],
          granted,
        } = await changePeople(options, c.var.actor as Actor, fields)
        const unreached = granted === undefined ? [] : await notReached(access, actorId, granted, await places())
        const url = link === undefined ? undefined : requestOrigin(c, access.proxy) + link.path
        if (c.var.format === 'html') {
          if (link !== undefined && url !== undefined) access.links.keep(c, { id: link.id, actorId, url })
          else
            flash.write(c, urls.path(PEOPLE_PATH), {
              said: unreached.length === 0 ? said : `${said}, but not for ${placesWords(unreached)}`,
            })
          return c.redirect(removed ? urls.path(PEOPLE_PATH) : personHref(urls, actorId), 303)
        }
        const [details] = await readListed(actorId)
        return c.json(
          {
            ok: true,
            ...(details && { person: personJson(details) }),
            ...(url !== undefined && { url, expires_at: link?.expiresAt }),
            ...(leftToFile.length > 0 && { left_to_file: leftToFile }),
            ...(unreached.length > 0 && {
              not_reached: unreached.map(({ place: { resource } }) => formatResource(resource)),
            }),
          },
          link === undefined ? 200 : 201,
        )
      },
      (refusal) => refusedPage(c, refusal),
    )
  }

  // The links are in the browser's own cookie: there is nothing to do for programs.
  function dismissLink(c: RouteContext, fields: Fields): Response {
    const actorId = readActorId(fields.actor)
    access.links.drop(c, actorId)
    return c.var.format === 'html' ? c.redirect(personHref(urls, actorId), 303) : c.json({ ok: true })
  }

  async function readListed(id: string): Promise<ListedPerson[]> {
    const people = await listPeople(db, timeText(now()), { id, limit: 1 })
    return Promise.all(
      people.map(async (person) => ({ ...person, grants: gatherGrants(access, await listGrants(db, [id])) })),
    )
  }

  // The form for a new person stands on the list, all others on the person's own page.
  async function refusedPage(c: RouteContext, refusal: Refusal): Promise<Response> {
    const id = textOf(refusal.fields, 'actor').trim()
    const isKnown = refusal.fields.op !== 'invite' && (await readListed(id)).length > 0
    return isKnown ? showPerson(c, id, refusal) : listPage(c, refusal)
  }

  const need: Need = { kind: 'permission', action: 'manage-people', on: () => INSTANCE }
  return [
    { method: 'GET', path: PEOPLE_PATH, json: true, need, api: ACCESS_API.people, handler: list },
    { method: 'POST', path: PEOPLE_PATH, json: true, need, api: ACCESS_API.changePeople, handler: change },
    { method: 'GET', path: `${PEOPLE_PATH}/:id`, json: true, need, api: ACCESS_API.person, handler: show },
  ]
}

function personJson(person: ListedPerson) {
  return {
    id: person.id,
    name: person.name,
    created_at: person.createdAt,
    last_seen_at: person.lastSeenAt,
    links: person.links,
    sessions: person.sessions,
    tokens: person.tokens,
    grants: person.grants.map(grantJson),
  }
}

function grantJson({ resource, level, actions, decidedByFile }: GrantedPlace) {
  return { resource: formatResource(resource), level: level ?? null, actions, decided_by_file: decidedByFile }
}

function encodeCursor(id: string): string {
  return Buffer.from(id).toString('base64url')
}

/** @throws HoldallError `invalid_cursor` */
function decodeCursor(cursor: string | undefined): string | undefined {
  if (cursor === undefined || cursor === '') return undefined
  const id = Buffer.from(cursor, 'base64url').toString()
  if (encodeCursor(id) !== cursor) throw new HoldallError('invalid_cursor')
  return id
}

/** @throws HoldallError `bad_request` */
function readSize(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_PAGE_SIZE
  const size = /^\d+$/.test(text) ? Number(text) : 0
  if (size < 1) throw new HoldallError('bad_request', { reason: '_size must be a positive integer' })
  if (size > MAX_PAGE_SIZE) throw new HoldallError('bad_request', { reason: `_size must be <= ${MAX_PAGE_SIZE}` })
  return size
}
