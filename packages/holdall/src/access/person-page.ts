import { formatCount, formatTime } from '../web/format.ts'
import { type Html, html } from '../web/html.ts'
import type { PageContent } from '../web/page.ts'
import { button, copyButton, postButton } from '../web/parts/button.ts'
import { facts } from '../web/parts/facts.ts'
import { field } from '../web/parts/field.ts'
import { textInput } from '../web/parts/inputs.ts'
import { notice } from '../web/parts/notice.ts'
import type { Urls } from '../web/url.ts'
import type { Access } from './access.ts'
import type { Person } from './actors.ts'
import { textOf } from './fields.ts'
import { fileName, fileRulesSection } from './file-rules.ts'
import type { Flash } from './flash.ts'
import { type Refusal, refusalSummary } from './forms.ts'
import { formatResource, LEVEL_LABELS, resourceWords } from './levels.ts'
import { panelTable } from './panel-table.ts'
import type { GrantedPlace, Place } from './people.ts'
import { grantFields, PEOPLE_PATH } from './people-page.ts'
import { ROOT } from './ruleset.ts'
import type { SessionFacts } from './sessions.ts'
import type { LinkFacts } from './sign-in-links.ts'
import type { TokenFacts } from './tokens.ts'

const LABELS = { name: 'Shown as', level: 'May', resource: 'On' }

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
  readonly places: readonly Place[]
  readonly flash: Flash
  readonly refusal?: Refusal
}): PageContent {
  const { access, details, places, flash, refusal } = options
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
    body: html`${flash.secret && linkNotice(person.id, flash.secret)}${refusalSummary('Not saved', refusal, LABELS)}
<div class="with-side"><div class="stack">
${person.id === ROOT ? html`<p>Root may do everything. Nothing has to be granted.</p>` : grantsSection(urls, config, details, places, refusal)}
${letsIn(
  urls,
  person.id,
  'Sessions',
  'No open session.',
  'End',
  'revoke-session',
  details.sessions.map(({ id, userAgent, usedAt, expiresAt }) => ({
    id,
    what: browserWords(userAgent),
    made: usedAt,
    ends: expiresAt,
  })),
)}
${letsIn(
  urls,
  person.id,
  'Sign-in links',
  'No link that could still be used.',
  'End',
  'revoke-link',
  details.links.map(({ id, createdBy, createdAt, expiresAt }) => ({
    id,
    what: `made by ${createdBy ?? 'the command line'}`,
    made: createdAt,
    ends: expiresAt,
  })),
)}
${letsIn(
  urls,
  person.id,
  'Tokens',
  'No token.',
  'Revoke',
  'revoke-token',
  details.tokens.map(({ id, name, createdAt, expiresAt }) => ({ id, what: name, made: createdAt, ends: expiresAt })),
)}
${fileRulesSection(config, { id: person.id, ...(person.name !== null && { name: person.name }) })}
</div><aside class="stack" aria-label="About this person"><section><h2>About</h2>${facts([
      ['Known since', formatTime(person.createdAt)],
      ['Last seen', person.lastSeenAt === null ? 'never' : formatTime(person.lastSeenAt)],
    ])}</section><section>${nameForm(urls, person, refusal)}</section></aside></div>`,
  }
}

function linkNotice(id: string, link: string): Html {
  return notice({
    tone: 'success',
    role: 'status',
    title: `Send this link to ${id}. It works once, for 24 hours, and is shown only now.`,
    body: html`<code>${link}</code>`,
    actions: copyButton(link, 'Copy the link'),
  })
}

function grantsSection(
  urls: Urls,
  config: Access['config'],
  { person, grants }: PersonDetails,
  places: readonly Place[],
  refusal: Refusal | undefined,
): Html {
  const errors = refusal?.error.fields ?? {}
  const value = (name: string, otherwise: string) => (refusal === undefined ? otherwise : textOf(refusal.fields, name))
  return html`<section><div class="section-head"><h2>Granted here</h2><span class="muted">${formatCount(grants.length, 'grant')}</span></div>
${
  grants.length === 0
    ? html`<p class="muted">Nothing: only what everybody may, and what the file says.</p>`
    : panelTable({
        caption: `Granted to ${person.id}`,
        columns: [{ label: 'On' }, { label: 'May' }, { label: 'Change' }],
        rows: grants.map((grant) => ({
          cells: [
            resourceWords(grant.resource),
            html`${grant.level === undefined ? grant.actions.join(', ') : LEVEL_LABELS[grant.level]}${
              grant.decidedByFile.length > 0 &&
              html`<br><span class="muted">${fileName(config)} decides ${grant.decidedByFile.join(', ')}</span>`
            }`,
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
</section><section><div class="section-head"><h2>Grant</h2></div><form class="panel panel-body form-narrow" method="post" action="${urls.path(PEOPLE_PATH)}"><input type="hidden" name="op" value="grant"><input type="hidden" name="actor" value="${person.id}">${grantFields(
    places,
    { level: value('level', 'view'), resource: value('resource', 'instance') },
    errors,
    false,
  )}<p>${button({ type: 'submit', label: 'Grant' })}</p></form></section>`
}

interface WayIn {
  readonly id: string
  readonly what: string
  readonly made: string
  readonly ends: string | null
}

function letsIn(
  urls: Urls,
  actor: string,
  title: string,
  none: string,
  verb: string,
  op: string,
  ways: readonly WayIn[],
): Html {
  return html`<section><div class="section-head"><h2>${title}</h2><span class="muted">${String(ways.length)}</span></div>
${
  ways.length === 0
    ? html`<p class="muted">${none}</p>`
    : panelTable({
        caption: title,
        columns: [
          { label: 'What' },
          { label: op === 'revoke-session' ? 'Last used' : 'Made' },
          { label: 'Ends' },
          { label: 'Change' },
        ],
        rows: ways.map(({ id, what, made, ends }) => ({
          cells: [
            what,
            formatTime(made),
            ends === null ? 'never' : formatTime(ends),
            postButton(
              urls.path(PEOPLE_PATH),
              { label: verb, kind: 'danger', small: true, more: { 'aria-label': `${verb}: ${what}` } },
              { op, actor, id },
            ),
          ],
        })),
      })
}</section>`
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

const BROWSERS = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
] as const
const SYSTEMS = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
] as const

/** A `User-Agent` as people would say it: "Firefox on Windows"; what is not known stays as it was sent. */
export function browserWords(userAgent: string | null): string {
  if (userAgent === null || userAgent === '') return 'unknown browser'
  const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1]
  return browser === undefined ? userAgent : system === undefined ? browser : `${browser} on ${system}`
}
