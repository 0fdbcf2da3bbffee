import { HoldallError } from '../../web/error.ts'
import { html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { keys } from '../../web/parts/facts.ts'
import { errorSummary } from '../../web/parts/field.ts'
import type { RouteContext } from '../../web/route.ts'
import { readCell } from '../file-columns/cell.ts'
import { cellFiles } from '../file-columns/visible.ts'
import { type Reference, referencesOf } from '../labels.ts'
import { databaseIn, tableIn } from '../routes.ts'
import { visibleNeighbours } from '../visible-tables.ts'
import type { NewRow } from '../write/protocol.ts'
import { checkedRows, refuseImmutable, type Target } from '../write/room.ts'
import type { RowForms } from '../write/routes.ts'
import { answerPage } from './answer.ts'
import { listOf } from './beside-row.ts'
import { forbids, referringWords, refusalWords } from './delete-words.ts'
import { uploadableSources } from './destinations.ts'
import { type FormColumn, formColumns } from './form-columns.ts'
import { readSentForm } from './form-post.ts'
import { answerForm, type Refused, soundRow } from './form-refusal.ts'
import { readChanges, readNewRow } from './form-values.ts'
import { browsableSources, crumbs, currentSchema, type PagesRoom } from './room.ts'
import { linkedOf, readRowData } from './row-data.ts'
import { rowForm } from './row-form.ts'
import { linkedSide, rowMenu } from './row-page.ts'
import { saidOfSaved } from './saved-words.ts'
import { fileColumnsOf } from './table-data.ts'

/** What SQLite says of a row that others refer to. */
const FOREIGN_KEY = 'FOREIGN KEY constraint failed'

/** The pages with a row's form, and what answers when they are sent. */
export function createRowForms(room: PagesRoom) {
  const writing = { ...room, database: room.databases.get, files: room.registry }

  async function newRow(c: RouteContext) {
    const database = databaseIn(c, room)
    refuseImmutable(database)
    const name = tableIn(c)
    const [schema, neighbours, settings, sources] = await Promise.all([
      currentSchema(database),
      visibleNeighbours(room.permissions, c.var.actor, database, name),
      room.fileColumns.of(database.name, name),
      uploadableSources(room, c.var.actor),
    ])
    const table = schema.tables.get(name)
    if (table === undefined || table.isView) throw new HoldallError('table_not_found')
    const fileColumns = fileColumnsOf(table, settings)
    const references = new Map<string, Reference>(
      referencesOf(schema, table)
        .filter((reference) => neighbours.has(reference.table.name))
        .map((reference) => [reference.column, reference]),
    )
    const columns = await formColumns({
      database,
      table,
      fileColumns,
      references,
      values: null,
      signal: c.req.raw.signal,
    })
    return { database, table, columns, sources, path: room.urls.table(database.name, name) }
  }

  async function insertPage(c: RouteContext, refused?: Refused): Promise<Response> {
    const { database, table, columns, sources, path } = await newRow(c)
    const [frame, held, browsable] = await Promise.all([
      room.frame(c),
      heldBy(c, columns, refused),
      browsableSources(room, c.var.actor),
    ])
    return answerPage(
      c,
      renderPage({
        ...frame,
        title: 'Insert row',
        lede: `Into ${table.name}`,
        crumbs: crumbs(room, database.name, table.name, 'Insert row'),
        section: 'databases',
        body: html`<div class="with-side">${rowForm({
          room,
          table,
          action: `${path}/-/insert`,
          columns,
          isNew: true,
          back: path,
          held,
          sources,
          browsable,
          ...(refused && { refused }),
        })}<aside class="stack" aria-label="About this form">${keyList(columns)}</aside></div>`,
      }),
      refused?.error.status,
    )
  }

  async function updatePage(c: RouteContext, refused?: Refused): Promise<Response> {
    const { data, columns } = await storedRow(c)
    const [frame, held, browsable] = await Promise.all([
      room.frame(c),
      heldBy(c, columns, refused),
      browsableSources(room, c.var.actor),
    ])
    const { page, database, href } = data
    const list = listOf(c)
    return answerPage(
      c,
      renderPage({
        ...frame,
        title: `Edit ${data.title}`,
        heading: data.title,
        lede: `Editing a row of ${page.table.name}`,
        crumbs: crumbs(room, database.name, page.table.name, data.keyText || '(empty)'),
        section: 'databases',
        actions: html`${linkButton({ label: 'View row', href: `${href}${list}`, kind: 'quiet' })}${rowMenu(data, list)}`,
        body: html`<div class="with-side">${rowForm({
          room,
          table: page.table,
          action: `${href}/-/update${list}`,
          columns,
          isNew: false,
          back: `${href}${list}`,
          held,
          sources: data.sources,
          browsable,
          ...(refused && { refused }),
        })}${linkedSide(data, room, keyList(columns))}</div>`,
        ...room.once.take(c, href),
      }),
      refused?.error.status,
    )
  }

  async function storedRow(c: RouteContext) {
    const data = await readRowData(c, room)
    refuseImmutable(data.database)
    const { database, page, fileColumns, values } = data
    const { table, references } = page
    const columns = await formColumns({ database, table, fileColumns, references, values, signal: c.req.raw.signal })
    return { data, columns }
  }

  async function deletePage(c: RouteContext, error?: HoldallError): Promise<Response> {
    const [data, frame] = await Promise.all([readRowData(c, room), room.frame(c)])
    refuseImmutable(data.database)
    const { page, database, href, title } = data
    const list = listOf(c)
    const linked = linkedOf(data, room).filter(({ count }) => count !== 0)
    // A row that refers to itself goes with itself.
    const isForbidden = linked.some((one) => forbids(one) && one.count !== null && one.table !== page.table.name)
    const files = [...data.fileColumns.keys()].flatMap((column) => readCell(data.values.get(column) ?? null).ids)
    return answerPage(
      c,
      renderPage({
        ...frame,
        title: 'Delete row',
        heading: isForbidden ? `${title} cannot be deleted yet` : `Delete ${title} for good?`,
        crumbs: crumbs(room, database.name, page.table.name, data.keyText || '(empty)'),
        section: 'databases',
        body: html`<form class="panel panel-body form-narrow" method="post" action="${safeUrl(`${href}/-/delete${list}`)}">${
          error &&
          errorSummary(
            'Not deleted',
            error.errors.map((message) => ({
              message: message === FOREIGN_KEY ? refusalWords(linked) : message,
            })),
          )
        }${!isForbidden && html`<p>The row is taken out of ${page.table.name}. This cannot be undone.</p>`}${linked.map(referringWords)}${files.length > 0 && !isForbidden && html`<p>Its files stay where they are.</p>`}<div class="actions">${linkButton({ label: isForbidden ? 'Back to the row' : 'Cancel', href: `${href}${list}`, more: { autofocus: true } })}${
          !isForbidden && button({ label: 'Delete row', type: 'submit', kind: 'danger-filled' })
        }</div></form>`,
      }),
      error?.status,
    )
  }

  /** The files that a form shows, those of a refused one included. */
  function heldBy(c: RouteContext, columns: readonly FormColumn[], refused: Refused | undefined) {
    const ids = columns.flatMap(({ control, field, text }) =>
      control === 'file' ? readCell(refused?.posted.get(field) ?? text).ids : [],
    )
    return cellFiles(room, c.var.actor, ids)
  }

  const forms: RowForms = {
    async insert(c, target) {
      const { columns, sources, path } = await newRow(c)
      const sent = await readSentForm(c, room, columns, sources)
      return answerForm(
        c,
        sent.values,
        columns,
        (refused) => insertPage(c, refused),
        async () => {
          const row = soundRow(readNewRow(columns, sent.values), sent.problems)
          const [checked = []] = await checkedRows(c, writing, target, [row], 'new')
          const written = await room.writers.write(target.database, {
            kind: 'insert',
            table: target.table,
            rows: [checked],
            conflict: 'abort',
            alter: false,
            returning: true,
          })
          if (c.var.format === 'json') return json(c, 201, written.rowsJson)
          const href = written.key === undefined ? path : `${path}/${written.key}`
          room.once.write(c, href, { said: 'Row inserted' })
          return c.redirect(href, 303)
        },
      )
    },

    async update(c, target) {
      const { data, columns } = await storedRow(c)
      const sent = await readSentForm(c, room, columns, data.sources)
      return answerForm(
        c,
        sent.values,
        columns,
        (refused) => updatePage(c, refused),
        async () => {
          const changes = soundRow(readChanges(columns, sent.values), sent.problems)
          const rowsJson = await save(c, target, changes)
          if (c.var.format === 'json') return json(c, 200, rowsJson)
          room.once.write(c, data.href, { said: saidOfSaved(data, columns, changes, sent.values, listOf(c)) })
          return c.redirect(`${data.href}${listOf(c)}`, 303)
        },
      )
    },

    async remove(c, target) {
      try {
        await room.writers.write(target.database, { kind: 'delete', table: target.table, key: target.key })
      } catch (error) {
        if (c.var.format !== 'html' || !(error instanceof HoldallError) || error.code !== 'write_refused') throw error
        return deletePage(c, error)
      }
      if (c.var.format === 'json') return json(c, 200)
      const path = room.urls.table(target.database.name, target.table)
      room.once.write(c, path, { said: 'Row deleted' })
      return c.redirect(`${path}${listOf(c)}`, 303)
    },
  }

  async function save(c: RouteContext, target: Target, changes: NewRow): Promise<string | undefined> {
    const [checked = []] = await checkedRows(c, writing, target, [changes], { address: target.key })
    const { rowsJson } = await room.writers.write(target.database, {
      kind: 'update',
      table: target.table,
      key: target.key,
      changes: checked,
      alter: false,
      returning: true,
    })
    return rowsJson
  }

  return { forms, insertPage, updatePage, deletePage }
}

function keyList(columns: readonly FormColumn[]) {
  const files = columns.filter(({ control }) => control === 'file')
  return html`<section><h2>Keyboard shortcuts</h2>${keys([
    ['Ctrl S', 'Save row'],
    ...(files.length > 0 ? ([['Ctrl V', 'Paste a file into the focused field']] as const) : []),
    ...(files.some(({ file }) => file?.multiple) ? ([['Alt ↑ ↓', 'Move the focused file']] as const) : []),
  ])}</section>`
}

function json(c: RouteContext, status: 200 | 201, rows?: string): Response {
  const body = rows === undefined ? '{"ok": true}' : `{"ok": true, "rows": ${rows}}`
  return c.body(body, status, { 'Content-Type': 'application/json; charset=utf-8' })
}
