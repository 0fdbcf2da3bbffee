import { type Fields, textOf } from '../../access/fields.ts'
import { type Refusal, refusalSummary } from '../../access/forms.ts'
import { peopleField, WHO, type Who, type WhoMay, whoOf } from '../../sources/managing/who.ts'
import type { Source } from '../../sources/source.ts'
import { formatBytes } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { type Crumb, renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { field } from '../../web/parts/field.ts'
import { selectInput, textInput } from '../../web/parts/inputs.ts'
import { notice } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import { collectionHref, DATASETS_PATH, type DatasetsRoom, managedHref } from '../place.ts'
import { sourceOf } from '../uploads/source.ts'
import { EMBEDDED } from './catalog.ts'
import { ALLOW_FIELDS } from './fields.ts'
import type { Collection } from './rows.ts'

/** A source that takes files of up to so many bytes takes any dataset that people have at hand. */
const WORTH_A_WORD = 100e9

const LABELS: Readonly<Record<string, string>> = {
  id: 'Id',
  label: 'Name',
  source: 'Source',
  catalog: 'Catalog',
  organization: 'Organization',
  view: 'Who may view the datasets',
  query: 'Who may read their rows',
  edit: 'Who may add and delete datasets',
}

/** GET `/-/collections/create`, and the same form again with what was wrong. */
export async function createPage(room: DatasetsRoom, c: RouteContext, refusal?: Refusal): Promise<Html> {
  const { urls } = room
  return renderPage({
    ...(await room.frame(c)),
    title: 'New collection',
    section: 'datasets',
    crumbs: crumbsTo(room, { label: 'New collection' }),
    body: html`<form class="panel panel-body form-wide" method="post" action="${urls.path('/-/collections/create')}" data-suggests-id>${refusalSummary(
      'No collection was made',
      refusal,
      LABELS,
    )}<div class="fields">${textField('label', refusal, '', 'What people read, for example Medicaid.')}${textField(
      'id',
      refusal,
      '',
      'Part of its addresses, and not changed later: medicaid-2026. Empty: it is made from the name.',
    )}${sourceField(room, refusal, null)}${catalogField(room, refusal, null)}</div>${peopleFields(refusal, {})}<p class="actions">${button(
      { label: 'Make collection', type: 'submit', kind: 'filled' },
    )}${linkButton({ label: 'Cancel', href: urls.path(DATASETS_PATH), kind: 'quiet' })}</p></form>`,
  })
}

/** GET `/-/collections/{organization}/{id}/update`, and the same form again with what was wrong. */
export async function updatePage(
  room: DatasetsRoom,
  c: RouteContext,
  collection: Collection,
  refusal?: Refusal,
): Promise<Html> {
  const { urls, config } = room
  const home = collectionHref(urls, collection)
  const declared = collection.origin === 'configuration'
  return renderPage({
    ...(await room.frame(c)),
    title: `Settings of ${collection.label}`,
    section: 'datasets',
    crumbs: crumbsTo(room, { label: collection.label, href: home }, { label: 'Settings' }),
    body: declared
      ? notice({
          tone: 'info',
          title: 'The configuration file decides about this collection.',
          body: html`It stands in ${config.file === undefined ? 'the configuration' : html`<code>${config.file}</code>`} under <code>collections</code>, with who may do what. Change it there and start again.`,
          actions: linkButton({ label: 'Back to the collection', href: home }),
        })
      : html`<form class="panel panel-body form-wide" method="post" action="${safeUrl(managedHref(urls, collection, 'update'))}">${refusalSummary(
          'Not saved',
          refusal,
          LABELS,
        )}<div class="fields">${textField(
          'label',
          refusal,
          collection.label === collection.id ? '' : collection.label,
          'What people read; the id without one.',
        )}${sourceField(room, refusal, collection.source)}${catalogField(room, refusal, collection.catalog)}</div>${peopleFields(
          refusal,
          collection.allow,
          collection.createdBy,
        )}<p class="actions">${button({ label: 'Save collection', type: 'submit', kind: 'filled' })}${linkButton({
          label: 'Cancel',
          href: home,
          kind: 'quiet',
        })}</p></form>`,
  })
}

/** `Datasets / Medicaid / Settings`; the last one is the page itself. */
export function crumbsTo({ urls }: Pick<DatasetsRoom, 'urls'>, ...more: readonly Crumb[]): Crumb[] {
  return [{ label: 'Datasets', href: urls.path(DATASETS_PATH) }, ...more]
}

function shownValue(refusal: Refusal | undefined, name: string, otherwise: string): string {
  return refusal === undefined ? otherwise : textOf(refusal.fields as Fields, name)
}

function textField(name: string, refusal: Refusal | undefined, value: string, hint: string): Html {
  return field({
    name,
    label: LABELS[name] as string,
    hint,
    ...errorOf(name, refusal),
    control: (tied) => textInput({ ...tied, name, value: shownValue(refusal, name, value), autocomplete: 'off' }),
  })
}

function errorOf(name: string, refusal: Refusal | undefined): { error?: string } {
  const error = refusal?.error.fields[name]
  return error === undefined ? {} : { error }
}

function sourceField(room: DatasetsRoom, refusal: Refusal | undefined, value: string | null): Html {
  const sources = room.sources.list().filter(({ active, slug }) => active || slug === value)
  const [first] = sources
  // Where there is no choice, there is no question.
  if (sources.length < 2 && (first === undefined || value === null || first.slug === value)) return html``
  const usual = first && sourceOf(room.sources, { source: null })
  return field({
    name: 'source',
    label: LABELS.source as string,
    hint: 'Where the files of its datasets are kept.',
    ...errorOf('source', refusal),
    control: (tied) =>
      selectInput({
        ...tied,
        name: 'source',
        value: shownValue(refusal, 'source', value ?? ''),
        options: [
          { value: '', label: `Default (${usual === undefined ? 'none' : withLimit(usual)})` },
          ...sources.map((source) => ({ value: source.slug, label: withLimit(source) })),
        ],
      }),
  })
}

/** A file that is too large would be refused only when it is dropped. */
function withLimit({ label, rules }: Source): string {
  return rules.maxFileSize < WORTH_A_WORD ? `${label}, files up to ${formatBytes(rules.maxFileSize)}` : label
}

function catalogField(room: DatasetsRoom, refusal: Refusal | undefined, value: string | null): Html {
  const catalogs = [EMBEDDED, ...Object.keys(room.config.catalogs)]
  if (catalogs.length < 2 && value === null) return html``
  return field({
    name: 'catalog',
    label: LABELS.catalog as string,
    hint: 'Where its datasets are registered as tables.',
    ...errorOf('catalog', refusal),
    control: (tied) =>
      selectInput({
        ...tied,
        name: 'catalog',
        value: shownValue(refusal, 'catalog', value ?? EMBEDDED),
        options: catalogs.map((name) => ({ value: name, label: name === EMBEDDED ? 'This server' : name })),
      }),
  })
}

/** What each right gives, and what it does not. */
const GIVES: Readonly<Record<keyof typeof ALLOW_FIELDS, string>> = {
  view: 'They see which datasets there are, their columns with types, sizes and files, and how many values are there, but none of them. They see no rows.',
  query:
    'They see all rows, filter them, ask with SQL and save what they find as files. Give it with the right to view.',
  edit: 'They upload, add to, replace, rename and delete datasets. It does not show them rows.',
}

const WHO_LABELS: Readonly<Record<Who, string>> = {
  usual: 'As for all collections',
  nobody: 'Nobody else',
  people: 'These people…',
  'signed-in': 'Everybody who has signed in',
  everybody: 'Everybody, signed in or not',
  other: 'As the allow block says',
}

function peopleFields(refusal: Refusal | undefined, allow: Collection['allow'], maker?: string | null): Html {
  const lead =
    maker === undefined
      ? 'You may do all of it. The others:'
      : maker === null
        ? 'Beside those who may everywhere:'
        : `${maker}, who made it, may do all of it. The others:`
  return html`<fieldset class="who-may"><legend>Who may do what</legend><p class="hint">${lead}</p><div class="fields">${(
    ['view', 'query', 'edit'] as const
  ).map((name) => whoField(name, refusal, whoOf(allow[ALLOW_FIELDS[name]])))}</div></fieldset>`
}

function whoField(name: keyof typeof ALLOW_FIELDS, refusal: Refusal | undefined, now: WhoMay): Html {
  const people = peopleField(name)
  const { who, people: names } = shownWho(name, refusal, now)
  const choices = (Object.keys(WHO_LABELS) as Who[]).filter((one) => one !== 'other' || now.who === 'other')
  const error = refusal?.error.fields[name] ?? refusal?.error.fields[people]
  const label = LABELS[name] as string
  return field({
    name,
    label,
    hint: GIVES[name],
    ...(error !== undefined && { error }),
    control: (tied) =>
      html`${selectInput({
        ...tied,
        name,
        value: who,
        options: choices.map((value) => ({ value, label: WHO_LABELS[value] })),
      })}<div class="when-people">${textInput({
        name: people,
        value: names,
        label: `${label}: names`,
        placeholder: 'alice, bob',
        autocomplete: 'off',
      })}<p class="hint">The names that they sign in with, with commas between.</p></div>`,
  })
}

/** What was chosen, or the names that somebody sent without choosing. */
function shownWho(name: string, refusal: Refusal | undefined, now: WhoMay): WhoMay {
  if (refusal === undefined) return now
  const fields = refusal.fields as Fields
  const text = textOf(fields, name)
  const who = WHO.find((one) => one === text)
  if (who !== undefined) return { who, people: textOf(fields, peopleField(name)) }
  return text === '' ? { who: 'usual', people: '' } : { who: 'people', people: text }
}
