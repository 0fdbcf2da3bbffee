import { type Fields, readFields, textOf } from '../access/fields.ts'
import { answerForm, refuseField } from '../access/forms.ts'
import { fingerprint, wasField } from '../access/was.ts'
import { incoming } from '../uploads/claim.ts'
import { HoldallError } from '../web/error.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { FILES_API } from './api.ts'
import { originOf } from './pages/list-address.ts'
import { updatePage } from './pages/update.ts'
import { type FileRecord, withDuplicates } from './record.ts'
import type { FileChanges } from './registry.ts'
import { type FilesRoom, foundFile, ID_PATH, mayEditFile, sendPage } from './room.ts'

export const MAX_SEARCH_TEXT = 50_000
/** A letter may take nine bytes of a form; what is somewhat too long comes back with the page that says so. */
const MAX_BODY_BYTES = 1_048_576
const EDITABLE: readonly string[] = ['search_text', 'filename', 'metadata']
/** What a page's form may send; what else it carries is none of the file's. */
const FORM_FIELDS = ['filename', 'search_text'] as const

/** GET and POST `/-/files/{id}/-/update`: the name, the description and the metadata. The bytes never change. */
export function updateRoutes(room: FilesRoom): Route[] {
  const need = mayEditFile(room)
  return [
    {
      method: 'GET',
      path: `${ID_PATH}/-/update`,
      need,
      api: FILES_API.updatePage,
      handler: (c) => sendPage(c, updatePage(room, c, foundFile(c))),
    },
    {
      method: 'POST',
      path: `${ID_PATH}/-/update`,
      need,
      api: FILES_API.update,
      async handler(c) {
        const fields = await readFields(c, { limit: MAX_BODY_BYTES })
        return answerForm(
          c,
          fields,
          () =>
            isForm(c)
              ? update(room, c, formChanges(fields), fields[wasField('search_text')])
              : update(room, c, jsonChanges(fields)),
          // What is refused because it has changed says what it is now.
          async (refusal) =>
            sendPage(c, updatePage(room, c, (await room.registry.byId(foundFile(c).id)) ?? foundFile(c), refusal)),
        )
      },
    },
  ]
}

/** @param was the fingerprint of the description that the page had which sent a form */
async function update(room: FilesRoom, c: RouteContext, changes: FileChanges, was?: unknown): Promise<Response> {
  const { registry, urls } = room
  const file = await registry.update(foundFile(c).id, changes, (now) => demandSeen(changes, was, now))
  if (file === undefined) throw new HoldallError('file_not_found', { id: foundFile(c).id })
  if (c.var.format === 'html') return saved(room, c, file, changes)
  return c.json({ ok: true, file: withDuplicates(file, await registry.duplicates(c.var.actor, file), urls) })
}

function saved({ urls, once }: FilesRoom, c: RouteContext, file: FileRecord, changes: FileChanges): Response {
  const renamed = changes.filename !== undefined && changes.filename !== foundFile(c).filename
  const said = renamed
    ? `Renamed to ${file.filename}`
    : changes.searchText === undefined
      ? 'Saved'
      : 'Description saved'
  once?.write(c, urls.file(file.id), { said })
  return c.redirect(`${urls.file(file.id)}${originOf(c)}`, 303)
}

function isForm(c: RouteContext): boolean {
  return /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(c.req.header('Content-Type') ?? '')
}

/** A field that is as the page had it says nothing, even if the file has changed since. */
function formChanges(fields: Fields): FileChanges {
  const touched = FORM_FIELDS.filter(
    (name) => name in fields && fields[wasField(name)] !== fingerprint(textOf(fields, name)),
  )
  return changesOf(Object.fromEntries(touched.map((name) => [name, fields[name]])))
}

/** A description takes the place of the one that was seen, and of no other. @throws HoldallError `description_edited` */
function demandSeen({ searchText }: FileChanges, was: unknown, current: string): void {
  if (was === undefined || searchText === undefined || was === fingerprint(current) || searchText === current) return
  const now = current === '' ? 'It was taken out' : `It says now: “${current}”`
  throw new HoldallError(
    'description_edited',
    {},
    {
      fields: {
        search_text: `It was changed after you opened this page. ${now}. Save again to have yours in its place.`,
      },
    },
  )
}

function jsonChanges({ update }: Fields): FileChanges {
  if (typeof update !== 'object' || update === null || Array.isArray(update) || Object.keys(update).length === 0) {
    throw new HoldallError('bad_request', { reason: 'update object is required' })
  }
  const unknown = Object.keys(update).filter((name) => !EDITABLE.includes(name))
  if (unknown.length > 0) {
    throw new HoldallError('bad_request', { reason: `Cannot update fields: ${unknown.sort().join(', ')}` })
  }
  return changesOf(update as Fields)
}

function changesOf({ filename, search_text: searchText, metadata }: Fields): FileChanges {
  return {
    ...(filename !== undefined && { filename: newName(filename) }),
    ...(searchText !== undefined && { searchText: newText(searchText) }),
    ...(metadata !== undefined && { metadata: newMetadata(metadata) }),
  }
}

function newName(value: unknown): string {
  if (typeof value !== 'string') refuseField('filename', 'filename must be text.')
  if (value === '') {
    const reason = 'A file needs a name.'
    throw new HoldallError('filename_required', {}, { errors: [`filename: ${reason}`], fields: { filename: reason } })
  }
  return incoming(value, undefined, undefined).filename
}

/** Null clears it, as it does in Datasette. */
function newText(value: unknown): string {
  if (value === null) return ''
  if (typeof value !== 'string') refuseField('search_text', 'search_text must be text or null.')
  // Forms send line breaks as CR LF.
  const text = value.replace(/\r\n?/g, '\n').toWellFormed()
  if (text.length > MAX_SEARCH_TEXT) {
    refuseField('search_text', `search_text is longer than ${MAX_SEARCH_TEXT} characters.`)
  }
  return text
}

function newMetadata(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  return refuseField('metadata', 'metadata must be an object.')
}
