import { bodyOf } from '../web/body.ts'
import { HoldallError } from '../web/error.ts'
import type { Route } from '../web/route.ts'
import { UPLOADS_API } from './api.ts'
import type { Uploads } from './engine.ts'
import { PART_PATH, type PartUrls } from './part-urls.ts'

/** Where the parts of a storage that has no addresses of its own are sent. */
export function partRoute(uploads: Uploads, partUrls: PartUrls): Route {
  return {
    method: 'PUT',
    path: PART_PATH,
    need: { kind: 'capability', because: 'The address is signed for this part, and was given to who may upload.' },
    // It carries no cookie's authority, and a page on another host may have been told to send here.
    crossSite: 'exempt',
    api: UPLOADS_API.part,
    async handler(c) {
      const id = c.req.param('upload') as string
      const part = partUrls.read(id, c.req.param('part') as string, (name) => c.req.query(name))
      const body = bodyOf(c)
      if (body.length !== undefined && body.length !== part.size) {
        throw new HoldallError('size_mismatch', { declared: part.size, received: body.length })
      }
      const { etag } = await uploads.parts.take(id, part, body.chunks)
      return c.body(null, 200, { ETag: `"${etag}"` })
    },
  }
}
