import { formatCount, formatTime } from '../web/format.ts'
import { type Html, html, safeUrl } from '../web/html.ts'
import type { PageContent } from '../web/page.ts'
import { button } from '../web/parts/button.ts'
import { field } from '../web/parts/field.ts'
import { type SelectOption, selectInput, textInput } from '../web/parts/inputs.ts'
import { pager } from '../web/parts/table.ts'
import type { Urls } from '../web/url.ts'
import { tildeEncode } from '../web/url.ts'
import type { Access } from './access.ts'
import type { Person } from './actors.ts'
import { textOf } from './fields.ts'
import { fileRulesSection } from './file-rules.ts'
import { type Refusal, refusalSummary } from './forms.ts'
import { formatResource, LEVEL_LABELS, LEVELS, resourceWords } from './levels.ts'
import { panelTable } from './panel-table.ts'
import type { GrantedPlace, Place } from './people.ts'

export const PEOPLE_PATH = '/-/people'
const LABELS = { actor: 'Name to sign in with', name: 'Shown as', level: 'May', resource: 'On' }
const NO_LEVEL: SelectOption = { value: '', label: 'only what everybody may' }

export interface ListedPerson extends Person {
  readonly grants: readonly GrantedPlace[]
}

/** Everybody who is known, and a form to let in somebody else. */
export function peoplePage(options: {
  readonly access: Access
  readonly people: readonly ListedPerson[]
  readonly places: readonly Place[]
  readonly next: string | null
  readonly isFirst: boolean
  readonly refusal?: Refusal
}): PageContent {
  const { access, people, places, next, isFirst, refusal } = options
  const { urls } = access
  return {
    title: 'People',
    section: 'account',
    lede: next === null && isFirst ? formatCount(people.length, 'person', 'people') : undefined,
    body: html`<div class="stack">${refusalSummary('Nobody was invited', refusal, LABELS)}
${people.length > 0 && peopleTable(urls, people)}
${(next !== null || !isFirst) && pages(urls, people.length, next, isFirst)}
<section><div class="section-head"><h2>Invite a person</h2></div>${inviteForm(urls, places, refusal)}</section>
${fileRulesSection(access.config)}</div>`,
  }
}

function pages(urls: Urls, count: number, next: string | null, isFirst: boolean): Html {
  return pager({
    text: formatCount(count, 'person', 'people'),
    firstHref: isFirst ? null : urls.path(PEOPLE_PATH),
    nextHref: next === null ? null : urls.path(PEOPLE_PATH, { _next: next }),
  })
}

export function personHref(urls: Urls, id: string): string {
  return urls.path(`${PEOPLE_PATH}/${tildeEncode(id)}`)
}

function peopleTable(urls: Urls, people: readonly ListedPerson[]): Html {
  return panelTable({
    caption: 'People',
    columns: [
      { label: 'Person', kind: 'title' },
      { label: 'Granted here' },
      { label: 'Last seen' },
      { label: 'Sessions', kind: 'numeric' },
      { label: 'Links', kind: 'numeric' },
      { label: 'Tokens', kind: 'numeric' },
    ],
    rows: people.map((person) => ({
      cells: [
        html`<a href="${safeUrl(personHref(urls, person.id))}">${person.name ?? person.id}</a>${person.name !== null && html` <span class="muted">${person.id}</span>`}`,
        grantWords(person),
        person.lastSeenAt === null ? 'never' : formatTime(person.lastSeenAt),
        String(person.sessions),
        String(person.links),
        String(person.tokens),
      ],
    })),
  })
}

function grantWords({ id, grants }: ListedPerson): string {
  if (id === 'root') return 'may do everything'
  return (
    grants
      .map(
        ({ level, actions, resource }) =>
          `${level === undefined ? actions.join(', ') : LEVEL_LABELS[level]}: ${resourceWords(resource)}`,
      )
      .join('; ') || 'nothing'
  )
}

function inviteForm(urls: Urls, places: readonly Place[], refusal: Refusal | undefined): Html {
  const errors = refusal?.error.fields ?? {}
  const value = (name: string) => (refusal === undefined ? '' : textOf(refusal.fields, name))
  return html`<form class="panel panel-body form-narrow" method="post" action="${urls.path(PEOPLE_PATH)}"><input type="hidden" name="op" value="invite">${field(
    {
      name: 'actor',
      label: LABELS.actor,
      hint: 'Short and for good, for example bob. Somebody who is known already gets a new link.',
      error: errors.actor,
      control: (tied) =>
        textInput({ ...tied, name: 'actor', value: value('actor'), required: true, autocomplete: 'off' }),
    },
  )}${field({
    name: 'name',
    label: LABELS.name,
    hint: 'Optional, for example Bob Berg.',
    error: errors.name,
    control: (tied) => textInput({ ...tied, name: 'name', value: value('name'), autocomplete: 'off' }),
  })}${grantFields(places, { level: value('level'), resource: value('resource') }, errors, true)}<p>${button({ type: 'submit', kind: 'filled', label: 'Make sign-in link', icon: 'plus' })}</p></form>`
}

/** What, and on what. @param optional whether nothing may be granted too */
export function grantFields(
  places: readonly Place[],
  values: { readonly level: string; readonly resource: string },
  errors: Readonly<Record<string, string>>,
  optional: boolean,
): Html {
  const levels = LEVELS.map((level) => ({ value: level, label: LEVEL_LABELS[level] }))
  const resources = [
    { value: 'instance', label: 'everything' },
    ...places.map(({ resource }) => ({ value: formatResource(resource), label: resourceWords(resource) })),
  ]
  return html`${field({
    name: 'level',
    label: LABELS.level,
    error: errors.level,
    control: (tied) =>
      selectInput({ ...tied, name: 'level', value: values.level, options: optional ? [NO_LEVEL, ...levels] : levels }),
  })}${field({
    name: 'resource',
    label: LABELS.resource,
    error: errors.resource,
    control: (tied) => selectInput({ ...tied, name: 'resource', value: values.resource, options: resources }),
  })}`
}
