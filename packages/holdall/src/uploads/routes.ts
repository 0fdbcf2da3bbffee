import type { Route } from '../web/route.ts'
import { pagesRoutes } from './pages.ts'
import { partRoute } from './part-route.ts'
import { createPartUrls } from './part-urls.ts'
import { preparedRoutes } from './prepared.ts'
import { sessionPartsRoutes } from './session-parts.ts'
import { sessionRoutes } from './session-routes.ts'
import { singleRoute, type UploadRoutesOptions } from './single.ts'

/** Every way in for a file. The upload page itself belongs to the files room. */
export function uploadRoutes(options: UploadRoutesOptions): Route[] {
  const { secret, urls, now = Date.now } = options
  const partUrls = createPartUrls({ secret, urls, now })
  return [
    singleRoute(options),
    ...pagesRoutes(options),
    ...preparedRoutes(options),
    ...sessionRoutes(options),
    ...sessionPartsRoutes(options, partUrls),
    partRoute(options.uploads, partUrls),
  ]
}
