import { asHoldallError } from '../../web/error.ts'
import { formatBytes, formatCount, formatNumber } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { linkButton } from '../../web/parts/button.ts'
import { command, fold, linkedRows } from '../../web/parts/facts.ts'
import { emptyState, ways } from '../../web/parts/notice.ts'
import { dataTable } from '../../web/parts/table.ts'
import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { refuseSql } from '../json.ts'
import { type DatabaseSummary, describeDatabase, type TableSummary } from '../overview.ts'
import { COUNT_LIMIT } from '../query.ts'
import { databaseIn, seesPart } from '../routes.ts'
import { visibleTables } from '../visible-tables.ts'
import { answerPage } from './answer.ts'
import { type Destinations, uploadableSources } from './destinations.ts'
import { browsableSources, crumbs, type PagesRoom } from './room.ts'
import { seenByLine } from './who-may.ts'

/** The tables of a database that the list of databases names. */
const MAX_NAMED_TABLES = 5
const NO_SOURCES: Destinations = new Map()

/** `GET /` */
export async function databasesPage(c: RouteContext, room: PagesRoom): Promise<Response> {
  const { urls, databases, permissions } = room
  const allowed = await permissions.among(
    c.var.actor,
    'view-database',
    databases.all.map(({ name }) => ({ kind: 'database', parent: name })),
  )
  const names = new Set(allowed.map(({ parent }) => parent))
  const visible = databases.all.filter(({ name }) => names.has(name))
  const [summaries, frame] = await Promise.all([
    Promise.all(visible.map((database) => summarise(c, room, database))),
    room.frame(c),
  ])
  const uploadable = databases.all.length > 0 ? NO_SOURCES : await uploadableSources(room, c.var.actor)
  // Those who cannot begin with anything came for what others have put here.
  const isFirst = uploadable.size > 0
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: 'Databases',
      section: 'databases',
      ...(isFirst ? { heading: null } : { lede: formatCount(visible.length, 'database') }),
      body: isFirst
        ? firstStart(room, uploadable)
        : visible.length === 0
          ? await noneVisible(c, room)
          : list(summaries, room),
      ...room.once.take(c, urls.path('/')),
    }),
  )
}

/** A database that cannot be read is listed with the reason, and the others still show. */
export async function summarise(c: RouteContext, room: PagesRoom, database: ServedDatabase) {
  try {
    const schema = await database.schema()
    const mayView = await visibleTables(room.permissions, c.var.actor, database.name, [...schema.tables.keys()])
    const tables = [...schema.tables.values()].filter(({ name, hidden }) => mayView.has(name) && !hidden)
    return { database, tables, size: database.size(), problem: null }
  } catch (error) {
    return { database, tables: [], size: null, problem: asHoldallError(error).message }
  }
}

function list(summaries: readonly Awaited<ReturnType<typeof summarise>>[], { urls }: PagesRoom): Html {
  return html`<section>${linkedRows(
    summaries.map(({ database, tables, size, problem }) => {
      const names = tables.slice(0, MAX_NAMED_TABLES).map(({ name }) => name)
      const more = tables.length - names.length
      const facts = [
        tables.length === 0
          ? 'No tables'
          : `${names.join(', ')}${more > 0 ? ` and ${formatCount(more, 'more', 'more')}` : ''}`,
        size === null ? '' : formatBytes(size),
        database.immutable ? 'Read only' : '',
      ]
      return {
        title: database.name,
        note: problem ?? facts.filter(Boolean).join(' · '),
        href: urls.database(database.name),
      }
    }),
  )}</section>`
}

async function noneVisible(c: RouteContext, room: PagesRoom): Promise<Html> {
  const { urls, sources } = room
  const isSignedIn = c.var.actor !== null
  const browsable = await browsableSources(room, c.var.actor)
  const labels = sources.list().flatMap(({ slug, label }) => (browsable.has(slug) ? [label] : []))
  const signIn = linkButton({ label: 'Sign in', href: urls.path('/-/sign-in') })
  if (labels.length > 0) {
    return html`<section class="panel">${emptyState({
      title: 'No databases for you to see, but files',
      icon: 'image',
      body: `You may look at ${labels.join(', ')}.`,
      actions: html`${linkButton({ label: 'Files', href: urls.path('/-/files'), kind: 'filled' })}${!isSignedIn && signIn}`,
    })}</section>`
  }
  return html`<section class="panel">${emptyState({
    title: 'No databases for you to see',
    icon: 'database',
    body: isSignedIn ? 'Ask whoever runs this server to let you in.' : 'Sign in with the link that you were given.',
    ...(!isSignedIn && { actions: signIn }),
  })}</section>`
}

/** There is no database at all: begin with what people have. */
function firstStart(room: PagesRoom, uploadable: Destinations): Html {
  const source = uploadable.values().next().value?.source
  return html`<section class="panel begin"><h1>No databases yet</h1><p class="lede">A database holds tables. A cell in a table can hold a file. Begin with what you have.</p>${ways(
    [
      {
        icon: 'image',
        title: 'Photos and documents',
        body: `They go into “${source?.label ?? 'files'}” on this server. Attach them to rows later.`,
        ...(source && {
          action: linkButton({
            label: 'Upload files',
            href: room.urls.path(`/-/files/upload/${encodeURIComponent(source.slug)}`),
            kind: 'filled',
            icon: 'upload',
          }),
        }),
      },
      {
        icon: 'database',
        title: 'A SQLite database',
        body: 'Start the server with it. Nothing is copied, and Datasette’s addresses work.',
        action: command('holdall serve collection.db'),
      },
      {
        icon: 'table',
        title: 'Nothing yet',
        body: 'Start with an empty database, and make tables with the API.',
        action: command('holdall serve --create new.db'),
      },
    ],
  )}</section>`
}

/** `GET /{db}` */
export async function databasePage(c: RouteContext, room: PagesRoom): Promise<Response> {
  const { urls, permissions } = room
  const database = databaseIn(c, room)
  refuseSql(new URL(c.req.url).searchParams)
  const schema = await database.schema()
  const visible = await visibleTables(permissions, c.var.actor, database.name, [...schema.tables.keys()])
  const [summary, frame, seenBy] = await Promise.all([
    describeDatabase(database, { mayView: (name) => visible.has(name), signal: c.req.raw.signal }),
    room.frame(c),
    seenByLine(room, c, 'view-database', { kind: 'database', parent: database.name }),
  ])
  const shown = summary.tables.filter(({ table }) => !table.hidden)
  const hidden = summary.tables.filter(({ table }) => table.hidden)
  const facts = [
    formatCount(shown.length, 'table'),
    ...(summary.views.length > 0 ? [formatCount(summary.views.length, 'view')] : []),
    ...(seesPart(c) ? [] : [formatBytes(database.size())]),
    ...(database.immutable ? ['read only'] : []),
  ]
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: database.name,
      lede: `${facts.join(' · ')}${seesPart(c) ? '. You may see a part of this database.' : ''}`,
      crumbs: crumbs(room, database.name),
      section: 'databases',
      body: html`<div class="stack">${seenBy}${
        shown.length === 0 && summary.views.length === 0
          ? html`<section class="panel">${emptyState({ title: `No tables in ${database.name}`, icon: 'table', body: 'Make one with the API: POST to /-/create, with its columns or its first rows.' })}</section>`
          : html`<section class="panel" aria-label="Tables">${tableList(summary, shown, room)}</section>`
      }${
        hidden.length > 0 &&
        fold(
          formatCount(hidden.length, 'hidden table'),
          html`${linkedRows(
            hidden.map(({ table, count, countTruncated }) => ({
              title: table.name,
              note: countText(count, countTruncated),
              href: urls.table(database.name, table.name),
            })),
          )}`,
        )
      }</div>`,
      ...room.once.take(c, urls.database(database.name)),
    }),
  )
}

function tableList(summary: DatabaseSummary, shown: readonly TableSummary[], { urls }: PagesRoom): Html {
  const link = (name: string) =>
    html`<a class="breakable" href="${urls.table(summary.database.name, name)}">${breakable(name)}</a>`
  const columns = (names: readonly string[]) =>
    html`<span class="two-lines whole-words muted">${names.map((name, at) => html`${at > 0 && ', '}${breakable(name)}`)}</span>`
  return dataTable({
    caption: `Tables of ${summary.database.name}`,
    columns: [{ label: 'Name', kind: 'key' }, { label: 'Rows', kind: 'numeric' }, { label: 'Columns' }],
    rows: [
      ...shown.map(({ table, count, countTruncated }) => ({
        cells: [
          link(table.name),
          count === null
            ? html`<span class="null">not counted</span>`
            : countTruncated
              ? `> ${formatNumber(COUNT_LIMIT)}`
              : formatNumber(count),
          columns(table.columns.map(({ name }) => name)),
        ],
      })),
      ...summary.views.map((view) => ({
        cells: [link(view.name), html`<span class="null">view</span>`, columns(view.columns.map(({ name }) => name))],
      })),
    ],
  })
}

/** A name that may go on in the next line after what joins its words, and nowhere else. */
function breakable(name: string): Html {
  return html`${name.split(/(?<=[_.-])/).map((word, at) => html`${at > 0 && html`<wbr>`}${word}`)}`
}

function countText(count: number | null, truncated: boolean): string {
  if (count === null) return 'Not counted'
  return truncated ? `More than ${formatNumber(COUNT_LIMIT)} rows` : formatCount(count, 'row')
}
