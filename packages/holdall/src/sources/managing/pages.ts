import type { Fields } from '../../access/fields.ts'
import { textOf } from '../../access/fields.ts'
import { allowWords } from '../../access/file-rules.ts'
import { type Refusal, refusalSummary } from '../../access/forms.ts'
import type { AllowBlock, Config } from '../../config/config.ts'
import { formatLimit, formatTime } from '../../web/format.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import type { PageContent } from '../../web/page.ts'
import { button, hiddenFields, linkButton, postButton } from '../../web/parts/button.ts'
import { facts, linkedRows } from '../../web/parts/facts.ts'
import type { IconName } from '../../web/parts/icon.ts'
import { notice, ways } from '../../web/parts/notice.ts'
import type { Urls } from '../../web/url.ts'
import type { SourceRow } from '../rows.ts'
import { writtenOf } from '../runtime.ts'
import type { Source } from '../source.ts'
import type { StorageType } from '../storage.ts'
import { storageWords } from './config-fields.ts'
import { labelsOf, moreFields, placeFields, type Shown, syncField, text, whoField } from './fields-view.ts'
import { formTexts } from './form.ts'
import type { Tried } from './managing.ts'
import type { Neighbour } from './neighbours.ts'
import { allowing, checking, type Looked, lookedNotice, pagesNotice, unseenNotice } from './pages-words.ts'
import { ASKED, ASKED_NAMES } from './who.ts'
import { fileWords, originWords, SOURCES_PATH, stateWords, storageTitle } from './words.ts'

/** The field of a form that says that Read only was suggested once: what is chosen then stays. */
export const SUGGESTED = 'suggested'

export interface PageParts {
  readonly urls: Urls
  readonly config: Pick<Config, 'file' | 'settings'>
  readonly types: readonly StorageType[]
  readonly secretNames: readonly string[]
  /** Whether the page may name what is inside: where the configuration file is, and which hosts it lets in. */
  readonly isRoot: boolean
  /** The command that examines a source. */
  readonly doctor: (slug: string) => string
}

/** What a form that was sent came to, to be shown on it. */
export interface Sent {
  readonly fields: Fields
  readonly refusal?: Refusal
  readonly tried?: Tried
  /** Read only has been ticked for who fills the form in, since there are files already. */
  readonly suggestsReadOnly?: boolean
}

const ICONS: Readonly<Record<string, IconName>> = { filesystem: 'list', http: 'link', s3: 'database' }

/** Every source, and ways to add one. */
export function listPage(
  parts: PageParts,
  entries: readonly { readonly source: Source; readonly madeBy: string | null }[],
  said: PageContent['said'],
): PageContent {
  const { urls, config, types } = parts
  const rows = entries.map(({ source, madeBy }) => ({
    title: source.label,
    note: [storageTitle(types, source.storageType), stateWords(source), originWords(source, config, madeBy)].join(
      ' · ',
    ),
    href: sourceHref(urls, source.slug),
  }))
  return {
    title: 'Sources',
    section: 'files',
    lede: 'Where files are kept: each source is one folder, one bucket or one list of addresses.',
    crumbs: [{ label: 'Files', href: urls.path('/-/files') }, { label: 'Sources' }],
    said,
    body: html`<div class="stack">${linkedRows(rows)}<section aria-labelledby="add"><h2 id="add" class="section-head">Add a source</h2><p class="muted">Files stay where they are. What is there already is listed, and found, opened and put into rows from here.</p>${ways(
      types.map((type) => {
        const { title, description = '' } = storageWords(type)
        return {
          icon: ICONS[type.type] ?? 'file',
          title,
          body: description,
          action: linkButton({
            label: `Add ${title.toLowerCase().startsWith('s3') ? title : title.toLowerCase()}`,
            href: urls.path(SOURCES_PATH, { storage: type.type }),
          }),
        }
      }),
    )}</section></div>`,
  }
}

export function sourceHref(urls: Urls, slug: string): string {
  return urls.path(`${SOURCES_PATH}/${encodeURIComponent(slug)}`)
}

const FRESH: Readonly<Record<string, string>> = { sync: 'start', browse: 'nobody', upload: 'nobody', delete: 'nobody' }

/** The form for a new source of one storage. */
export function createPage(parts: PageParts, type: StorageType, sent?: Sent): PageContent {
  const { urls } = parts
  const { title, description } = storageWords(type)
  const shown = shownOf(parts, sent, (name) => FRESH[name] ?? '')
  return {
    title: `Add a source: ${title}`,
    heading: `Add a source: ${title}`,
    section: 'files',
    ...(description !== undefined && { lede: description }),
    crumbs: [
      { label: 'Files', href: urls.path('/-/files') },
      { label: 'Sources', href: urls.path(SOURCES_PATH) },
      { label: 'Add a source' },
    ],
    body: html`<form class="source-form" method="post" action="${urls.path(SOURCES_PATH)}">${outcome(parts, 'No source was made', type, sent)}${hiddenFields({ storage: type.type, ...(sent !== undefined && textOf(sent.fields, SUGGESTED) !== '' && { [SUGGESTED]: 'on' }) })}
<section class="panel panel-body" aria-labelledby="where"><h2 id="where">Where the files are</h2><div class="fields">${placeFields(type, shown)}${syncField(shown)}</div></section>
<section class="panel panel-body" aria-labelledby="called"><h2 id="called">What it is called</h2><div class="fields">${text('label', 'What people read, for example Old scans. Required.', shown)}${text(
      'slug',
      'Letters, digits and dashes, for example old-scans. It stays. Empty: made of the name.',
      shown,
    )}</div></section>
${whoSection(type, shown, 'You may do all of it. The others:')}
${moreFields(type, shown)}
${foot('Create source', 'create', urls.path(SOURCES_PATH))}</form>`,
  }
}

interface Edited {
  readonly source: Source
  readonly row: SourceRow
  readonly said: PageContent['said']
  /** What was found when it was asked whether pages may send files there. */
  readonly looked?: Looked | undefined
  /** People who may upload there and not see what is there. */
  readonly unseen?: readonly string[]
}

/** A source that was made here: its settings as a form, and what became of it. */
export function editPage(
  parts: PageParts,
  { source, row, said, looked, unseen = [] }: Edited,
  sent?: Sent,
): PageContent {
  const { urls, types } = parts
  const type = types.find((one) => one.type === row.storage_type)
  const written = writtenOf(row)
  const texts = formTexts(written, type)
  const shown = shownOf(parts, sent, (name) => texts[name] ?? '')
  const here = sourceHref(urls, row.slug)
  const isInPage = looked?.pages !== undefined && typeof said === 'string'
  const revision = sent === undefined ? String(row.revision) : textOf(sent.fields, 'revision') || String(row.revision)
  return {
    title: `Settings of ${source.label}`,
    section: 'files',
    crumbs: crumbsOf(urls, source),
    // A message over the page would cover the command that is to be read and copied.
    said: isInPage ? undefined : said,
    body: html`${stateNotice(source, here)}${isInPage && notice({ tone: 'success', title: `${said}.`, role: 'status' })}${lookedNotice(looked, parts.doctor(row.slug))}${unseenNotice(unseen, here)}<div class="with-side"><div>${
      type === undefined
        ? html`<p>Its storage ${row.storage_type} is not installed here, so that its settings cannot be shown.</p>`
        : html`<form class="source-form" method="post" action="${safeUrl(here)}">${outcome(parts, 'Not saved', type, sent)}${hiddenFields({ revision })}
<section class="panel panel-body" aria-labelledby="where"><h2 id="where">Where the files are</h2><div class="fields">${placeFields(type, shown)}${syncField(shown)}</div><p class="hint">When the place changes, files that are listed already are looked for at the new one. Those that are not there are marked as missing.</p></section>
<section class="panel panel-body" aria-labelledby="called"><h2 id="called">What it is called</h2><div class="fields">${text('label', 'What people read. Empty: its name in addresses.', shown)}</div></section>
${whoSection(type, shown, row.created_by === null ? 'Beside those who may everywhere:' : `${row.created_by}, who made it, may do all of it. The others:`)}
${moreFields(type, shown)}
${foot('Save changes', 'save', urls.source(row.slug))}</form>`
    }</div><aside class="stack" aria-label="About this source"><section><h2>About</h2>${aboutFacts(parts, source, row)}</section>${checking(parts.doctor(row.slug), source, here)}${
      source.active || row.active === 1 ? deactivation(source, here) : ''
    }</aside></div>`,
  }
}

/** A source that the configuration decides about: what it says, to be read. */
export function declaredPage(parts: PageParts, source: Source, row: SourceRow | undefined): PageContent {
  const { urls, config } = parts
  const { accept, reject, maxFileSize } = source.rules
  const title =
    source.origin === 'default'
      ? 'Holdall has this source as long as the configuration names no other.'
      : source.active
        ? `${fileWords(config)} says what this source is.`
        : `${fileWords(config)} names this source no more.`
  const body =
    source.origin === 'default'
      ? 'It keeps its files in the data directory. There is nothing to set; who may do what is said on the page of people, or in the file.'
      : source.active
        ? html`It stands${config.file === undefined ? '' : html` in <code>${config.file}</code>`} under <code>sources</code>. Change it there, then start the server again.`
        : 'Its files stay listed as unavailable. Put it back into the file and start the server again to use them.'
  return {
    title: `Settings of ${source.label}`,
    section: 'files',
    crumbs: crumbsOf(urls, source),
    body: html`<div class="stack">${notice({ tone: 'info', title, body })}<section aria-label="What it is"><div class="panel panel-body">${facts(
      [
        ...factsOf(parts, source, row),
        ['Takes', accept.length === 0 ? 'everything' : accept.join(', ')],
        ['Refuses', reject.join(', ')],
        ['Largest file', formatLimit(maxFileSize)],
      ],
    )}</div></section></div>`,
  }
}

function crumbsOf(urls: Urls, source: Source) {
  return [
    { label: 'Files', href: urls.path('/-/files') },
    { label: 'Sources', href: urls.path(SOURCES_PATH) },
    { label: source.label, href: urls.source(source.slug) },
    { label: 'Settings' },
  ]
}

function shownOf(parts: PageParts, sent: Sent | undefined, otherwise: (name: string) => string): Shown {
  const error = sent?.refusal?.error
  return {
    value: (name) => (sent === undefined ? otherwise(name) : textOf(sent.fields, name)),
    errors: error?.fields ?? {},
    secretNames: parts.secretNames,
    offersToMake: error?.values.canBeMade === true || (sent !== undefined && textOf(sent.fields, 'make') === 'on'),
  }
}

function outcome(
  parts: PageParts,
  what: string,
  type: StorageType | undefined,
  sent: Sent | undefined,
): Html | undefined {
  if (sent?.refusal !== undefined) {
    const { error } = sent.refusal
    return html`${refusalSummary(what, sent.refusal, labelsOf(type))}${allowing(error.values.privateHost, parts)}`
  }
  if (sent?.tried === undefined) return undefined
  const { trial } = sent.tried
  const { neighbours } = sent.tried
  const works = notice({
    tone: neighbours.length > 0 ? 'warning' : 'success',
    title: 'It works. Nothing is saved yet.',
    body: html`${foundWords(trial)}${sent.suggestsReadOnly && html`<br>Read only is ticked now, since there are files already: nothing of theirs is changed. Untick it to upload there.`}${neighbours.map((one) => html`<br>${neighbourWords(parts.urls, one)}`)}`,
    role: 'status',
  })
  return html`${works}${pagesNotice(trial?.pages)}`
}

const NEIGHBOUR_WORDS = {
  same: 'The same files are already here',
  inside: 'A part of it is already here',
  around: 'It is a part of what is already here',
} as const satisfies Record<Neighbour['where'], string>

/** "The same files are already here, read only, as Harbour archive." */
function neighbourWords(urls: Urls, { slug, label, readOnly, where }: Neighbour): Html {
  return html`${NEIGHBOUR_WORDS[where]}${readOnly && ', read only'}, as <a href="${urls.source(slug)}">${label}</a>.`
}

function foundWords(trial: Tried['trial']): Html | string {
  if (trial === undefined) return 'There is no such folder yet; it is made together with the source.'
  const uploads = trial.takesUploads ? 'Files can be uploaded to it.' : 'Nothing can be uploaded to it.'
  if (trial.files === undefined) return `What is there cannot be listed. ${uploads}`
  if (trial.files.length === 0) return `There are no files yet. ${uploads}`
  const names = trial.files.map(({ path }, at) => html`${at > 0 && ', '}<code>${path}</code>`)
  return html`There ${trial.files.length === 1 && !trial.hasMore ? 'is' : 'are'} ${names}${trial.hasMore && ' and more'}. ${uploads}`
}

function whoSection(type: StorageType, shown: Shown, lead: string): Html {
  const asked = ASKED_NAMES.filter((name) => name !== 'upload' || type.takesUploads !== false)
  return html`<section class="panel panel-body" aria-labelledby="who"><h2 id="who">Who may use it</h2><p class="muted">${lead}</p><div class="fields three">${asked.map(
    (name) => whoField(name, shown),
  )}</div><p class="hint">What the configuration file says about a source of this name counts instead. Rights of single people are given on the page People.</p></section>`
}

function foot(label: string, op: string, cancel: string): Html {
  return html`<div class="form-foot">${linkButton({ label: 'Cancel', href: cancel, kind: 'quiet' })}${button({
    type: 'submit',
    name: 'op',
    value: 'try',
    label: 'Try it',
  })}${button({ type: 'submit', name: 'op', value: op, label, kind: 'filled' })}</div>`
}

function stateNotice(source: Source, here: string): Html | undefined {
  if (!source.active) {
    return notice({
      tone: 'info',
      title: 'This source is deactivated.',
      body: 'Its files are listed, but none can be opened.',
      actions: postButton(here, { label: 'Activate source' }, { op: 'activate' }),
    })
  }
  const { availability } = source
  if (availability.available) return undefined
  return notice({
    tone: 'warning',
    title: `It cannot be reached: ${availability.reason}.`,
    body: 'It is tried again by itself.',
  })
}

function deactivation(source: Source, here: string): Html {
  return html`<section><h2>Deactivate</h2><p class="muted">Its files stay listed as unavailable, with everything that is known of them, and nothing is deleted. It can be activated again.</p><p class="form-foot to-start">${postButton(here, { label: 'Deactivate source', kind: 'danger', more: { 'aria-label': `Deactivate source ${source.label}` } }, { op: 'deactivate' })}</p></section>`
}

function aboutFacts(parts: PageParts, source: Source, row: SourceRow): Html {
  const allow = JSON.parse(row.allow) as Readonly<Record<string, AllowBlock>>
  const asked: ReadonlySet<string> = new Set(Object.values(ASKED))
  const more = Object.entries(allow).filter(([action]) => !asked.has(action))
  return facts([
    ...factsOf(parts, source, row),
    [
      'Made',
      `${formatTime(row.created_at)}${row.created_by === null ? ', on the command line' : ` by ${row.created_by}`}`,
    ],
    ['Changed', row.updated_at === null ? null : formatTime(row.updated_at)],
    ...more.map(([action, block]) => [action, allowWords(block)] as const),
  ])
}

function factsOf({ types, urls }: PageParts, source: Source, row: SourceRow | undefined) {
  const { sync } = source
  const when =
    sync.when === 'every' ? `every ${sync.seconds} s` : sync.when === 'start' ? 'when the server starts' : 'by hand'
  return [
    ['Name', html`<code>${row?.slug ?? source.slug}</code>`],
    ['Storage', storageTitle(types, source.storageType)],
    ['State', stateWords(source)],
    ['Listed', when],
    ['Files', html`<a href="${urls.source(source.slug)}">Browse them</a>`],
  ] as const
}
