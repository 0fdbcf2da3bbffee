import type { FindRows } from '../../files/found-rows.ts'
import type { Route } from '../../web/route.ts'
import { FINDING_API } from './api.ts'

/** GET `/-/rows/search.json`: what the page of the search shows beside the files. */
export function findingRoutes(findRows: FindRows): Route[] {
  return [
    {
      method: 'GET',
      path: '/-/rows/search',
      json: 'only',
      need: { kind: 'filtered', because: 'only tables that the actor may see are searched' },
      api: FINDING_API,
      async handler(c) {
        const q = (c.req.query('q') ?? '').trim()
        const search = await findRows(c.var.actor, q)
        const { tables, searched, unsearched } = (await search?.(c.req.raw.signal)) ?? NOTHING_FOUND
        return c.json({
          ok: true,
          q,
          tables: tables.map(({ labelColumn: _, ...table }) => table),
          searched,
          unsearched: unsearched.map(({ rowsSearched, ...table }) => ({ ...table, rows_searched: rowsSearched })),
        })
      },
    },
  ]
}

const NOTHING_FOUND = { tables: [], searched: 0, unsearched: [] }
