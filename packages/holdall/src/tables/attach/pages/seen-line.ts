import { whoMaySee } from '../../../access/who-may.ts'
import { seenBy } from '../../../files/pages/who-may.ts'
import type { Source } from '../../../sources/sources.ts'
import { type Html, html, safeUrl } from '../../../web/html.ts'
import type { RouteContext } from '../../../web/route.ts'
import type { AttachRoom } from '../room.ts'

/** So many sources are named. */
const MOST_NAMED = 3

/** Who may see the files that go to sources, or lie there, and where that is changed: to those who can. */
export async function seenLines(room: AttachRoom, c: RouteContext, sources: readonly Source[]): Promise<Html> {
  const lines = await Promise.all(
    sources.slice(0, MOST_NAMED).map(async (source) => {
      const seen = await seenBy(room, c, source)
      if (seen === undefined) return html``
      return html`<p class="muted">${whoMaySee(seen.who, `the files of ${source.label}`)} <a href="${safeUrl(seen.changeHref)}">Change who may</a></p>`
    }),
  )
  return html`${lines}`
}
