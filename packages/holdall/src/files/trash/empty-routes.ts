import { readFields, textOf } from '../../access/fields.ts'
import { HoldallError } from '../../web/error.ts'
import { formatCount } from '../../web/format.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import { type FilesRoom, sendPage } from '../room.ts'
import { TRASH_API } from './api.ts'
import { goBack } from './back.ts'
import { EMPTY_PATH, emptyPage } from './empty-page.ts'
import { askToEmpty, emptiable, isMoreThanTold, readTold } from './empty-question.ts'
import { mayDeleteAny } from './rights.ts'

/** Deleting for good all that is in the trash, or all of it whose name has some words. */
export function emptyRoutes(room: FilesRoom): Route[] {
  const { trash, urls } = room

  async function ask(c: RouteContext, q: string, isMore = false): Promise<Response> {
    return sendPage(c, emptyPage(room, c, await askToEmpty(room, c, { q }), { q, isMore }))
  }

  return [
    {
      method: 'GET',
      path: EMPTY_PATH,
      json: true,
      need: mayDeleteAny(room),
      api: TRASH_API.emptyPage,
      async handler(c) {
        const q = c.req.query('q')?.trim() ?? ''
        if (c.var.format === 'html') return await ask(c, q)
        const { shares: _, lookedUp, ...question } = await askToEmpty(room, c, { q })
        return c.json({ ok: true, ...question, looked_up: lookedUp })
      },
    },
    {
      method: 'POST',
      path: EMPTY_PATH,
      need: mayDeleteAny(room),
      api: TRASH_API.empty,
      async handler(c) {
        const sent = await readFields(c)
        const q = textOf(sent, 'q').trim()
        const told = readTold(textOf(sent, 'state'))
        const isForm = c.var.format === 'html'
        if (told === undefined) {
          if (isForm) return await ask(c, q)
          throw new HoldallError('bad_request', {
            reason: `state is missing. GET ${urls.path(EMPTY_PATH)}.json says it.`,
          })
        }
        const { now } = await emptiable(room, c)
        if (await isMoreThanTold(room, now, q, told)) {
          if (isForm) return await ask(c, q, true)
          throw new HoldallError('trash_changed')
        }
        const hidden = sent.hidden === true || sent.hidden === 'yes'
        const by = c.var.actor?.id ?? null
        const files = await trash.emptying.begin({ scope: now, q, upTo: told.upTo, hidden, by })
        trash.sweep()
        if (!isForm) return c.json({ ok: true, files })
        const said =
          files === 0
            ? 'Nothing was left to delete'
            : `${formatCount(files, 'file')} ${files === 1 ? 'is' : 'are'} being deleted for good`
        return goBack(room, c, urls.path('/-/files/trash'), said)
      },
    },
  ]
}
