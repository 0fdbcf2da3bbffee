import { formatCount, formatTime } from '../web/format.ts'
import { type Html, html, safeUrl } from '../web/html.ts'
import type { PageContent } from '../web/page.ts'
import { button } from '../web/parts/button.ts'
import { fold } from '../web/parts/facts.ts'
import { field } from '../web/parts/field.ts'
import { type SelectGroup, type SelectOption, selectInput, textInput } from '../web/parts/inputs.ts'
import { pager } from '../web/parts/table.ts'
import type { Urls } from '../web/url.ts'
import { tildeEncode } from '../web/url.ts'
import type { Access } from './access.ts'
import type { Person } from './actors.ts'
import type { EverybodyMay } from './everybody.ts'
import { textOf } from './fields.ts'
import { fileName, fileRulesSection } from './file-rules.ts'
import type { Flash } from './flash.ts'
import { type Refusal, refusalSummary } from './forms.ts'
import { formatResource, LEVEL_LABELS, LEVEL_WORDS, LEVELS, resourceWords } from './levels.ts'
import { panelTable } from './panel-table.ts'
import { PEOPLE_PATH } from './paths.ts'
import { type GrantedPlace, MAX_INVITED_RIGHTS, type Place, rightFields } from './people.ts'

export const LABELS: Readonly<Record<string, string>> = {
  actor: 'Name to sign in with',
  name: 'Shown as',
  level: 'What they may do',
  resource: 'Where',
  ...Object.fromEntries(
    moreRows().flatMap((row) => [
      [rightFields(row).level, `What they may do (${row})`],
      [rightFields(row).resource, `Where (${row})`],
    ]),
  ),
}
const NO_LEVEL: SelectOption = { value: '', label: 'Nothing more than everybody' }

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
  readonly may: EverybodyMay
  /** What the configuration file is called to who looks. */
  readonly file: string | undefined
  readonly flash: Flash
  readonly refusal?: Refusal
}): PageContent {
  const { access, people, places, next, isFirst, may, file, flash, refusal } = options
  const { urls } = access
  return {
    title: 'People',
    section: 'account',
    lede: next === null && isFirst ? formatCount(people.length, 'person', 'people') : undefined,
    said: flash.said,
    body: html`<div class="stack">${refusalSummary('Nobody was invited', refusal, LABELS)}
${everybodySection(access, file, may)}
${people.length > 0 && peopleTable(urls, people)}
${(next !== null || !isFirst) && pages(urls, people.length, next, isFirst)}
<section><div class="section-head"><h2>Invite a person</h2></div>${seesAllNote(file, 'Whoever is invited', may)}${inviteForm(urls, places, refusal)}</section>
${fileRulesSection(access.config)}</div>`,
  }
}

/** What to do so that not everybody may, in words that follow "to change it,". @param file as its reader may know it */
function whereToSay(file: string | undefined): Html {
  return file === undefined
    ? html`start the server with <code>-c holdall.yaml</code>, a file that says who may`
    : html`say so in <code class="breakable">${file}</code> and restart`
}

/** That a right to look changes nothing, where no right is needed. @param who "bob" */
export function seesAllNote(file: string | undefined, who: string, { seeAll }: EverybodyMay): Html | false {
  return (
    seeAll !== undefined &&
    html`<p>${who} sees all databases and tables anyway, because ${seeAll} may. To change it, ${whereToSay(file)}: <code>allow: { id: root }</code> closes them to all who are granted nothing.</p>`
  )
}

function everybodySection({ config }: Access, file: string | undefined, { everybody, signedIn }: EverybodyMay): Html {
  return html`<section id="everybody"><div class="section-head"><h2>What everybody may</h2></div>
<p>${everybodyWords(config, everybody, signedIn)}</p>
<p class="hint">To change it, ${whereToSay(file)}. For example, <code>allow: { id: "*" }</code> shows databases and tables only to who has signed in, and <code>allow: { id: [alice, bob] }</code> only to these two.</p></section>`
}

function everybodyWords(config: Access['config'], everybody: string | undefined, signedIn: string | undefined): string {
  const inFile = config.rules.length > 0 ? ` or in ${fileName(config)}` : ''
  if (everybody === undefined && signedIn === undefined)
    return `Nobody sees anything without a right that is given here${inFile}.`
  const sentences = [
    everybody !== undefined && `Everybody, signed in or not, may ${everybody}.`,
    signedIn !== undefined && `Whoever is signed in may ${everybody === undefined ? '' : 'also '}${signedIn}.`,
    'Taking a right from a person takes nothing of this away.',
  ]
  return sentences.filter(Boolean).join(' ')
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
  const rights = (row: number) => {
    const names = rightFields(row)
    return grantFields(places, { level: value(names.level), resource: value(names.resource) }, errors, row)
  }
  const asked = moreRows().some((row) => value(rightFields(row).level) !== '')
  return html`<form class="panel panel-body form-wide" method="post" action="${urls.path(PEOPLE_PATH)}"><input type="hidden" name="op" value="invite"><div class="fields">${field(
    {
      name: 'actor',
      label: LABELS.actor,
      hint: 'A short name, for example bob. It cannot be changed later. Somebody who is known already gets a new link.',
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
  })}</div>${rights(1)}${fold('Several rights at once', html`${moreRows().map(rights)}<p class="hint">Rows that are left at “${NO_LEVEL.label}” grant nothing. More can be granted later.</p>`, asked)}${levelsHint()}<p>${button({ type: 'submit', kind: 'filled', label: 'Make sign-in link', icon: 'plus' })}</p></form>`
}

function moreRows(): number[] {
  return Array.from({ length: MAX_INVITED_RIGHTS - 1 }, (_, index) => index + 2)
}

/** What the levels include, where a narrow control shows only how they begin. */
export function levelsHint(): Html {
  return html`<p class="hint">${LEVELS.map((level) => html`${LEVEL_WORDS[level]}.<br>`)}A table and the source that its files are in are granted one by one; everything means both, but not what says itself who may.</p>`
}

/** One right: what, and where. @param row of an invitation, where nothing may be granted too; undefined: it must be */
export function grantFields(
  places: readonly Place[],
  values: { readonly level: string; readonly resource: string },
  errors: Readonly<Record<string, string>>,
  row?: number,
): Html {
  const names = rightFields(row ?? 1)
  const levels = LEVELS.map((level) => ({ value: level, label: LEVEL_WORDS[level] }))
  return html`<div class="fields">${field({
    name: names.level,
    label: LABELS[names.level],
    error: errors[names.level],
    control: (tied) =>
      selectInput({
        ...tied,
        name: names.level,
        value: values.level,
        options: row === undefined ? levels : [NO_LEVEL, ...levels],
      }),
  })}${field({
    name: names.resource,
    label: LABELS[names.resource],
    error: errors[names.resource],
    control: (tied) =>
      selectInput({ ...tied, name: names.resource, value: values.resource, options: placeOptions(places) }),
  })}</div>`
}

const KINDS = [
  ['database', 'Databases'],
  ['table', 'Tables'],
  ['source', 'Sources of files'],
  ['collection', 'Collections of datasets'],
] as const

/** Nothing is chosen at first: a right on everything is meant. */
function placeOptions(places: readonly Place[]): (SelectOption | SelectGroup)[] {
  const groups = KINDS.map(([kind, label]) => ({
    label,
    options: places
      .filter(({ resource }) => resource.kind === kind)
      .map(({ resource, label: called }) => ({
        value: formatResource(resource),
        label: called === undefined ? resourceWords(resource) : `${resourceWords(resource)} (${called})`,
      })),
  }))
  return [
    { value: '', label: 'Choose…' },
    { value: 'instance', label: 'everything' },
    ...groups.filter(({ options }) => options.length > 0),
  ]
}
