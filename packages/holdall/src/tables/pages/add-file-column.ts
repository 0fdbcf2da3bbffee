import { readBytes } from '../../web/body.ts'
import { HoldallError } from '../../web/error.ts'
import type { RouteContext } from '../../web/route.ts'
import { demandNewName, type NewFileColumn, readNewColumnJson } from '../file-columns/add.ts'
import { fileColumnsJson } from '../file-columns/change.ts'
import { asObject, parseJson } from '../write/body.ts'
import { MAX_BODY_BYTES } from '../write/limits.ts'
import { demandAlso, refuseImmutable } from '../write/room.ts'
import { isForm } from '../write/routes.ts'
import { fileColumnsPage, type Subject, subjectOf } from './file-columns-page.ts'
import { readPairs } from './form-post.ts'
import type { PagesRoom } from './room.ts'

const NEEDS = 'Permission denied: need create-table to add a column'

/** `POST /{db}/{table}/-/file-columns/-/add`: a form of the page, or JSON. */
export async function addFileColumn(c: RouteContext, room: PagesRoom): Promise<Response> {
  const subject = await subjectOf(c, room)
  const { database, table, path } = subject
  await demandAlso(c, room.permissions, 'create-table', { kind: 'database', parent: database.name }, NEEDS)
  refuseImmutable(database)
  const body = await readBytes(c, MAX_BODY_BYTES)
  if (!isForm(c)) return added(c, room, subject, readNewColumnJson(asObject(parseJson(body))))
  const posted = readPairs(body)
  const asked = { name: (posted.get('name') ?? '').trim(), multiple: posted.get('holds') === 'files' }
  if (c.var.format === 'json') return added(c, room, subject, asked)
  try {
    await add(room, subject, asked)
  } catch (error) {
    if (!(error instanceof HoldallError) || error.status >= 500) throw error
    return fileColumnsPage(c, room, { posted: new Map([['name', ''], ...posted]), error })
  }
  room.once.write(c, path, { said: `Column ${asked.name} added to ${table.name}` })
  return c.redirect(path, 303)
}

async function added(c: RouteContext, room: PagesRoom, subject: Subject, asked: NewFileColumn): Promise<Response> {
  await add(room, subject, asked)
  const columns = await room.fileColumns.of(subject.database.name, subject.table.name)
  return c.json({ ok: true, column: asked.name, columns: fileColumnsJson(columns) }, 201)
}

/**
 * The column first: it lies in another database than the settings, and a column for text with no settings does no harm.
 * @throws HoldallError `file_columns_refused`, `file_column_only_added`, and what writing throws
 */
async function add(
  room: PagesRoom,
  { database, table, now }: Subject,
  { name, multiple }: NewFileColumn,
): Promise<void> {
  demandNewName(table, name)
  await room.writers.write(database, { kind: 'add-column', table: table.name, column: name, type: 'text' })
  // What the configuration declares stays as it is, also of a column that was not there yet.
  if (now.get(name)?.declared) return
  try {
    await room.fileColumns.save(database.name, table.name, new Map([[name, { multiple, accept: [] }]]))
  } catch (cause) {
    throw new HoldallError('file_column_only_added', { column: name }, { cause })
  }
}
