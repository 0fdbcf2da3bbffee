import { type Insertable, type Selectable, sql, type Transaction } from 'kysely'
import { ulid } from 'ulid'
import type { InternalDatabase } from '../../database/internal.ts'
import type { FileTable, FileWorkTable, Schema } from '../../database/schema.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'
import { HoldallError } from '../../web/error.ts'
import { FILE_ID } from '../record.ts'
import { PURGE_LEASE_MS } from './limits.ts'
import { keptRow, type TrashedFile, type TrashRow, toTrashed } from './record.ts'

export interface TrashStoreOptions {
  readonly database: InternalDatabase
  /** Told each write before it is made; a test ends the process there. */
  readonly before: BeforeIo
  readonly now: () => number
}

/** A file whose bytes this process removes, for as long as the lease lasts. */
export interface Claim {
  readonly file: TrashedFile
  /** Whether another file has the path too, so that the bytes are not its own to remove. */
  readonly shared: boolean
}

export type TrashStore = ReturnType<typeof createTrashStore>

/** The rows of the trash. Each change is one short transaction, all of it or nothing. */
export function createTrashStore({ database, before, now }: TrashStoreOptions) {
  function write<Result>(name: string, work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    before(`database: ${name}`)
    return database.write(work)
  }

  const time = (offset = 0) => new Date(now() + offset).toISOString()

  return {
    /**
     * Takes files out of the registry. What is not in it (any more) is left out.
     *
     * @param keptFor milliseconds until the bytes of a file go; null: they do not go by themselves
     */
    async move(
      ids: readonly string[],
      by: string | null,
      keptFor: (file: Selectable<FileTable>) => number | null,
    ): Promise<{ batch: string; moved: string[] }> {
      const batch = ulid(now()).toLowerCase()
      const wanted = JSON.stringify(ids)
      const at = now()
      const moved = await write('move to trash', async (trx) => {
        const { rows } = await sql<Selectable<FileTable>>`SELECT * FROM datasette_files
          WHERE id IN (SELECT value FROM json_each(${wanted}))`.execute(trx)
        if (rows.length === 0) return []
        const work = await takeWork(trx, wanted)
        const entered = await nextEntry(trx)
        for (const row of rows) {
          const kept = keptFor(row)
          await trx
            .insertInto('datasette_files_trash')
            .values({
              id: row.id,
              source_id: row.source_id,
              path: row.path,
              filename: row.filename,
              size: row.size,
              content_hash: row.content_hash,
              uploaded_by: row.uploaded_by,
              trashed_at: new Date(at).toISOString(),
              trashed_by: by,
              batch,
              purge_after: kept === null ? null : new Date(at + kept).toISOString(),
              lease_process: null,
              lease_until: null,
              record: JSON.stringify(row),
              work: JSON.stringify(work.get(row.id) ?? []),
              entered,
            })
            .execute()
        }
        await sql`DELETE FROM datasette_files WHERE id IN (SELECT value FROM json_each(${wanted}))`.execute(trx)
        return rows.map(({ id }) => id)
      })
      return { batch, moved }
    },

    /**
     * Puts files back exactly as they were. What is not in the trash is left out.
     *
     * @throws HoldallError `restore_path_taken` when another file has come to the place of one of them; then none is
     */
    async restore(ids: readonly string[]): Promise<string[]> {
      const wanted = JSON.stringify(ids)
      return await write('restore from trash', async (trx) => {
        const { rows } = await sql<TrashRow>`SELECT t.*, s.slug AS source_slug FROM datasette_files_trash AS t
          JOIN datasette_files_sources AS s ON s.id = t.source_id
          WHERE t.id IN (SELECT value FROM json_each(${wanted})) AND t.purging = 0`.execute(trx)
        for (const row of rows) await putBack(trx, row)
        await sql`DELETE FROM datasette_files_trash
          WHERE id IN (SELECT value FROM json_each(${wanted})) AND purging = 0`.execute(trx)
        return rows.map(({ id }) => id)
      })
    },

    /**
     * From now on nobody can restore these. Only what may still be restored is taken.
     *
     * @param upTo nothing that entered the trash after this
     * @returns the ids that were
     */
    async condemn(ids: readonly string[], upTo: number = Number.MAX_SAFE_INTEGER): Promise<string[]> {
      const { rows } = await write('condemn', (trx) =>
        sql<{ id: string }>`UPDATE datasette_files_trash SET purging = 1
          WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND purging = 0 AND entered <= ${upTo}
          RETURNING id`.execute(trx),
      )
      return rows.map(({ id }) => id)
    },

    /** The next files whose bytes are to go, of those behind the last one. */
    async due(after: string, limit: number): Promise<{ id: string; sourceId: number }[]> {
      // Two short walks of two indexes, instead of one through the whole trash.
      const { rows } = await sql<{ id: string; source_id: number }>`SELECT id, source_id FROM (
          SELECT id, source_id FROM datasette_files_trash WHERE purging = 1
          UNION SELECT id, source_id FROM datasette_files_trash INDEXED BY datasette_files_trash_due
            WHERE purge_after <= ${time()})
        WHERE +id > ${after} ORDER BY id LIMIT ${limit}`.execute(database.read)
      return rows.map(({ id, source_id }) => ({ id, sourceId: source_id }))
    },

    async countDue(): Promise<{ files: number; bytes: number }> {
      const { rows } = await sql<{ files: number; bytes: number }>`SELECT count(*) AS files,
        coalesce(sum(size), 0) AS bytes FROM datasette_files_trash
        WHERE purging = 1 OR purge_after <= ${time()}`.execute(database.read)
      return rows[0] ?? { files: 0, bytes: 0 }
    },

    /** Takes a file whose bytes are to go, unless somebody else has it. From now on nobody can restore it. */
    async claim(id: string): Promise<Claim | undefined> {
      return await write('claim purge', async (trx) => {
        const { rows } = await sql<TrashRow>`SELECT t.*, s.slug AS source_slug FROM datasette_files_trash AS t
          JOIN datasette_files_sources AS s ON s.id = t.source_id
          WHERE t.id = ${id} AND (t.purging = 1 OR t.purge_after <= ${time()})`.execute(trx)
        const [row] = rows
        if (row === undefined || isHeld(row)) return undefined
        await trx
          .updateTable('datasette_files_trash')
          .set({ purging: 1, lease_process: THIS_PROCESS, lease_until: time(PURGE_LEASE_MS) })
          .where('id', '=', id)
          .execute()
        return { file: toTrashed(row), shared: await isShared(trx, row) }
      })
    },

    /** The storage cannot give up these bytes: the file stays, and can be restored. */
    async keep(id: string): Promise<void> {
      await write('keep in trash', (trx) =>
        trx
          .updateTable('datasette_files_trash')
          .set({ purging: 0, purge_after: null, lease_process: null, lease_until: null })
          .where('id', '=', id)
          .execute(),
      )
    },

    /** Gives a file back whose bytes could not be removed now. */
    async release(id: string): Promise<void> {
      await write('release purge', (trx) =>
        trx
          .updateTable('datasette_files_trash')
          .set({ lease_process: null, lease_until: null })
          .where('id', '=', id)
          .where('lease_process', '=', THIS_PROCESS)
          .execute(),
      )
    },

    /** The bytes are gone: so goes everything that was known of them. */
    async forget(id: string): Promise<void> {
      await write('forget purged', async (trx) => {
        await trx.deleteFrom('datasette_files_trash').where('id', '=', id).where('purging', '=', 1).execute()
        await trx.deleteFrom('datasette_files_history').where('file_id', '=', id).execute()
        await trx.deleteFrom('datasette_files_moves').where('file_id', '=', id).execute()
        await trx.deleteFrom('datasette_files_text').where('file_id', '=', id).execute()
        await trx.deleteFrom('datasette_files_work').where('file_id', '=', id).execute()
      })
    },

    /** Those of the ids that are in the trash and can be restored. */
    async byIds(ids: Iterable<string>): Promise<Map<string, TrashedFile>> {
      const wanted = [...new Set(ids)].filter((id) => FILE_ID.test(id))
      if (wanted.length === 0) return new Map()
      const { rows } =
        await sql<TrashRow>`SELECT t.*, s.slug AS source_slug FROM json_each(${JSON.stringify(wanted)}) AS wanted
        CROSS JOIN datasette_files_trash AS t ON t.id = wanted.value AND t.purging = 0
        CROSS JOIN datasette_files_sources AS s ON s.id = t.source_id`.execute(database.read)
      return new Map(rows.map((row) => [row.id, toTrashed(row)]))
    },

    /** The ids that one request deleted, as far as they are still in the trash. */
    async inBatch(batch: string, limit: number): Promise<string[]> {
      const rows = await database.read
        .selectFrom('datasette_files_trash')
        .select('id')
        .where('batch', '=', batch)
        .where('purging', '=', 0)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(({ id }) => id)
    },
  }

  function isHeld({ lease_process, lease_until }: TrashRow): boolean {
    if (lease_process === null || lease_until === null || lease_until <= time()) return false
    return isAlive(lease_process) !== false
  }
}

/** Writers come one after the other, so that what has a higher number was not there before. */
async function nextEntry(trx: Transaction<Schema>): Promise<number> {
  const { last } = await trx
    .updateTable('datasette_files_trash_entries')
    .set(({ eb }) => ({ last: eb('last', '+', 1) }))
    .returning('last')
    .executeTakeFirstOrThrow()
  return last
}

/** What was still to be read from the bytes of files that go: it waits with them. */
async function takeWork(trx: Transaction<Schema>, ids: string): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ file_id: string; kind: string }>`DELETE FROM datasette_files_work
    WHERE file_id IN (SELECT value FROM json_each(${ids})) RETURNING file_id, kind`.execute(trx)
  const work = new Map<string, string[]>()
  for (const { file_id, kind } of rows) work.set(file_id, [...(work.get(file_id) ?? []), kind])
  return work
}

async function putBack(trx: Transaction<Schema>, row: TrashRow): Promise<void> {
  const { seq, ...rest } = keptRow(row)
  const taken = await trx
    .selectFrom('datasette_files')
    .select('id')
    .where('source_id', '=', row.source_id)
    .where('path', '=', row.path)
    .executeTakeFirst()
  if (taken !== undefined) throw new HoldallError('restore_path_taken', { filename: row.filename, id: taken.id })
  const other = await trx.selectFrom('datasette_files').select('id').where('seq', '=', seq).executeTakeFirst()
  const values: Insertable<FileTable> = other === undefined ? { seq, ...rest } : rest
  await trx.insertInto('datasette_files').values(values).execute()
  for (const kind of JSON.parse(row.work) as FileWorkTable['kind'][]) {
    await trx
      .insertInto('datasette_files_work')
      .values({ file_id: row.id, kind })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

/** Of several deleted files with one path, the last removes the bytes. */
async function isShared(trx: Transaction<Schema>, { id, source_id, path }: TrashRow): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM datasette_files WHERE source_id = ${source_id} AND path = ${path}
    UNION ALL SELECT 1 FROM datasette_files_trash
      WHERE source_id = ${source_id} AND path = ${path} AND id <> ${id} AND (purging = 0 OR id > ${id})
    LIMIT 1`.execute(trx)
  return rows.length > 0
}
