import { shownFile } from '../../../files/shown.ts'
import type { Source } from '../../../sources/sources.ts'
import type { HoldallError } from '../../../web/error.ts'
import { formatCount, formatNumber } from '../../../web/format.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import { renderPage } from '../../../web/page.ts'
import { attributes } from '../../../web/parts/attributes.ts'
import { button, hiddenFields, linkButton } from '../../../web/parts/button.ts'
import { errorSummary, field } from '../../../web/parts/field.ts'
import { fileCell } from '../../../web/parts/file.ts'
import { icon } from '../../../web/parts/icon.ts'
import { searchInput, selectInput, textInput } from '../../../web/parts/inputs.ts'
import { emptyState, notice } from '../../../web/parts/notice.ts'
import { dataTable } from '../../../web/parts/table.ts'
import { shownTime } from '../../../web/parts/time.ts'
import type { RouteContext } from '../../../web/route.ts'
import { answerPage } from '../../pages/answer.ts'
import { attachHref } from '../../pages/attach-href.ts'
import { chosenOf, destinationsOf, newestFiles, sourcesHere } from '../here.ts'
import { MAX_FILES } from '../limits.ts'
import { type ListWords, listWords } from '../list.ts'
import type { AttachRoom, Subject } from '../room.ts'
import { lastOf, type Run } from '../run.ts'
import { listCount, listLine } from './list-line.ts'
import { plansPanel, runsPanel } from './runs-panel.ts'
import { seenLines } from './seen-line.ts'
import { trail } from './trail.ts'

export interface StartOptions {
  readonly refused?: HoldallError
  /** What a form just did. */
  readonly said?: Html
  /** The file column, where the address does not say it. */
  readonly column?: string
  /** The list of rows, likewise. */
  readonly rows?: string | undefined
}

/** `GET /{db}/{table}/-/attach`: where files come from, and what was attached before. */
export async function startPage(
  c: RouteContext,
  room: AttachRoom,
  subject: Subject,
  runs: readonly Run[],
  { refused, said, column: chosen, rows = c.req.query('rows') }: StartOptions = {},
): Promise<Response> {
  const { table, database, fileColumns, href } = subject
  const list = rows || undefined
  const asked = chosen ?? c.req.query('column') ?? ''
  const column = fileColumns.has(asked) ? asked : fileColumns.keys().next().value
  const place = { database: database.name, table: table.name }
  const [frame, names, plans, words] = await Promise.all([
    room.frame(c),
    namesOf(room, runs),
    room.plans.unfinished(place, c.var.actor?.id ?? null),
    listWords(room, subject, c.var.actor, list, c.req.raw.signal),
  ])
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: 'Attach many files',
      lede: html`To rows of ${table.name}, which are found by the names of the files`,
      crumbs: trail(room, subject, list),
      section: 'databases',
      body: html`<div class="stack">${
        refused &&
        errorSummary(
          'Nothing was attached',
          refused.errors.map((message) => ({ message })),
        )
      }${said}${plansPanel(subject, plans)}${column === undefined ? noColumn(subject) : html`${list && words && ofList(subject, column, list, words)}${await ways(c, room, subject, column, list)}`}${runsPanel(subject, runs, names)}</div>`,
      ...room.once.take(c, href),
    }),
    refused?.status,
  )
}

/** What people call those who made runs. */
async function namesOf(room: AttachRoom, runs: readonly Run[]): Promise<ReadonlyMap<string, string>> {
  const ids = [...new Set(runs.flatMap((run) => lastOf(run).by ?? []))]
  return new Map(await Promise.all(ids.map(async (id) => [id, await room.registry.nameOf(id)] as const)))
}

function noColumn({ path, table }: Subject): Html {
  return html`<section class="panel">${emptyState({
    title: `No column of ${table.name} holds files`,
    body: 'Files are attached to a column that is made to hold them.',
    icon: 'columns',
    actions: linkButton({ label: 'Configure file columns', href: `${path}/-/file-columns` }),
  })}</section>`
}

/** That files go to no other rows, said before any is chosen. */
function ofList(subject: Subject, column: string, list: string, words: ListWords): Html {
  return html`<p>${listLine(subject, list, words, listCount(words))} <a href="${safeUrl(attachHref(subject.path, { column }))}">Take all rows</a></p>`
}

async function ways(
  c: RouteContext,
  room: AttachRoom,
  subject: Subject,
  column: string,
  list: string | undefined,
): Promise<Html> {
  const [destinations, here] = await Promise.all([
    destinationsOf(room, c.var.actor, subject, column),
    sourcesHere(room, c.var.actor),
  ])
  const rule = subject.fileColumns.get(column)
  const source = chosenOf(destinations, c.req.query('to'))
  return html`${columnChoice(subject, column, list)}${
    source === undefined
      ? notice({
          tone: 'info',
          title: 'You may not upload files for this column.',
          body: 'Files that are here already can be attached.',
        })
      : html`${destinationChoice(subject, column, list, destinations, source)}${await seenLines(room, c, [source])}${uploadWay(room, subject, column, list, source)}`
  }${here.length > 0 && (await hereWay(c, room, subject, column, list, await inOrderOfUse(room, here, rule?.source ?? source?.slug)))}`
}

/** The source that files of the column go to comes first; those without any file come last. */
async function inOrderOfUse(room: AttachRoom, here: readonly Source[], slug: string | undefined): Promise<Source[]> {
  const totals = await room.registry.totals()
  const place = (source: Source) => ((totals.get(source.id)?.files ?? 0) === 0 ? 2 : source.slug === slug ? 0 : 1)
  return [...here].sort((one, other) => place(one) - place(other))
}

function columnChoice({ fileColumns, href }: Subject, column: string, list: string | undefined): Html {
  if (fileColumns.size === 1) return html``
  return html`<form class="toolbar" action="${safeUrl(href)}">${list && hiddenFields({ rows: list })}<label class="inline-field">File column${selectInput(
    {
      name: 'column',
      value: column,
      options: [...fileColumns.keys()].map((name) => ({ value: name, label: name })),
      submits: true,
    },
  )}</label>${button({ label: 'Show', type: 'submit', more: { 'data-when-scriptless': true } })}</form>`
}

/** Where uploaded files go, said before any is chosen. */
function destinationChoice(
  { href }: Subject,
  column: string,
  list: string | undefined,
  destinations: readonly Source[],
  chosen: Source,
): Html {
  if (destinations.length === 1) return html`<p>Files go to the source <strong>${chosen.label}</strong></p>`
  return html`<form class="toolbar" action="${safeUrl(href)}">${hiddenFields({ column, ...(list && { rows: list }) })}<label class="inline-field">Files go to the source${selectInput(
    {
      name: 'to',
      value: chosen.slug,
      options: destinations.map(({ slug, label }) => ({ value: slug, label })),
      submits: true,
    },
  )}</label>${button({ label: 'Change', type: 'submit', more: { 'data-when-scriptless': true } })}</form>`
}

/** A folder or files of the person's machine; without scripts a plain form. */
function uploadWay(room: AttachRoom, subject: Subject, column: string, list: string | undefined, source: Source): Html {
  const rule = subject.fileColumns.get(column)
  const accept = rule && rule.accept.length > 0 ? rule.accept.join(', ') : null
  const tied = attributes({
    base: `${room.urls.base}/`,
    source: source.slug,
    label: column,
    accept,
    'max-size': rule?.maxSize ?? source.rules.maxFileSize,
    action: safeUrl(attachHref(subject.path, { rows: list })),
    column,
  })
  return html`<file-matcher${tied}><form class="panel panel-body form-narrow" method="post" enctype="multipart/form-data" action="${safeUrl(attachHref(subject.path, { rows: list }))}">${hiddenFields({ column, to: source.slug })}${field(
    {
      name: 'file',
      label: `Files for ${column}`,
      hint: `Their names say to which row they belong, for example 1862-014.jpg. They go to the source ${source.label}; nothing is attached before you have seen the rows.`,
      control: (tie) =>
        textInput({ ...tie, name: 'file', type: 'file', multiple: true, accept: accept ?? undefined, required: true }),
    },
  )}<div class="actions">${button({ label: 'Upload and match', type: 'submit', kind: 'filled', icon: 'upload' })}</div></form></file-matcher>`
}

/** Files that are here already: the newest, or those that a search finds. */
async function hereWay(
  c: RouteContext,
  room: AttachRoom,
  subject: Subject,
  column: string,
  list: string | undefined,
  here: readonly Source[],
): Promise<Html> {
  const q = (c.req.query('q') ?? '').trim().slice(0, 200)
  const asked = c.req.query('source')
  const source = here.find(({ slug }) => slug === asked) ?? (here[0] as Source)
  const isOpen = asked !== undefined || c.req.query('q') !== undefined
  const { files, total, truncated } = await newestFiles(room, source, q)
  const reset = attachHref(subject.path, { column, rows: list, source: source.slug })
  return html`<details class="panel fold-panel"${attributes({ open: isOpen })}><summary>${icon('chevronRight')}<strong>Files that are here already</strong> <span class="muted">Attach what was uploaded or found before</span></summary><form class="toolbar inset" role="search" action="${safeUrl(subject.href)}">${hiddenFields({ column, ...(list && { rows: list }) })}${searchInput(
    { name: 'q', value: q, label: 'Search files', placeholder: 'Search files' },
    q === '' ? undefined : reset,
  )}${selectInput({
    name: 'source',
    value: source.slug,
    label: 'Source',
    options: here.map(({ slug, label }) => ({ value: slug, label })),
    submits: true,
  })}${button({ label: 'Search', type: 'submit', more: { 'data-when-scriptless': true } })}</form>${
    files.length === 0
      ? emptyState({
          title: q === '' ? `The source ${source.label} has no files yet` : 'No file matches',
          icon: 'image',
        })
      : html`<form method="post" data-leavable action="${safeUrl(attachHref(subject.path, { rows: list }))}">${hiddenFields({ column, source: source.slug, q })}${dataTable(
          {
            caption: `Files of the source ${source.label}, newest first`,
            columns: [{ label: 'Take' }, { label: 'File', kind: 'file' }, { label: 'Added' }],
            rows: files.map((file) => ({
              cells: [
                html`<input type="checkbox" name="file" value="${file.id}" aria-label="${file.filename}">`,
                fileCell({ state: 'file', file: shownFile(file, room.urls) }),
                html`<span class="muted tabular">${shownTime(file.createdAt)}</span>`,
              ],
            })),
            density: 'default',
          },
        )}<div class="save-bar"><span class="fine muted">${files.length < total ? `The newest ${formatNumber(files.length)} of ${truncated ? 'more than ' : ''}${formatNumber(total)}` : formatCount(total, 'file')}</span><div class="actions">${
          total <= MAX_FILES &&
          !truncated &&
          button({ label: `Match all ${formatCount(total, 'file')}`, type: 'submit', name: 'take', value: 'all' })
        }${button({ label: 'Match chosen files', type: 'submit', name: 'take', value: 'chosen' })}</div></div></form>`
  }</details>`
}
