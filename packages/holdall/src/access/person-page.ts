import { formatCount, formatTime } from '../web/format.ts'
import { type Html, html } from '../web/html.ts'
import type { PageContent } from '../web/page.ts'
import { button, copyButton, postButton } from '../web/parts/button.ts'
import { facts, fold } from '../web/parts/facts.ts'
import { field } from '../web/parts/field.ts'
import { textInput } from '../web/parts/inputs.ts'
import { notice } from '../web/parts/notice.ts'
import type { Urls } from '../web/url.ts'
import type { Access } from './access.ts'
import { actionWords, listWords } from './action-words.ts'
import type { Person } from './actors.ts'
import type { EverybodyMay } from './everybody.ts'
import { textOf } from './fields.ts'
import { fileName, fileRulesSection } from './file-rules.ts'
import type { Flash } from './flash.ts'
import { type Refusal, refusalSummary } from './forms.ts'
import { formatResource, LEVEL_LABELS, resourceWords } from './levels.ts'
import type { MadeLink } from './links-cookie.ts'
import type { MissingRight } from './missing-rights.ts'
import { MOST_PLACES, type NotReached, placeName } from './not-reached.ts'
import { isLoopback } from './origin.ts'
import { panelTable } from './panel-table.ts'
import { PEOPLE_PATH } from './paths.ts'
import type { GrantedPlace, Place } from './people.ts'
import { grantFields, LABELS, levelsHint, seesAllNote } from './people-page.ts'
import type { Action } from './permissions.ts'
import { ROOT } from './ruleset.ts'
import type { SessionFacts } from './sessions.ts'
import type { LinkFacts } from './sign-in-links.ts'
import type { TokenFacts } from './tokens.ts'
import { endButton, sessionWay, type WayIn, waysIn } from './ways-in.ts'

export interface PersonDetails {
  readonly person: Person
  readonly grants: readonly GrantedPlace[]
  readonly links: readonly LinkFacts[]
  readonly sessions: readonly SessionFacts[]
  readonly tokens: readonly TokenFacts[]
}

/** One person: what was granted, and what lets them in. */
export function personPage(options: {
  readonly access: Access
  readonly details: PersonDetails
  /** Of each grant: what lies in it and is not reached. */
  readonly unreached: readonly (readonly NotReached[])[]
  /** Of each rule of the file: whether it includes the person. */
  readonly includes: readonly string[]
  readonly places: readonly Place[]
  readonly may: EverybodyMay
  /** What the configuration file is called to who looks. */
  readonly file: string | undefined
  readonly missing: readonly MissingRight[]
  /** Links that whoever looks made just now and nobody has used. */
  readonly links: readonly MadeLink[]
  readonly flash: Flash
  readonly refusal?: Refusal
}): PageContent {
  const { access, details, unreached, includes, places, may, file, missing, links, flash, refusal } = options
  const { urls, config } = access
  const { person } = details
  const change = (op: string, more: Readonly<Record<string, string>> = {}) => ({ op, actor: person.id, ...more })
  return {
    title: person.name ?? person.id,
    section: 'account',
    lede: `Signs in as ${person.id}.`,
    crumbs: [{ label: 'People', href: urls.path(PEOPLE_PATH) }, { label: person.id }],
    actions: postButton(
      urls.path(PEOPLE_PATH),
      { label: 'Make sign-in link', kind: 'filled', icon: 'plus' },
      change('link'),
    ),
    said: flash.said,
    body: html`${linkNotices(access, details, links)}${missing.map((right) => missingNotice(access, person.id, right))}${refusalSummary('Not saved', refusal, LABELS)}
<div class="with-side"><div class="stack">
${person.id === ROOT ? html`<p>Root may do everything. Nothing has to be granted.</p>` : grantsSection(access, details, unreached, places, may, seesAllNote(file, person.id, may), refusal)}
${letsIn(urls, details)}
${fileRulesSection(config, { id: person.id, includes })}
</div><aside class="stack" aria-label="About this person"><section data-live="about"><h2>About</h2>${facts([
      ['Known since', formatTime(person.createdAt)],
      ['Last seen', person.lastSeenAt === null ? 'never' : formatTime(person.lastSeenAt)],
    ])}</section><section>${nameForm(urls, person, refusal)}</section>${person.id !== ROOT && html`<section>${removal(access, person)}</section>`}</aside></div>`,
  }
}

/** What a grant on a table does not give: what is in its file columns. */
function missingNotice(
  { urls, config, ruleSet }: Access,
  id: string,
  { columns, lacks, source, level }: MissingRight,
): Html {
  const title =
    lacks === 'upload'
      ? `${id} cannot upload to ${listWords(columns)}.`
      : `${id} cannot see the files of ${listWords(columns)}.`
  if (source === undefined) return notice({ tone: 'warning', title, body: 'That needs a source of files too.' })
  const called = source.label ?? source.resource.parent ?? ''
  const action = lacks === 'upload' ? 'files-upload' : 'files-browse'
  const decided = ruleSet.about(action, source.resource).length > 0
  return notice({
    tone: 'warning',
    title,
    body: `That needs ${called} too.${decided ? ` ${fileName(config)} says who may.` : ''}`,
    ...(level !== undefined && {
      actions: postButton(
        urls.path(PEOPLE_PATH),
        { label: lacks === 'upload' ? `Let ${id} upload to ${called}` : `Let ${id} view ${called}`, small: true },
        { op: 'grant', actor: id, level, resource: formatResource(source.resource) },
      ),
    }),
  })
}

/** The links that can be shown. While any link of the person is open, the page's script looks whether it was used. */
function linkNotices(access: Access, { person, links: open }: PersonDetails, shown: readonly MadeLink[]): Html {
  const isLocal = shown.some(({ url }) => isLoopback(url))
  return html`<div class="stack notices" data-live="links"${open.length > 0 && html` data-live-on="The sign-in link was used or has ended."`}>${shown.map((link) => linkNotice(access.urls, person.id, link))}${isLocal && loopbackNotice(access)}</div>`
}

function linkNotice(urls: Urls, id: string, { url }: MadeLink): Html {
  return notice({
    tone: 'success',
    role: 'status',
    title: `Send this link to ${id}. It works once, for 24 hours.`,
    body: html`<code>${url}</code><br>It is shown here, to you alone, for an hour or until it is used.`,
    actions: html`${copyButton(url, 'Copy the link', 'Copy')}${postButton(
      urls.path(PEOPLE_PATH),
      { label: 'Dismiss', small: true, kind: 'quiet' },
      { op: 'dismiss-link', actor: id },
    )}`,
  })
}

/** What to do about a link that leads to the computer of whoever opens it. */
function loopbackNotice({ servesOthers, startedBy }: Access): Html {
  return notice({
    tone: 'warning',
    title: 'This link works only on this computer.',
    body: servesOthers
      ? 'Others reach this server already. Open this page under the address that they use (the name or number of this computer in place of localhost), and make the link there.'
      : html`The server takes connections from this computer only. To let others in, go to the terminal where it runs, stop it with Ctrl C, and start it by the same command with <code class="nowrap">--host 0.0.0.0</code> at its end${startedBy !== undefined && html`: <code>${startedBy} --host 0.0.0.0</code>`}. Then open this page under this computer’s name or number in your network, and make the link there.`,
  })
}

function nothingWords({ everybody, signedIn }: EverybodyMay): string {
  if (everybody === undefined && signedIn === undefined) return 'Nothing'
  const who = everybody === undefined ? 'everybody who is signed in' : 'everybody'
  return `Nothing beyond what ${who} may: ${[everybody, signedIn].filter(Boolean).join('; ')}`
}

function grantsSection(
  access: Access,
  { person, grants }: PersonDetails,
  unreached: readonly (readonly NotReached[])[],
  places: readonly Place[],
  may: EverybodyMay,
  seesAll: Html | false,
  refusal: Refusal | undefined,
): Html {
  const { urls, config } = access
  const errors = refusal?.error.fields ?? {}
  const value = (name: string, otherwise: string) => (refusal === undefined ? otherwise : textOf(refusal.fields, name))
  return html`<section><div class="section-head"><h2>Granted here</h2><span class="muted">${formatCount(grants.length, 'grant')}</span></div>
${seesAll}${
  grants.length === 0
    ? html`<p>${nothingWords(may)}. <a href="${urls.path(PEOPLE_PATH)}#everybody">How to change that</a></p>`
    : panelTable({
        caption: `Granted to ${person.id}`,
        columns: [{ label: 'Where' }, { label: 'What they may do' }, { label: 'Change' }],
        rows: grants.map((grant, at) => ({
          cells: [
            resourceWords(grant.resource),
            html`${grant.level === undefined ? placeWords(grant.actions, grant) : LEVEL_LABELS[grant.level]}${
              grant.decidedByFile.length > 0 &&
              html`<br><span class="muted">Set in ${fileName(config)}, not here: ${placeWords(grant.decidedByFile, grant)}</span>`
            }${(unreached[at] ?? []).slice(0, MOST_PLACES).map((one) => notReachedLine(urls, config, person.id, grant, one))}${more(unreached[at] ?? [])}`,
            postButton(
              urls.path(PEOPLE_PATH),
              {
                label: 'Take back',
                kind: 'danger',
                small: true,
                more: { 'aria-label': `Take back what was granted on ${resourceWords(grant.resource)}` },
              },
              { op: 'revoke-grant', actor: person.id, resource: formatResource(grant.resource) },
            ),
          ],
        })),
      })
}
</section><section><div class="section-head"><h2>Grant</h2></div><form class="panel panel-body form-wide" method="post" action="${urls.path(PEOPLE_PATH)}"><input type="hidden" name="op" value="grant"><input type="hidden" name="actor" value="${person.id}">${grantFields(
    places,
    { level: value('level', 'view'), resource: value('resource', '') },
    errors,
  )}${levelsHint()}<p>${button({ type: 'submit', label: 'Grant' })}</p></form></section>`
}

/** What a wider grant does not reach, with the grant that does. */
function notReachedLine(
  urls: Urls,
  config: Access['config'],
  id: string,
  { level, resource: { parent } }: GrantedPlace,
  { place, decidedByFile }: NotReached,
): Html {
  const name = placeName(place)
  const why = decidedByFile
    ? `${fileName(config)} says who may`
    : parent === undefined
      ? 'its own settings say who may'
      : 'what is said of it itself counts'
  const granted = level !== undefined && !decidedByFile
  return html`<div><span class="muted">Not ${name}: ${why}.</span> ${
    granted &&
    postButton(
      urls.path(PEOPLE_PATH),
      { label: `Grant on ${name}`, small: true, kind: 'quiet' },
      { op: 'grant', actor: id, level, resource: formatResource(place.resource) },
    )
  }</div>`
}

function more(unreached: readonly NotReached[]): Html {
  const left = unreached.length - MOST_PLACES
  return html`${left > 0 && html`<div class="muted">Nor ${formatCount(left, 'other')}.</div>`}`
}

/** What lets the person in, each with what ends it. The page's script keeps it as it is while a link is open. */
function letsIn(urls: Urls, { person, sessions, links, tokens }: PersonDetails): Html {
  const end = (op: string, verb: string) => (way: WayIn) =>
    endButton(urls.path(PEOPLE_PATH), verb, way, { op, actor: person.id })
  return html`<div class="stack" data-live="ways-in">${waysIn({
    title: 'Sessions',
    none: 'No open session.',
    when: 'Last used',
    ways: sessions.map(sessionWay),
    end: end('revoke-session', 'End'),
  })}${waysIn({
    title: 'Sign-in links',
    none: 'No link that could still be used.',
    when: 'Made',
    ways: links.map(({ id, createdBy, createdAt, expiresAt }) => ({
      id,
      what: `made by ${createdBy ?? 'the command line'}`,
      at: createdAt,
      ends: expiresAt,
    })),
    end: end('revoke-link', 'End'),
  })}${waysIn({
    title: 'Tokens',
    none: 'No token.',
    when: 'Made',
    ways: tokens.map(({ id, name, createdAt, expiresAt }) => ({ id, what: name, at: createdAt, ends: expiresAt })),
    end: end('revoke-token', 'Revoke'),
  })}</div>`
}

function placeWords(actions: readonly Action[], { resource }: GrantedPlace): string {
  const place = resource.child ?? resource.parent ?? 'everything'
  return listWords(actions.map((action) => actionWords(action, place) ?? action))
}

/** A question without scripts: it opens, says what will happen, and only then has the button. */
function removal({ urls, config }: Access, { id }: Person): Html {
  const rules = config.rules.length > 0 ? ` What ${fileName(config)} says of ${id} stays there.` : ''
  return fold(
    `Remove ${id}`,
    html`<div class="form-narrow"><p class="hint">Ends all sessions, links and tokens of ${id}, takes back every grant, and takes ${id} off the list. What ${id} did keeps the name.${rules}</p>${postButton(
      urls.path(PEOPLE_PATH),
      { label: `Remove ${id} for good`, kind: 'danger-filled' },
      { op: 'remove', actor: id },
    )}</div>`,
  )
}

function nameForm(urls: Urls, person: Person, refusal: Refusal | undefined): Html {
  return html`<form method="post" action="${urls.path(PEOPLE_PATH)}"><input type="hidden" name="op" value="name"><input type="hidden" name="actor" value="${person.id}">${field(
    {
      name: 'name',
      label: LABELS.name,
      error: refusal?.error.fields.name,
      control: (tied) =>
        textInput({
          ...tied,
          name: 'name',
          value: refusal === undefined ? (person.name ?? '') : textOf(refusal.fields, 'name'),
          autocomplete: 'off',
        }),
    },
  )}<div class="form-foot">${button({ type: 'submit', label: 'Save name' })}</div></form>`
}
