import { readFields, textOf } from '../access/fields.ts'
import { HoldallError } from '../web/error.ts'
import type { Route } from '../web/route.ts'
import { FILES_API } from './api.ts'
import { FILE_ID } from './record.ts'
import { type FilesRoom, fileResource, foundFile, ID_PATH, mayEditFile } from './room.ts'

/** The description of a file for another one that has taken its place and has none; nothing that was written is replaced. */
export function descriptionRoutes(room: FilesRoom): Route[] {
  const { registry, permissions } = room
  const path = `${ID_PATH}/-/description`
  return [
    {
      method: 'GET',
      path,
      json: 'only',
      need: {
        kind: 'filtered',
        because: 'nothing is offered of files that the actor may not see, or to files that it may not edit',
      },
      api: FILES_API.offeredDescription,
      async handler(c) {
        const [id, from] = [c.req.param('id') ?? '', c.req.query('from') ?? '']
        const { actor } = c.var
        const files = await registry.visible(
          actor,
          [id, from].filter((one) => FILE_ID.test(one)),
        )
        const [to, other] = [files.get(id), files.get(from)]
        const isOffered =
          to?.searchText === '' &&
          other !== undefined &&
          (await permissions.allowed(actor, 'files-edit', fileResource(to)))
        return c.json({ ok: true, description: (isOffered && other.searchText) || null })
      },
    },
    {
      method: 'POST',
      path,
      need: mayEditFile(room),
      api: FILES_API.copyDescription,
      async handler(c) {
        const { id, filename } = foundFile(c)
        const from = textOf(await readFields(c), 'from')
        if (!FILE_ID.test(from)) throw new HoldallError('bad_request', { reason: 'from must be the id of a file.' })
        const other = (await registry.visible(c.var.actor, [from])).get(from)
        if (other === undefined) throw new HoldallError('file_not_found', { id: from })
        if (other.searchText === '') throw new HoldallError('file_not_described', { filename: other.filename })
        if (!(await registry.describe(id, other.searchText))) throw new HoldallError('file_described', { filename })
        return c.json({ ok: true, description: other.searchText })
      },
    },
  ]
}
