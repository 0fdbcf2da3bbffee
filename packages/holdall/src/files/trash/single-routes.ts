import { readFields, textOf } from '../../access/fields.ts'
import { safeReturnPath } from '../../access/return-path.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import type { FileRecord } from '../record.ts'
import { type FilesRoom, foundFile, ID_PATH, sendPage } from '../room.ts'
import { TRASH_API } from './api.ts'
import { goBack, undoOf } from './back.ts'
import { isReadOnly, keepsBytes } from './kept.ts'
import { purgePage } from './purge-page.ts'
import { isTrashed, type TrashedFile } from './record.ts'
import { mayDeleteFile } from './rights.ts'
import { deletedWords } from './words.ts'

/** Deleting, restoring and purging one file. Each may be asked for twice with the effect of once. */
export function singleRoutes(room: FilesRoom): Route[] {
  const { trash, urls } = room
  const need = mayDeleteFile(room)

  async function remove(c: RouteContext): Promise<Response> {
    const file = foundFile(c)
    const sent = await readFields(c)
    const { batch, moved } = await trash.move([file.id], c.var.actor?.id ?? null)
    if (c.var.format === 'json') return c.json({ ok: true, ...(await factsOf(room, file)) })
    const back = textOf(sent, 'return') ? safeReturnPath(sent.return, urls) : urls.source(file.sourceSlug)
    return goBack(room, c, back, undoOf(room, deletedWords(room.sources, [file]), moved.length > 0 ? batch : '', back))
  }

  return [
    { method: 'DELETE', path: ID_PATH, need, api: TRASH_API.remove, handler: remove },
    { method: 'POST', path: `${ID_PATH}/-/delete`, need, api: TRASH_API.removeByPost, handler: remove },
    {
      method: 'POST',
      path: `${ID_PATH}/-/restore`,
      need,
      api: TRASH_API.restore,
      async handler(c) {
        const { id, filename } = foundFile(c)
        const sent = await readFields(c)
        await trash.restore([id])
        if (c.var.format === 'json') return c.json({ ok: true, id })
        const back = textOf(sent, 'return') ? safeReturnPath(sent.return, urls) : urls.file(id)
        return goBack(room, c, back, `${filename} restored`)
      },
    },
    {
      method: 'GET',
      path: `${ID_PATH}/-/purge`,
      need,
      api: TRASH_API.purgePage,
      handler(c) {
        const file = trashedFile(c)
        // What is refused in the end is not asked.
        if (isReadOnly(room.sources, file.sourceId)) {
          throw new HoldallError('source_keeps_files', { source: file.sourceSlug })
        }
        return sendPage(c, purgePage(room, c, [file]))
      },
    },
    {
      method: 'POST',
      path: `${ID_PATH}/-/purge`,
      need,
      api: TRASH_API.purge,
      async handler(c) {
        await readFields(c)
        const file = trashedFile(c)
        await trash.purge([file])
        if (c.var.format === 'json') return c.json({ ok: true, id: file.id })
        return goBack(room, c, urls.path('/-/files/trash'), `${file.filename} deleted for good`)
      },
    },
  ]
}

/** @throws HoldallError `not_in_trash`: what may still be used is never purged by one press */
function trashedFile(c: RouteContext): TrashedFile {
  const file = foundFile(c)
  if (!isTrashed(file)) throw new HoldallError('not_in_trash', { filename: file.filename })
  return file
}

async function factsOf({ trash, sources }: FilesRoom, file: FileRecord) {
  const { id } = file
  const facts = (await trash.byId(id))?.trash
  return {
    id,
    trashed_at: facts?.trashedAt ?? null,
    trashed_by: facts?.trashedBy ?? null,
    purge_after: facts?.purgeAfter ?? null,
    hidden: keepsBytes(sources, file),
  }
}
