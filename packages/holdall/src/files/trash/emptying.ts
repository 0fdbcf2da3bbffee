import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { MAX_COUNT } from '../list.ts'
import { nameHas, type Scope } from './list.ts'
import type { TrashStore } from './store.ts'

/** What of the trash is asked about. */
export interface Chosen {
  readonly scope: Scope
  /** Words that the name has; empty for all. */
  readonly q: string
  /** Nothing that entered the trash after this; without it, all that is there now. */
  readonly upTo?: number | undefined
}

/** What of the trash shall go. */
export interface ToEmpty extends Chosen {
  readonly upTo: number
  /** Also what would not go by itself: its bytes were there before us. */
  readonly hidden: boolean
  readonly by: string | null
}

/** So much of one source, of what goes by itself or of what is only hidden. */
export interface Share {
  readonly sourceId: number
  readonly hidden: boolean
  readonly files: number
  readonly bytes: number
}

export interface Amounts {
  readonly shares: readonly Share[]
  /** What is asked for with this is none that came later. */
  readonly upTo: number
}

export interface Emptying {
  /** How much there is of it. */
  amounts(chosen: Chosen): Promise<Amounts>
  /** The ids of what was deleted last, `MAX_COUNT` at most, to see which of them rows hold. */
  newest(chosen: Chosen): Promise<{ readonly gone: readonly string[]; readonly hidden: readonly string[] }>
  /**
   * Marks all of it, so that nobody can restore it; its bytes go as those of what is due. Once it is written down that
   * this was asked for, it is done to the end, whatever becomes of this process.
   *
   * @returns how many files
   */
  begin(what: ToEmpty): Promise<number>
  /** Marks what was asked for and could not be marked to the end. */
  resume(signal?: AbortSignal): Promise<void>
  /** How many files of these are marked and have not gone yet; one more than `MAX_COUNT` means more than that. */
  countGoing(scope: Scope): Promise<number>
}

export interface EmptyingOptions {
  readonly database: InternalDatabase
  readonly store: Pick<TrashStore, 'condemn'>
  readonly before: BeforeIo
  /** Files that one transaction marks. */
  readonly batch: number
}

/** All that is in the trash, as one: it is read by a thread of its own and marked in short transactions. */
export function createEmptying({ database, store, before, batch }: EmptyingOptions): Emptying {
  async function read<Row>(query: RawBuilder<Row>): Promise<readonly Row[]> {
    return await database.readInBulk<Row>(query.compile(database.read))
  }

  async function carryOut(id: number, what: ToEmpty, signal?: AbortSignal): Promise<number> {
    let files = 0
    for (let after: string | undefined = ''; after !== undefined; ) {
      if (signal?.aborted) return files
      const ids: readonly string[] = await next(what, after)
      if (ids.length > 0) files += (await store.condemn(ids, what.upTo)).length
      after = ids.length < batch ? undefined : ids.at(-1)
    }
    before('database: emptied trash')
    await database.write((trx) => trx.deleteFrom('datasette_files_emptyings').where('id', '=', id).execute())
    return files
  }

  /** By their ids, so that the whole trash is walked through once, however many pages that are. */
  async function next({ scope, q, upTo, hidden }: ToEmpty, after: string): Promise<readonly string[]> {
    const { all, actorId, mine } = bound(scope)
    const [row] = await read(sql<{ ids: string }>`SELECT json_group_array(id) AS ids FROM (
      SELECT t.id FROM datasette_files_trash AS t WHERE t.id > ${after}
        AND (+t.source_id IN (SELECT value FROM json_each(${all}))
          OR +t.uploaded_by = ${actorId} AND +t.source_id IN (SELECT value FROM json_each(${mine})))
        AND +t.purging = 0 AND t.entered <= ${upTo} AND (${hidden ? 1 : 0} OR +t.purge_after IS NOT NULL) AND ${nameHas(q)}
      ORDER BY t.id LIMIT ${batch})`)
    return JSON.parse(row?.ids ?? '[]')
  }

  return {
    async amounts(chosen) {
      const rows = await read(sql<{ source_id: number; hidden: number; files: number; bytes: number }>`
        SELECT source_id, purge_after IS NULL AS hidden, count(*) AS files, coalesce(sum(size), 0) AS bytes
        FROM (${those(chosen)}) GROUP BY 1, 2
        UNION ALL SELECT 0, 0, last, 0 FROM datasette_files_trash_entries`)
      const shares = rows.filter(({ source_id }) => source_id !== 0)
      const last = rows.find(({ source_id }) => source_id === 0)?.files ?? 0
      return {
        shares: shares.map(({ source_id, hidden, ...share }) => ({
          ...share,
          sourceId: source_id,
          hidden: hidden === 1,
        })),
        upTo: chosen.upTo ?? last,
      }
    },

    async newest(chosen) {
      const [row] = await read(sql<{ gone: string; hidden: string }>`
        SELECT json_group_array(id) FILTER (WHERE purge_after IS NOT NULL) AS gone,
          json_group_array(id) FILTER (WHERE purge_after IS NULL) AS hidden
        FROM (SELECT id, purge_after FROM (${those(chosen)}) ORDER BY trashed_at DESC, id DESC LIMIT ${MAX_COUNT})`)
      return { gone: JSON.parse(row?.gone ?? '[]'), hidden: JSON.parse(row?.hidden ?? '[]') }
    },

    async begin(what) {
      const { scope, q, upTo, hidden, by } = what
      before('database: empty trash')
      const { id } = await database.write((trx) =>
        trx
          .insertInto('datasette_files_emptyings')
          .values({ scope: JSON.stringify(scope), q, up_to: upTo, hidden: hidden ? 1 : 0, asked_by: by })
          .returning('id')
          .executeTakeFirstOrThrow(),
      )
      return await carryOut(id, what)
    },

    async resume(signal) {
      const left = await database.read.selectFrom('datasette_files_emptyings').selectAll().orderBy('id').execute()
      for (const { id, scope, q, up_to, hidden, asked_by } of left) {
        await carryOut(id, { scope: JSON.parse(scope), q, upTo: up_to, hidden: hidden === 1, by: asked_by }, signal)
      }
    },

    async countGoing(scope) {
      const { all, actorId, mine } = bound(scope)
      const { rows } = await sql<{ files: number }>`SELECT count(*) AS files FROM (
        SELECT 1 FROM datasette_files_trash AS t WHERE t.purging = 1
          AND (+t.source_id IN (SELECT value FROM json_each(${all}))
            OR +t.uploaded_by = ${actorId} AND +t.source_id IN (SELECT value FROM json_each(${mine})))
        LIMIT ${MAX_COUNT + 1})`.execute(database.read)
      return rows[0]?.files ?? 0
    },
  }
}

function bound({ sources, own }: Scope) {
  return {
    all: JSON.stringify(sources),
    actorId: own?.actorId ?? null,
    mine: JSON.stringify(own?.sources ?? []),
  }
}

function those({ scope, q, upTo = Number.MAX_SAFE_INTEGER }: Chosen): RawBuilder<unknown> {
  const { all, actorId, mine } = bound(scope)
  const those = sql`t.purging = 0 AND t.entered <= ${upTo} AND ${nameHas(q)}`
  const facts = sql`SELECT t.id, t.source_id, t.size, t.purge_after, t.trashed_at FROM datasette_files_trash AS t`
  return sql`${facts} WHERE t.source_id IN (SELECT value FROM json_each(${all})) AND ${those}
    UNION ALL ${facts} WHERE t.uploaded_by = ${actorId}
      AND t.source_id IN (SELECT value FROM json_each(${mine})) AND ${those}`
}
