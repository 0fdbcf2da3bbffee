import { readJson } from '../uploads/json.ts'
import { JSON_TYPE } from '../web/api.ts'
import { HoldallError } from '../web/error.ts'
import type { Route, RouteContext } from '../web/route.ts'
import { BATCH_BODY, FILES_API } from './api.ts'
import { FILE_ID } from './record.ts'
import { countRows } from './references.ts'
import { MAX_BATCH } from './registry.ts'
import type { FilesRoom } from './room.ts'

/** What fits into an address that every proxy passes on. */
export const MAX_GET_BATCH = 400

/** GET and POST `/-/files/batch.json`: what is known of many files at once. What the actor may not browse is absent. */
export function batchRoutes({ registry, urls, findManyUses, findDeleted }: FilesRoom): Route[] {
  const shared = {
    path: '/-/files/batch',
    json: 'only',
    need: { kind: 'filtered', because: 'files that the actor may not browse are absent' },
  } as const

  async function answer(c: RouteContext, ids: readonly string[]): Promise<Response> {
    const members = await registry.summaries(c.var.actor, ids, urls)
    const [wantsUses, wantsDeleted] = ['uses', 'deleted'].map((name) => c.req.query(name) === 'on')
    const there = wantsUses || wantsDeleted ? Object.keys(JSON.parse(`{${members}}`)) : []
    const uses = wantsUses ? `,"uses":${JSON.stringify(await usesOf(c, there))}` : ''
    const deleted = wantsDeleted ? `,"deleted":${JSON.stringify(await deletedOf(c, ids, there))}` : ''
    return c.body(`{"ok":true,"files":{${members}}${uses}${deleted}}`, 200, { 'Content-Type': JSON_TYPE })
  }

  /** Only of files that the actor may browse: of others not even that rows hold them. */
  async function usesOf(
    c: RouteContext,
    there: readonly string[],
  ): Promise<Record<string, { rows: number; label: string }>> {
    const { seen } = await findManyUses(c.var.actor, there)
    return Object.fromEntries(
      [...seen].flatMap(([id, uses]) => {
        const [first] = uses
        return first === undefined ? [] : [[id, { rows: countRows(uses), label: first.label }]]
      }),
    )
  }

  /** What cells say of those that are not there; an id that is left out tells nothing. */
  async function deletedOf(c: RouteContext, ids: readonly string[], there: readonly string[]) {
    const missing = new Set(ids.filter((id) => FILE_ID.test(id))).difference(new Set(there))
    return Object.fromEntries(await findDeleted(c.var.actor, [...missing]))
  }

  return [
    {
      ...shared,
      method: 'GET',
      api: FILES_API.batchByGet,
      handler: (c) => answer(c, limited(c.req.queries('id') ?? [], MAX_GET_BATCH, ' Send more with POST.')),
    },
    {
      ...shared,
      method: 'POST',
      api: FILES_API.batchByPost,
      async handler(c) {
        const { ids } = await readJson(c, BATCH_BODY)
        return answer(c, limited(ids, MAX_BATCH, ''))
      },
    },
  ]
}

function limited(ids: readonly string[], most: number, otherwise: string): readonly string[] {
  if (ids.length <= most) return ids
  throw new HoldallError('bad_request', { reason: `At most ${most} ids at once, not ${ids.length}.${otherwise}` })
}
