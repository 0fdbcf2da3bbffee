import { readFields, textOf } from '../../access/fields.ts'
import { refuseField } from '../../access/forms.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { type FileRecord, fileJson } from '../record.ts'
import { type FilesRoom, fileResource, foundFile, ID_PATH, mayEditFile } from '../room.ts'
import { MOVES_API } from './api.ts'

/** POST `/-/files/{id}/-/moved`: a missing file is one that is there under another path. */
export function moveRoutes(room: FilesRoom): Route[] {
  const { registry, moves, urls, once } = room
  return [
    {
      method: 'POST',
      path: `${ID_PATH}/-/moved`,
      need: mayEditFile(room),
      api: MOVES_API.take,
      async handler(c) {
        const { id } = foundFile(c)
        const other = await otherFile(room, c, textOf(await readFields(c), 'file'))
        await moves.take(foundFile(c), other, c.var.actor?.id ?? '')
        const file = await registry.byId(id)
        if (file === undefined) throw new HoldallError('file_not_found', { id })
        if (c.var.format === 'json') return c.json({ ok: true, file: fileJson(file, urls) })
        once?.write(c, urls.file(id), { said: `Found again as ${file.path}` })
        return c.redirect(urls.file(id), 303)
      },
    },
  ]
}

/** The entry that goes: whoever says so must be allowed to change it as well. */
async function otherFile({ registry, permissions }: FilesRoom, c: RouteContext, id: string): Promise<FileRecord> {
  if (id === '') return refuseField('file', 'file is required: the id of the file that has the bytes now.')
  const file = (await registry.visible(c.var.actor, [id])).get(id)
  if (file === undefined) return refuseField('file', `There is no file ${id} that you may see.`)
  if (await permissions.allowed(c.var.actor, 'files-edit', fileResource(file))) return file
  throw new HoldallError('permission_denied', { action: 'files-edit', resource: `${file.sourceSlug}/${id}` })
}
