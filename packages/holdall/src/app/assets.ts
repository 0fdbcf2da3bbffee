import {
  type Asset,
  EDITOR_PATH,
  ELEMENTS_SCRIPT_PATH,
  ELEMENTS_STYLESHEET_PATH,
  ICON_PATH,
  SCRIPT_PATH,
  STYLESHEET_PATH,
  siteIcon,
  stylesheet,
} from '../web/assets.ts'
import { elementsBundle } from '../web/elements-bundle.ts'
import { elementsStylesheet } from '../web/elements-css.ts'
import type { Need, Route, RouteContext } from '../web/route.ts'
import { SERVER_API } from './api.ts'

const OPEN: Need = { kind: 'public', because: 'the look and the components are the same for everybody' }
const A_YEAR = 'public, max-age=31536000, immutable'
/** Kept by anybody, and asked about at every use. */
const ASKED_ABOUT = 'public, no-cache'
const CSS = 'text/css; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'

/**
 * The stylesheet and the components: for our pages at addresses that carry a version, so that the answers may be kept
 * for a year, and for pages that are not ours at addresses that stay.
 */
export function assetRoutes(): Route[] {
  return [
    {
      method: 'GET',
      path: STYLESHEET_PATH,
      api: SERVER_API.stylesheet,
      need: OPEN,
      handler: (c) => answer(c, stylesheet(), CSS),
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
      handler: async (c) => answer(c, await elementsBundle('page'), SCRIPT),
    },
    {
      method: 'GET',
      path: EDITOR_PATH,
      api: SERVER_API.editorScript,
      need: OPEN,
      handler: async (c) => answer(c, await elementsBundle('editor'), SCRIPT),
    },
    {
      method: 'GET',
      path: ELEMENTS_SCRIPT_PATH,
      api: SERVER_API.elementsScript,
      need: OPEN,
      handler: async (c) => answer(c, await elementsBundle('components'), SCRIPT, ASKED_ABOUT),
    },
    {
      method: 'GET',
      path: ELEMENTS_STYLESHEET_PATH,
      api: SERVER_API.elementsStylesheet,
      need: OPEN,
      handler: async (c) => answer(c, await elementsStylesheet(), CSS, ASKED_ABOUT),
    },
  ]
}

function answer(c: RouteContext, { body, etag }: Asset, type: string, kept = keptFor(c)): Response {
  const headers = { ETag: etag, 'Cache-Control': kept }
  if (c.req.header('If-None-Match') === etag) return c.body(null, 304, headers)
  return c.body(body, 200, { ...headers, 'Content-Type': type })
}

function keptFor(c: RouteContext): string {
  return c.req.query('v') === undefined ? 'no-cache' : A_YEAR
}
