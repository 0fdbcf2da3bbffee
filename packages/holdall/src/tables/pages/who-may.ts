import { PEOPLE_PATH } from '../../access/paths.ts'
import type { Action } from '../../access/permissions.ts'
import { whoMaySee } from '../../access/who-may.ts'
import { type Html, html, NOTHING } from '../../web/html.ts'
import { INSTANCE, type Resource, type RouteContext } from '../../web/route.ts'
import type { PagesRoom } from './room.ts'

/** Who may see a database or a table, and where that is changed: one line, to those who let people in. */
export async function seenByLine(
  { permissions, urls, whoMay }: Pick<PagesRoom, 'permissions' | 'urls' | 'whoMay'>,
  c: RouteContext,
  action: Action,
  resource: Resource,
): Promise<Html> {
  const { actor } = c.var
  if (actor === null || !(await permissions.allowed(actor, 'manage-people', INSTANCE))) return NOTHING
  const said = whoMaySee(await whoMay(action, resource), `this ${resource.kind}`)
  return html`<div class="sync-line"><p class="muted">${said} <a href="${urls.path(PEOPLE_PATH)}#everybody">Change who may</a></p></div>`
}
