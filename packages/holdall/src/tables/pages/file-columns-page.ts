import { readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import { type Html, html, safeUrl } from '../../web/html.ts'
import { renderPage } from '../../web/page.ts'
import { button, linkButton } from '../../web/parts/button.ts'
import { errorSummary, saveBar } from '../../web/parts/field.ts'
import { emptyState } from '../../web/parts/notice.ts'
import type { RouteContext } from '../../web/route.ts'
import type { ServedDatabase } from '../databases.ts'
import { type AskedSettings, checkedChanges, fileColumnsJson, readAskedJson } from '../file-columns/change.ts'
import { countHeldText, demandNoText, heldTextWords } from '../file-columns/held-text.ts'
import type { FileColumn } from '../file-columns/settings.ts'
import { databaseIn, tableIn } from '../routes.ts'
import type { Table } from '../schema.ts'
import { asObject, parseJson } from '../write/body.ts'
import { MAX_BODY_BYTES } from '../write/limits.ts'
import { isForm } from '../write/routes.ts'
import { addColumnForm, isAboutNewColumn, mayAddColumn } from './add-column-form.ts'
import { answerPage } from './answer.ts'
import { columnFields, fieldName, type Refused, readAccept, withUnit } from './file-column-fields.ts'
import { readPairs } from './form-post.ts'
import type { Posted } from './form-values.ts'
import { crumbs, currentSchema, type PagesRoom } from './room.ts'

export interface Subject {
  readonly database: ServedDatabase
  readonly table: Table
  readonly now: ReadonlyMap<string, FileColumn>
  readonly path: string
}

/** `GET /{db}/{table}/-/file-columns`, as a page and as JSON. */
export async function fileColumnsPage(c: RouteContext, room: PagesRoom, refused?: Refused): Promise<Response> {
  const subject = await subjectOf(c, room)
  const { database, table, now, path } = subject
  if (c.var.jsonPath) return c.json({ ok: true, columns: fileColumnsJson(now) })
  const columns = table.columns.filter((column) => column.affinity === 'TEXT' && column.hidden !== 1)
  const [frame, held, mayAdd] = await Promise.all([
    room.frame(c),
    countHeldText(database, table.name, [...now.keys()]),
    mayAddColumn(c, room, database, table),
  ])
  return answerPage(
    c,
    renderPage({
      ...frame,
      title: 'Configure file columns',
      lede: `Which columns of ${table.name} hold files, and which files they take`,
      crumbs: crumbs(room, database.name, table.name, 'File columns'),
      section: 'databases',
      // It stands below all columns there are, and is what a table without one is looked through for.
      ...(mayAdd && { actions: linkButton({ label: 'Add a column', href: '#add-column', icon: 'plus' }) }),
      body: html`${
        columns.length === 0
          ? html`<section class="panel">${emptyState({ title: 'No column can hold files', body: 'The id of a file is text: a column for files is declared as TEXT.', icon: 'columns' })}</section>`
          : html`<form class="panel" method="post" action="${safeUrl(`${path}/-/file-columns`)}" aria-label="File columns" data-save>${
              refused && !isAboutNewColumn(refused) && html`<div class="panel-body">${summary(refused.error)}</div>`
            }${columns.map((column) => columnFields(room, column, now.get(column.name), heldTextWords(held.get(column.name) ?? 0), refused))}${saveBar(
              html`${linkButton({ label: 'Discard changes', href: path, kind: 'quiet' })}${button({ label: 'Save file columns', type: 'submit', kind: 'filled' })}`,
            )}</form>`
      }${mayAdd && addColumnForm(path, refused)}`,
      ...room.once.take(c, path),
    }),
    refused?.error.status,
  )
}

/** `POST /{db}/{table}/-/file-columns`: a form of the page, or JSON under the keys of the configuration file. */
export async function saveFileColumns(c: RouteContext, room: PagesRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const { database, table, now, path } = subject
  const body = await readBytes(c, MAX_BODY_BYTES)
  const context = {
    database: database.name,
    table,
    now,
    configFile: room.config.file,
    knowsSource: (slug: string) => room.sources.list().some((source) => source.slug === slug),
  }
  if (!isForm(c)) {
    const asked = readAskedJson(asObject(parseJson(body)))
    const changes = checkedChanges(asked.columns, context)
    await demandNoText(database, table.name, changes, now, () => asked.confirmed)
    if (changes.size > 0) await room.fileColumns.save(database.name, table.name, changes)
    return c.json({ ok: true, columns: fileColumnsJson(await room.fileColumns.of(database.name, table.name)) })
  }
  const posted = readPairs(body)
  try {
    const changes = checkedChanges(readAskedForm(subject, posted), context)
    const isConfirmed = (column: string) => posted.get(fieldName('confirm', column)) === 'yes'
    await demandNoText(database, table.name, changes, now, isConfirmed)
    if (changes.size > 0) await room.fileColumns.save(database.name, table.name, changes)
  } catch (error) {
    if (c.var.format !== 'html' || !(error instanceof HoldallError) || error.status >= 500) throw error
    return fileColumnsPage(c, room, { posted, error })
  }
  if (c.var.format === 'json') {
    return c.json({ ok: true, columns: fileColumnsJson(await room.fileColumns.of(database.name, table.name)) })
  }
  room.once.write(c, path, { said: 'File columns saved' })
  return c.redirect(path, 303)
}

/** @throws HoldallError `table_not_found` */
export async function subjectOf(c: RouteContext, room: PagesRoom): Promise<Subject> {
  const database = databaseIn(c, room)
  const table = (await currentSchema(database)).tables.get(tableIn(c))
  if (table === undefined) throw new HoldallError('table_not_found')
  const now = await room.fileColumns.of(database.name, table.name)
  return { database, table, now, path: room.urls.table(database.name, table.name) }
}

/** The form's fields by column; columns that the file declares, or that the form says nothing of, stay as they are. */
function readAskedForm({ table, now }: Subject, posted: Posted): Map<string, AskedSettings | null> {
  const asked = new Map<string, AskedSettings | null>()
  for (const { name } of table.columns) {
    const said = (key: string) => posted.get(fieldName(key, name)) ?? ''
    const holds = posted.get(fieldName('holds', name))
    if (holds === undefined || now.get(name)?.declared) continue
    asked.set(
      name,
      holds === 'text'
        ? null
        : {
            source: said('source'),
            multiple: holds === 'files',
            accept: readAccept(posted.get(fieldName('takes', name)), said('accept')),
            maxSize: withUnit(said('max_size'), said('max_size_unit')),
          },
    )
  }
  return asked
}

function summary(error: HoldallError): Html {
  const fields = Object.entries(error.fields)
  if (fields.length === 0)
    return errorSummary(
      'Not saved',
      error.errors.map((message) => ({ message })),
    )
  return errorSummary(
    'Not saved',
    fields.map(([key, message]) => {
      const at = key.indexOf('.')
      const column = key.slice(at + 1)
      return { field: fieldName(key.slice(0, at), column), label: column, message }
    }),
  )
}
