import { type Asset, ICON_PATH, SCRIPT_PATH, STYLESHEET_PATH, siteIcon, stylesheet } from '../web/assets.ts'
import { elementsBundle } from '../web/elements-bundle.ts'
import type { Need, Route, RouteContext } from '../web/route.ts'
import { SERVER_API } from './api.ts'

const OPEN: Need = { kind: 'public', because: 'the look and the components are the same for everybody' }
const A_YEAR = 'public, max-age=31536000, immutable'

/** The stylesheet and the components. Their addresses carry a version, so that the answers may be kept for a year. */
export function assetRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: STYLESHEET_PATH,
      api: SERVER_API.stylesheet,
      need: OPEN,
      handler: (c) => answer(c, stylesheet(), 'text/css; charset=utf-8'),
    },
    {
      method: 'GET',
      path: ICON_PATH,
      api: SERVER_API.icon,
      need: OPEN,
      handler: (c) => answer(c, siteIcon(), 'image/svg+xml'),
    },
    {
      method: 'GET',
      path: SCRIPT_PATH,
      api: SERVER_API.script,
      need: OPEN,
      handler: async (c) => answer(c, await elementsBundle(), 'text/javascript; charset=utf-8'),
    },
  ]
}

function answer(c: RouteContext, { body, etag }: Asset, type: string): Response {
  const headers = { ETag: etag, 'Cache-Control': c.req.query('v') === undefined ? 'no-cache' : A_YEAR }
  if (c.req.header('If-None-Match') === etag) return c.body(null, 304, headers)
  return c.body(body, 200, { ...headers, 'Content-Type': type })
}
