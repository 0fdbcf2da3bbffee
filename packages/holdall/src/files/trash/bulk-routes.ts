import { safeReturnPath } from '../../access/return-path.ts'
import { HoldallError } from '../../web/error.ts'
import type { Route, RouteContext } from '../../web/route.ts'
import type { FileRecord } from '../record.ts'
import type { ManyUses } from '../references.ts'
import { type FilesRoom, sendPage } from '../room.ts'
import { TRASH_API } from './api.ts'
import { type Asked, isNothingChosen, readAsked } from './asked.ts'
import { goBack, undoOf } from './back.ts'
import { isReadOnly, keepsBytes } from './kept.ts'
import { MAX_IDS } from './limits.ts'
import { purgePage } from './purge-page.ts'
import { findDeletable } from './rights.ts'
import { usesWords, usingRows } from './uses.ts'
import { usesPage } from './uses-page.ts'
import { deletedWords, filesInWords, stayingWords } from './words.ts'

/**
 * Deleting, restoring and purging many files: all of them or, when one is refused, none. What is where it shall be
 * already counts as done.
 */
export function bulkRoutes(room: FilesRoom): Route[] {
  const { trash, urls } = room
  const need = { kind: 'filtered', because: 'each file is asked for by itself, and one refusal refuses all' } as const

  function backTo({ back }: Asked, otherwise: string): string {
    return back === '' ? otherwise : safeReturnPath(back, urls)
  }

  function askFirst(c: RouteContext, files: readonly FileRecord[], uses: ManyUses, asked: Asked): Promise<Response> {
    return sendPage(c, usesPage(room, c, { files, uses, back: backTo(asked, urls.source(files[0]?.sourceSlug ?? '')) }))
  }

  return [
    {
      method: 'POST',
      path: '/-/files/-/uses',
      need,
      api: TRASH_API.uses,
      handler: (c) =>
        sayingEach(room, c, async () => {
          const asked = await readAsked(c)
          const { live } = await findDeletable(room, c.var.actor, asked.ids)
          const uses = await room.findManyUses(c.var.actor, [...live.keys()])
          if (c.var.format === 'html') return askFirst(c, [...live.values()], uses, asked)
          return c.json({
            ok: true,
            says: usesWords(uses, live.size),
            rows: usingRows(uses),
            hidden: [...uses.hidden],
            truncated: uses.truncated,
          })
        }),
    },
    {
      method: 'POST',
      path: '/-/files/-/delete',
      need,
      api: TRASH_API.removeMany,
      handler: (c) =>
        sayingEach(room, c, async () => {
          const asked = await readAsked(c)
          const { live, trashed } = await findDeletable(room, c.var.actor, asked.ids)
          const uses = c.var.format === 'html' ? await room.findManyUses(c.var.actor, [...live.keys()]) : undefined
          if (uses !== undefined && !asked.confirmed && usesWords(uses, live.size) !== null) {
            return askFirst(c, [...live.values()], uses, asked)
          }
          const { batch, moved } = await trash.move([...live.keys()], c.var.actor?.id ?? null)
          if (c.var.format === 'json') {
            const all = [...live.values(), ...trashed.values()]
            const hidden = all.filter((file) => keepsBytes(room.sources, file)).map(({ id }) => id)
            return c.json({ ok: true, trashed: asked.ids, hidden, batch: moved.length > 0 ? batch : null })
          }
          const files = live.size > 0 ? [...live.values()] : [...trashed.values()]
          const back = backTo(asked, urls.source(files[0]?.sourceSlug ?? ''))
          const text = deletedWords(room.sources, files, uses === undefined ? '' : usedSince(uses, files))
          return goBack(room, c, back, undoOf(room, text, moved.length > 0 ? batch : '', back))
        }),
    },
    {
      method: 'POST',
      path: '/-/files/-/restore',
      need,
      api: TRASH_API.restoreMany,
      handler: (c) =>
        sayingEach(room, c, async () => {
          const asked = await readAsked(c)
          const ids = asked.ids.length > 0 ? asked.ids : await trash.inBatch(asked.batch, MAX_IDS)
          if (ids.length === 0) throw new HoldallError('undo_too_late')
          const { live, trashed } = await findDeletable(room, c.var.actor, ids)
          await trash.restore([...trashed.keys()])
          if (c.var.format === 'json') return c.json({ ok: true, restored: ids })
          const files = trashed.size > 0 ? [...trashed.values()] : [...live.values()]
          return goBack(room, c, backTo(asked, urls.path('/-/files/trash')), `${filesInWords(files)} restored`)
        }),
    },
    {
      method: 'POST',
      path: '/-/files/-/purge',
      need,
      api: TRASH_API.purgeMany,
      handler: (c) =>
        sayingEach(room, c, async () => {
          const asked = await readAsked(c)
          const { live, trashed } = await findDeletable(room, c.var.actor, asked.ids)
          const [used] = live.values()
          if (used !== undefined) throw new HoldallError('not_in_trash', { filename: used.filename })
          const all = [...trashed.values()]
          // Whoever ticked a whole page wants what can be; a program is told that not all of it can.
          const files =
            c.var.format === 'json' ? all : all.filter(({ sourceId }) => !isReadOnly(room.sources, sourceId))
          const left = all.length - files.length
          if (files.length === 0 && left > 0) return goBack(room, c, urls.path('/-/files/trash'), stayingWords(all))
          if (c.var.format === 'html' && !asked.confirmed) return sendPage(c, purgePage(room, c, files, left))
          await trash.purge(files)
          if (c.var.format === 'json') return c.json({ ok: true, purged: files.map(({ id }) => id) })
          return goBack(room, c, urls.path('/-/files/trash'), `${filesInWords(files)} deleted for good`)
        }),
    },
  ]
}

/** Said again beside Undo: what a row shows has changed now. */
function usedSince({ seen, hidden }: ManyUses, files: readonly FileRecord[]): string {
  const used = new Set([...seen.keys(), ...hidden]).size
  if (used === 0) return ''
  if (used === files.length) return files.length === 1 ? '; a row uses it' : '; rows use all of them'
  return `; rows use ${used} of them`
}

/** Programs are told of each file that was refused, people what to do when they chose none. */
async function sayingEach(room: FilesRoom, c: RouteContext, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work()
  } catch (error) {
    if (isNothingChosen(error) && c.var.format === 'html') {
      const back = safeReturnPath(error.values.back, room.urls)
      return goBack(room, c, back, 'No file was selected. Tick at least one, then press the button again.')
    }
    if (!(error instanceof HoldallError) || !Array.isArray(error.values.refused) || c.var.format === 'html') throw error
    const refused = error.values.refused as readonly { id: string; code: string; error: string }[]
    const byId = Object.fromEntries(refused.map(({ id, ...why }) => [id, why]))
    return c.json({ ...error.toBody(), errors_by_id: byId }, error.status as 400, { ...error.headers })
  }
}
