import type { Route } from '../web/route.ts'
import { preparedRoutes } from './prepared.ts'
import { sessionRoutes } from './sessions.ts'
import { singleRoute, type UploadRoutesOptions } from './single.ts'

/** Every way in for a file. The upload page itself belongs to the files room. */
export function uploadRoutes(options: UploadRoutesOptions): Route[] {
  return [singleRoute(options), ...preparedRoutes(options), ...sessionRoutes(options)]
}
