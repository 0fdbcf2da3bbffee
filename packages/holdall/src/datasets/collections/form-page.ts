import { type Fields, textOf } from '../../access/fields.ts'
import { type Refusal, refusalSummary } from '../../access/forms.ts'
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
import { ALLOW_FIELDS, allowText } from './fields.ts'
import type { Collection } from './rows.ts'

/** A source that takes files of up to so many bytes takes any dataset that people have at hand. */
const WORTH_A_WORD = 100e9

const LABELS: Readonly<Record<string, string>> = {
  id: 'Id',
  label: 'Name',
  source: 'Source',
  catalog: 'Catalog',
  organization: 'Organization',
  view: 'Who may look at the datasets',
  query: 'Who may ask them with SQL',
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
    body: html`<form class="panel panel-body form-wide" method="post" action="${urls.path('/-/collections/create')}">${refusalSummary(
      'No collection was made',
      refusal,
      LABELS,
    )}<div class="fields">${textField('label', refusal, '', 'What people read, for example Medicaid.')}${textField(
      'id',
      refusal,
      '',
      'Part of its addresses, and not changed later: medicaid-2026. Required.',
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

function peopleFields(refusal: Refusal | undefined, allow: Collection['allow'], maker?: string | null): Html {
  const names = ['view', 'query', 'edit'] as const
  return html`<fieldset class="who-may"><legend>Who may do what</legend><p class="hint">Names of people with commas between them; <code>*</code> is everybody who has signed in. An empty field leaves it to what holds for all collections. ${
    maker === undefined ? 'You may do everything.' : maker !== null && html`${maker}, who made it, may do everything.`
  }</p><div class="fields">${names.map((name) =>
    field({
      name,
      label: LABELS[name] as string,
      ...errorOf(name, refusal),
      control: (tied) =>
        textInput({
          ...tied,
          name,
          value: shownValue(refusal, name, allowText(allow[ALLOW_FIELDS[name]])),
          autocomplete: 'off',
        }),
    }),
  )}</div></fieldset>`
}
