import type { Said } from '../../web/page.ts'
import type { RouteContext } from '../../web/route.ts'
import type { FilesRoom } from '../room.ts'

/** To the page that a form came from, which says what was done. */
export function goBack({ once }: FilesRoom, c: RouteContext, back: string, said: string | Said): Response {
  once?.write(c, new URL(back, 'http://here.invalid').pathname, { said })
  return c.redirect(back, 303)
}

/** What was done, with the way back. @param batch what undoes it; empty where there is nothing to undo */
export function undoOf({ urls }: FilesRoom, text: string, batch: string, back: string): string | Said {
  if (batch === '') return text
  return { text, undo: { action: urls.path('/-/files/-/restore'), fields: { batch, return: back } } }
}
