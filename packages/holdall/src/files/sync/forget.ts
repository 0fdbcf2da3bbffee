import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { IS_AS_LISTED } from '../moves/find.ts'
import type { FindUsed } from '../references.ts'

/** Files of which the tables are asked, and that go, at once. */
const AT_ONCE = 500

export interface LeftFile {
  readonly id: string
  readonly seq: number
}

/** Takes entries back that a sync has made and that nobody needs. Those of which that cannot be said are in neither set. */
export type Forget = (ids: readonly string[]) => Promise<{
  readonly forgotten: ReadonlySet<string>
  readonly kept: ReadonlySet<string>
}>

/** Where nobody has described, renamed or used a file, and no row holds it, there is nothing to lose by its entry. */
export function createForget(database: InternalDatabase, findUsed: FindUsed, before: BeforeIo = () => {}): Forget {
  return async (ids) => {
    const forgotten = new Set<string>()
    const kept = new Set<string>()
    for (let at = 0; at < ids.length; at += AT_ONCE) {
      const some = ids.slice(at, at + AT_ONCE)
      const { used, truncated } = await findUsed(some)
      if (truncated) break
      const unused = JSON.stringify(some.filter((id) => !used.has(id)))
      before('database: forget files of systems')
      const { rows } = await database.write(async (trx) => {
        const went = await sql<{ id: string }>`DELETE FROM datasette_files WHERE id IN (
          SELECT f.id FROM json_each(${unused}) AS n CROSS JOIN datasette_files AS f ON f.id = n.value
          WHERE ${IS_AS_LISTED}) RETURNING id`.execute(trx)
        const all = JSON.stringify(went.rows.map(({ id }) => id))
        for (const table of ['history', 'text', 'work'] as const) {
          await trx
            .deleteFrom(`datasette_files_${table}`)
            .where('file_id', 'in', sql<string>`(SELECT value FROM json_each(${all}))`)
            .execute()
        }
        return went
      })
      for (const { id } of rows) forgotten.add(id)
      for (const id of some) if (!forgotten.has(id)) kept.add(id)
    }
    return { forgotten, kept }
  }
}
