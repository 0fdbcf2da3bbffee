import type { Said } from '../web/page.ts'
import type { RouteContext } from '../web/route.ts'
import type { DatasetsRoom } from './place.ts'

/** To the page that a form leads to, which says what was done. */
export function goTo(
  { once }: Pick<DatasetsRoom, 'once'>,
  c: RouteContext,
  href: string,
  said: string | Said,
): Response {
  once.write(c, new URL(href, 'http://here.invalid').pathname, { said })
  return c.redirect(href, 303)
}
