import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FileWorkTable, Schema } from '../../database/schema.ts'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'

export type WorkKind = FileWorkTable['kind']

/** Whoever works on a job has it for so long, and renews it meanwhile; what a dead process had is then taken over. */
export const LEASE_MS = 60_000

/** A job that is ours for now. */
export interface Work {
  readonly fileId: string
  readonly kind: WorkKind
  /** This one counted, so that what kills the server is not tried for ever. */
  readonly attempts: number
}

/** Has files read in the background, in the transaction that makes it necessary. What is asked twice is done once more. */
export async function enqueueWork(
  trx: Transaction<Schema>,
  fileIds: Iterable<string>,
  kinds: readonly WorkKind[],
  now = Date.now,
): Promise<void> {
  const ids = JSON.stringify([...fileIds])
  const time = new Date(now()).toISOString()
  for (const kind of kinds) {
    await sql`INSERT INTO datasette_files_work (file_id, kind, attempts, not_before)
      SELECT value, ${kind}, 0, ${time} FROM json_each(${ids}) WHERE true
      ON CONFLICT (file_id, kind) DO UPDATE SET attempts = 0, not_before = excluded.not_before, lease_process = NULL`.execute(
      trx,
    )
  }
}

/** The jobs of the background, as rows: taken by a time in the future, which others respect. */
export function createWorkQueue(database: InternalDatabase, now: () => number) {
  /** What each job that is ours has in its row: a row that says anything else was asked for anew, or taken over. */
  const tokens = new Map<string, string>()

  function time(offset = 0): string {
    return new Date(now() + offset).toISOString()
  }

  async function isDue(db: Kysely<Schema>, kinds: readonly WorkKind[]): Promise<boolean> {
    const { rows } = await sql`SELECT 1 FROM datasette_files_work WHERE not_before <= ${time()}
      AND ${ofKinds(kinds)} LIMIT 1`.execute(db)
    return rows.length > 0
  }

  async function settle(work: Work, change: (trx: Transaction<Schema>, token: string) => Promise<unknown>) {
    const token = tokens.get(keyOf(work))
    tokens.delete(keyOf(work))
    if (token !== undefined) await database.write((trx) => change(trx, token))
  }

  return {
    /** At most `limit` jobs of these kinds that are due, the longest due first. Nobody else gets them for LEASE_MS. */
    async claim(limit: number, wanted: readonly WorkKind[]): Promise<Work[]> {
      // A look that takes no lock: mostly there is nothing to do.
      if (!(await isDue(database.read, wanted))) return []
      const until = time(LEASE_MS)
      const rows = await database.write(async (trx) => {
        const { rows } = await sql<{ file_id: string; kind: WorkKind; attempts: number }>`UPDATE datasette_files_work
          SET attempts = attempts + 1, not_before = ${until}, lease_process = ${THIS_PROCESS}
          WHERE (file_id, kind) IN (SELECT file_id, kind FROM datasette_files_work WHERE not_before <= ${time()}
            AND ${ofKinds(wanted)}
            ORDER BY not_before, file_id, kind LIMIT ${limit})
          RETURNING file_id, kind, attempts`.execute(trx)
        return rows
      })
      const claimed = rows.map(({ file_id, kind, attempts }) => ({ fileId: file_id, kind, attempts }))
      for (const work of claimed) tokens.set(keyOf(work), until)
      return claimed
    },

    /** Has the jobs of processes of this host that are no more done at once. */
    async releaseDead(): Promise<void> {
      const rows = await database.read
        .selectFrom('datasette_files_work')
        .select('lease_process')
        .distinct()
        .where('lease_process', 'is not', null)
        .execute()
      const dead = rows.flatMap(({ lease_process: id }) => (id !== null && isAlive(id) === false ? [id] : []))
      if (dead.length === 0) return
      await database.write((trx) =>
        trx
          .updateTable('datasette_files_work')
          .set({ lease_process: null, not_before: time() })
          .where('lease_process', 'in', dead)
          .execute(),
      )
    },

    /** Keeps what we work on. */
    async renew(works: readonly Work[]): Promise<void> {
      if (works.length === 0) return
      const until = time(LEASE_MS)
      await database.write(async (trx) => {
        for (const work of works) {
          const token = tokens.get(keyOf(work))
          if (token === undefined) continue
          const { numUpdatedRows } = await ours(trx, work, token).set({ not_before: until }).executeTakeFirstOrThrow()
          if (numUpdatedRows === 1n) tokens.set(keyOf(work), until)
        }
      })
    },

    /** The job is done, and with it whatever `also` records. A job that was asked for anew meanwhile stays. */
    async done(work: Work, also?: (trx: Transaction<Schema>) => Promise<void>): Promise<void> {
      await settle(work, async (trx, token) => {
        await also?.(trx)
        await trx
          .deleteFrom('datasette_files_work')
          .where('file_id', '=', work.fileId)
          .where('kind', '=', work.kind)
          .where('not_before', '=', token)
          .execute()
      })
    },

    /** The job is tried again after a while. @param counted whether this attempt was one */
    async later(work: Work, milliseconds: number, counted: boolean): Promise<void> {
      await settle(work, (trx, token) =>
        ours(trx, work, token)
          .set({ not_before: time(milliseconds), lease_process: null, attempts: work.attempts - (counted ? 0 : 1) })
          .execute(),
      )
    },
  }

  function ours(trx: Transaction<Schema>, { fileId, kind }: Work, token: string) {
    return trx
      .updateTable('datasette_files_work')
      .where('file_id', '=', fileId)
      .where('kind', '=', kind)
      .where('not_before', '=', token)
  }
}

/** As the two indexes by time are written, one of them of the pictures that wait to be read whole. */
function ofKinds(kinds: readonly WorkKind[]): RawBuilder<boolean> {
  if (kinds.includes('whole')) return sql<boolean>`kind = 'whole'`
  return sql<boolean>`kind <> 'whole' AND kind IN (SELECT value FROM json_each(${JSON.stringify(kinds)}))`
}

function keyOf({ fileId, kind }: Work): string {
  return `${fileId} ${kind}`
}
