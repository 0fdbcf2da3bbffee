import type { Source } from '../sources/sources.ts'
import type { HoldallError } from '../web/error.ts'
import { formatCount } from '../web/format.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { FILES_API } from './api.ts'
import { batchRoutes } from './batch.ts'
import { browseRoutes } from './browse.ts'
import { descriptionRoutes } from './description.ts'
import { doublesRoutes } from './doubles/routes.ts'
import { moveRoutes } from './moves/routes.ts'
import { filePage } from './pages/file.ts'
import { indexPage } from './pages/index.ts'
import { uploadPage } from './pages/upload.ts'
import { uploadHref } from './pages/upload-href.ts'
import { withDuplicates } from './record.ts'
import {
  type FilesRoom,
  foundFile,
  ID_PATH,
  mayBrowseAny,
  mayBrowseFile,
  maySource,
  sendPage,
  sourcesFor,
} from './room.ts'
import { searchRoutes } from './search/routes.ts'
import { serveFile } from './serving/download.ts'
import { lookedAt } from './serving/look.ts'
import { serveThumbnail } from './serving/thumbnail.ts'
import { syncRoutes } from './sync/routes.ts'
import { trashedFilePage } from './trash/file-page.ts'
import { isTrashed, trashedJson } from './trash/record.ts'
import { mayBrowseEvenTrashed } from './trash/rights.ts'
import { trashRoutes } from './trash/routes.ts'
import { updateRoutes } from './update.ts'

/** Every address under `/-/files` but the ways in for bytes and the administration of sources. */
export function filesRoutes(room: FilesRoom): Route[] {
  const { registry, sources, sync, thumbnails, urls } = room
  const browsable = mayBrowseFile(room)
  const browsableOrTrashed = mayBrowseEvenTrashed(room)
  return [
    {
      method: 'GET',
      path: '/-/files',
      need: mayBrowseAny(room),
      api: FILES_API.index,
      async handler(c) {
        await sources.asked()
        return sendPage(c, indexPage(room, c))
      },
    },
    ...batchRoutes(room),
    ...browseRoutes(room),
    ...searchRoutes(room),
    ...doublesRoutes(room),
    ...descriptionRoutes(room),
    {
      method: 'GET',
      path: '/-/files/upload/:source',
      need: maySource('files-upload'),
      api: FILES_API.uploadPage,
      handler: (c) => sendPage(c, uploadPage(room, c, sources.get(c.req.param('source') ?? ''))),
    },
    {
      method: 'GET',
      path: ID_PATH,
      json: true,
      need: browsableOrTrashed,
      api: FILES_API.file,
      async handler(c) {
        const found = foundFile(c)
        if (isTrashed(found)) {
          if (c.var.format === 'json') return c.json({ ok: true, ...trashedJson(found, urls), duplicates: [] })
          return sendPage(c, trashedFilePage(room, c, found))
        }
        if (c.var.format !== 'json') await sources.asked(found.sourceSlug)
        const file = c.var.format === 'json' ? found : await lookedAt(room, found)
        const duplicates = await registry.duplicates(c.var.actor, file)
        if (c.var.format === 'json') return c.json({ ok: true, ...withDuplicates(file, duplicates, urls) })
        return sendPage(c, filePage(room, c, file, duplicates))
      },
    },
    {
      method: 'GET',
      path: `${ID_PATH}/download`,
      need: browsable,
      api: FILES_API.download,
      handler: (c) => serveFile(c.req.raw, foundFile(c), sources, sync.notice),
    },
    {
      method: 'GET',
      path: `${ID_PATH}/thumbnail`,
      need: browsableOrTrashed,
      api: FILES_API.thumbnail,
      handler: (c) => serveThumbnail(c.req.raw, foundFile(c), thumbnails, sources),
    },
    ...trashRoutes(room),
    ...updateRoutes(room),
    ...moveRoutes(room),
    ...syncRoutes(room),
  ]
}

/** Where a form leads whose files its sender may not see: back to where more can be sent, with what became of these. */
export function unseenUpload(room: FilesRoom) {
  return async (c: RouteContext, source: Source, filenames: readonly string[]): Promise<string | undefined> => {
    if ((await sourcesFor(room, c.var.actor, 'files-browse')).includes(source)) return undefined
    const page = uploadHref(room, source)
    const what = filenames.length === 1 ? filenames[0] : formatCount(filenames.length, 'file')
    room.once?.write(c, page, { said: `${what} sent. You may not see what is in ${source.label}` })
    return page
  }
}

/** The upload page again, with what was wrong, for the uploads that a form brought. */
export function refusedUpload(room: FilesRoom) {
  return async (c: RouteContext, source: Source, error: HoldallError): Promise<Response> => {
    const page = await sendPage(c, uploadPage(room, c, source, error))
    return new Response(page.body, { status: error.status, headers: page.headers })
  }
}
