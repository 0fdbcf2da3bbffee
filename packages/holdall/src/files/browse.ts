import type { Source } from '../sources/sources.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { FILES_API } from './api.ts'
import { DEFAULT_PAGE } from './list.ts'
import { libraryPage } from './pages/library.ts'
import { PAGE_OF_TILES } from './pages/tiles.ts'
import { fileJson } from './record.ts'
import { type FilesRoom, maySource, sendPage } from './room.ts'
import { readList } from './search/asked.ts'
import { type Folders, MAX_FOLDER_COUNT } from './search/folders.ts'

/** GET `/-/files/browse/{source}[.json]` and its alias: the files of a source. */
export function browseRoutes(room: FilesRoom): Route[] {
  return ['/-/files/browse/:source', '/-/files/source/:source'].map((path) => ({
    method: 'GET',
    path,
    json: true,
    need: maySource('files-browse'),
    api: FILES_API.browse,
    handler: (c) => browse(room, c),
  }))
}

async function browse(room: FilesRoom, c: RouteContext): Promise<Response> {
  const { registry, sources, urls } = room
  const source = sources.get(c.req.param('source') ?? '')
  await sources.asked(source.slug)
  const asked = readList(c, c.var.format === 'json' ? DEFAULT_PAGE : PAGE_OF_TILES)
  const list = await registry.list({ ...asked, sources: [source.id] })
  if (c.var.format === 'html') {
    const totals = (await registry.totals()).get(source.id) ?? { files: 0, bytes: 0, hashed: 0 }
    return sendPage(c, libraryPage(room, c, { source, asked, list, totals }))
  }
  return c.json({
    ok: true,
    source: sourceJson(source),
    files: list.files.map((file) => fileJson(file, urls)),
    total: list.total,
    total_truncated: list.truncated,
    next: list.next,
    // Whoever names a folder, be it none, goes through them.
    ...(c.req.query('folder') !== undefined && foldersJson(await registry.folders(source.id, asked.folder))),
  })
}

function foldersJson({ folders, more }: Folders) {
  return {
    folders: folders.map(({ name, path, files }) => ({
      name,
      path,
      files: Math.min(files, MAX_FOLDER_COUNT),
      files_truncated: files > MAX_FOLDER_COUNT,
    })),
    folders_truncated: more,
  }
}

function sourceJson({ slug, label, storageType, availability }: Source) {
  return { slug, label, storage_type: storageType, available: availability.available }
}
