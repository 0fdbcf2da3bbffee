import type { Source } from '../../sources/sources.ts'
import { INSTANCE, type Need, type Route } from '../../web/route.ts'
import { READINGS } from '../background/to-read.ts'
import type { FilesRoom } from '../room.ts'
import { SYNC_API } from './api.ts'
import { syncJson } from './json.ts'

const PATH = '/-/files/sync/:source'

const mayManage: Need = { kind: 'permission', action: 'files-manage-sources', on: () => INSTANCE }

/** POST `/-/files/sync/{source}` begins a sync; GET `/-/files/sync/{source}.json` says how far it is. */
export function syncRoutes({ sync, sources, registry, urls, once }: FilesRoom): Route[] {
  const stateOf = async (source: Source) =>
    syncJson(source, await sync.state(source), await registry.toRead([source.id], READINGS))
  return [
    {
      method: 'POST',
      path: PATH,
      need: mayManage,
      api: SYNC_API.begin,
      async handler(c) {
        const source = sources.get(c.req.param('source') ?? '')
        await sync.begin(source, c.var.actor?.id ?? null)
        if (c.var.format === 'json') return c.json({ ok: true, ...(await stateOf(source)) }, 202)
        const page = urls.source(source.slug)
        once?.write(c, page, { said: `${source.label} is being synced.` })
        return c.redirect(page, 303)
      },
    },
    {
      method: 'GET',
      path: PATH,
      json: 'only',
      need: mayManage,
      api: SYNC_API.state,
      async handler(c) {
        const source = sources.get(c.req.param('source') ?? '')
        return c.json({ ok: true, ...(await stateOf(source)) })
      },
    },
  ]
}
