import type { Source } from '../../sources/sources.ts'
import { formatCount } from '../../web/format.ts'
import { type Html, html } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { type LinkedRow, linkedRows } from '../../web/parts/facts.ts'
import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import type { Table } from '../schema.ts'
import { answerPage } from './answer.ts'
import { summarise } from './catalog-pages.ts'
import { browsableSources, type FoundCollections, type PagesRoom } from './room.ts'

/** Tables that the page names; the rest is counted. */
const MAX_LISTED_TABLES = 200

interface Opened {
  readonly databases: readonly ServedDatabase[]
  /** Of databases that are closed themselves. */
  readonly tables: readonly { readonly database: ServedDatabase; readonly table: Table }[]
  readonly sources: readonly Source[]
  readonly collections: FoundCollections
}

/**
 * Lets in to the start page of a server that is closed to them who was let in further down: what that is, is found out
 * here. Programs are refused as before, since what they get is the list of databases.
 */
export async function seesSomething(c: RouteContext, room: PagesRoom): Promise<boolean> {
  if (c.var.actor === null || c.var.format !== 'html') return false
  const opened = await findOpened(c, room)
  const { databases, tables, sources, collections } = opened
  if (databases.length + tables.length + sources.length + collections.total === 0) return false
  c.set('found', opened)
  return true
}

async function findOpened(c: RouteContext, room: PagesRoom): Promise<Opened> {
  const { actor } = c.var
  const [allowed, summaries, browsable, collections] = await Promise.all([
    room.permissions.among(
      actor,
      'view-database',
      room.databases.all.map(({ name }) => ({ kind: 'database', parent: name })),
    ),
    Promise.all(room.databases.all.map((database) => summarise(c, room, database))),
    browsableSources(room, actor),
    room.findCollections(actor),
  ])
  const open = new Set(allowed.map(({ parent }) => parent))
  return {
    databases: room.databases.all.filter(({ name }) => open.has(name)),
    tables: summaries
      .filter(({ database }) => !open.has(database.name))
      .flatMap(({ database, tables }) => tables.map((table) => ({ database, table }))),
    sources: room.sources.list().filter(({ slug }) => browsable.has(slug)),
    collections,
  }
}

/** `GET /` for those whom `seesSomething` let in. */
export async function openedPage(c: RouteContext, room: PagesRoom): Promise<Response> {
  const { urls } = room
  const { databases, tables, sources, collections } = c.var.found as Opened
  return answerPage(
    c,
    renderPage({
      ...(await room.frame(c)),
      title: 'What you may see',
      section: 'databases',
      lede: 'You may see a part of this server. Ask who manages it for more.',
      body: html`<div class="stack">${part(
        'Databases',
        databases.map(({ name }) => ({ title: name, href: urls.database(name) })),
      )}${part(
        'Tables',
        tables.slice(0, MAX_LISTED_TABLES).map(({ database: { name }, table }) => ({
          title: table.name,
          note: `in ${name}`,
          href: urls.table(name, table.name),
        })),
        tables.length,
      )}${part(
        'Files',
        sources.map(({ slug, label }) => ({ title: label, href: urls.source(slug) })),
      )}${part('Datasets', collections.shown, collections.total)}</div>`,
      ...room.once.take(c, urls.path('/')),
    }),
  )
}

function part(title: string, rows: readonly LinkedRow[], total = rows.length): Html | false {
  const more = total - rows.length
  return (
    rows.length > 0 &&
    html`<section><div class="section-head"><h2>${title}</h2></div>${linkedRows(rows)}${more > 0 && html`<p class="muted">And ${formatCount(more, 'more', 'more')}.</p>`}</section>`
  )
}
