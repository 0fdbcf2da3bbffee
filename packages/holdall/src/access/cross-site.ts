import { HoldallError } from '../web/error.ts'
import type { RouteContext } from '../web/route.ts'
import { tokenOf } from './authenticate.ts'
import { type ProxySettings, requestOrigin } from './origin.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])
/** `none` is a person's own doing: an address typed, a bookmark. `same-site` may be a stranger's subdomain. */
const OWN_SITES = new Set(['same-origin', 'none'])

/**
 * Refuses an unsafe request that a browser sends for another site. Such a request carries the cookies of whoever looks
 * at that site, and reaches servers that only their machine can reach. A token in a header was put there by someone who
 * has it, so it needs no proof; what sends neither `Sec-Fetch-Site` nor `Origin` is no browser.
 *
 * @throws HoldallError `cross_site`
 */
export function refuseCrossSite(c: RouteContext, settings: ProxySettings): void {
  if (SAFE_METHODS.has(c.req.method) || tokenOf(c)) return
  const site = c.req.header('Sec-Fetch-Site')
  if (site !== undefined) {
    if (OWN_SITES.has(site)) return
    throw new HoldallError('cross_site')
  }
  const origin = c.req.header('Origin')
  if (origin === undefined || origin === requestOrigin(c, settings)) return
  throw new HoldallError('cross_site')
}
