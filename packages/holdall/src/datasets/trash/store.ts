import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import type { BeforeIo } from '../../sources/filesystem/io.ts'
import { datasetFolder } from '../../sources/paths.ts'
import { isAlive, THIS_PROCESS } from '../../sources/process.ts'
import { LEASE_MS, MAX_RETRY_MS, REMEMBERED_MS, RETENTION_MS, RETRY_MS } from './limits.ts'

export interface RemovalStoreOptions {
  readonly database: InternalDatabase
  /** Told each write before it is made; a test ends the process there. */
  readonly before: BeforeIo
  readonly now: () => number
}

/** An object that is to be removed. */
export interface Removal {
  readonly sourceId: number
  readonly path: string
  readonly datasetId: string
  /** Bytes. */
  readonly sizeBytes: number
}

/** Of a dataset `d` of a collection `c`, as `datasetFolder` makes it. */
const [ROOT = '', BETWEEN = '', END = ''] = datasetFolder('*', '*').split('*')
const FOLDER = sql`(${ROOT} || c.organization_id || ${BETWEEN} || d.id || ${END})`

/**
 * What of a dataset's files is the dataset's own: it lies below its folder. A file that a source had before, of which
 * somebody made a dataset, is not, and stays.
 */
const OWN = sql`EXISTS (SELECT 1 FROM datasets AS d JOIN collections AS c ON c.seq = d.collection
  WHERE d.id = f.dataset_id AND substr(f.path, 1, length(${FOLDER})) = ${FOLDER})`

/** A version from which files were taken out shares the others with the one that came of it. */
const IN_PRESENT_VERSION = sql`EXISTS (SELECT 1 FROM dataset_files AS p JOIN datasets AS d
  ON d.id = p.dataset_id AND d.version = p.version
  WHERE p.dataset_id = f.dataset_id AND p.source_id = f.source_id AND p.path = f.path)`

/**
 * Lists the objects of a version that is no longer the present one for removal, from a time on; its files' rows go with
 * them. In the transaction that makes another the present one, and after that: what both are made of stays.
 *
 * @param dueAt ISO 8601
 */
export async function removeVersionLater(
  trx: Transaction<Schema>,
  { datasetId, version, dueAt }: { readonly datasetId: string; readonly version: number; readonly dueAt: string },
): Promise<void> {
  await sql`INSERT INTO dataset_removals (source_id, path, dataset_id, size_bytes, due_at)
    SELECT f.source_id, f.path, f.dataset_id, f.size_bytes, ${dueAt} FROM dataset_files AS f
    WHERE f.dataset_id = ${datasetId} AND f.version = ${version} AND ${OWN} AND NOT ${IN_PRESENT_VERSION}
    ON CONFLICT DO NOTHING`.execute(trx)
}

/** The rows of what is to be removed. Each change is one short transaction, all of it or nothing. */
export function createRemovalStore({ database, before, now }: RemovalStoreOptions) {
  function write<Result>(name: string, work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    before(`database: ${name}`)
    return database.write(work)
  }

  const time = (offset = 0) => new Date(now() + offset).toISOString()

  /** A dataset is gone when nothing of it is left to remove. */
  async function endOf(trx: Transaction<Schema>, datasetId: string): Promise<void> {
    const { numUpdatedRows } = await trx
      .updateTable('datasets')
      .set({ deleted_at: time(), updated_at: time() })
      .where('id', '=', datasetId)
      .where('purging_at', 'is not', null)
      .where('deleted_at', 'is', null)
      .where(sql<boolean>`NOT EXISTS (SELECT 1 FROM dataset_removals WHERE dataset_id = ${datasetId})`)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return
    await trx.deleteFrom('dataset_files').where('dataset_id', '=', datasetId).execute()
    await trx.deleteFrom('dataset_changes').where('dataset_id', '=', datasetId).execute()
    // What is remembered is that it was, and its shape: nothing of what stood in it.
    await trx.deleteFrom('dataset_statistics').where('dataset_id', '=', datasetId).execute()
    await sql`UPDATE datasets SET columns = (
        SELECT json_group_array(json_set(c.value, '$.min', NULL, '$.max', NULL)) FROM json_each(columns) AS c)
      WHERE id = ${datasetId}`.execute(trx)
  }

  return {
    /** The sources that hold what is these datasets' own. */
    async sourcesOf(datasetIds: readonly string[]): Promise<number[]> {
      const { rows } = await sql<{ source_id: number }>`SELECT DISTINCT f.source_id FROM dataset_files AS f
        WHERE f.dataset_id IN (SELECT value FROM json_each(${JSON.stringify(datasetIds)})) AND ${OWN}`.execute(
        database.read,
      )
      return rows.map(({ source_id }) => source_id)
    },

    /**
     * From now on nobody can restore these. Of what is listed only what is in the trash is taken.
     *
     * @returns the ids that were
     */
    async condemn(datasetIds: readonly string[]): Promise<string[]> {
      return await write('condemn dataset', async (trx) => {
        const { rows } = await sql<{ id: string }>`UPDATE datasets SET purging_at = ${time()}, updated_at = ${time()}
          WHERE id IN (SELECT value FROM json_each(${JSON.stringify(datasetIds)}))
            AND deletion_requested_at IS NOT NULL AND purging_at IS NULL AND deleted_at IS NULL
          RETURNING id`.execute(trx)
        for (const { id } of rows) {
          await sql`INSERT INTO dataset_removals (source_id, path, dataset_id, size_bytes, due_at)
            SELECT f.source_id, f.path, f.dataset_id, f.size_bytes, ${time()} FROM dataset_files AS f
            WHERE f.dataset_id = ${id} AND ${OWN}
            ON CONFLICT DO UPDATE SET due_at = excluded.due_at`.execute(trx)
          await endOf(trx, id)
        }
        return rows.map(({ id }) => id)
      })
    },

    /** Datasets whose time in the trash is over, of those behind the last one. */
    async expired(after: number, limit: number): Promise<{ seq: number; id: string }[]> {
      return await database.read
        .selectFrom('datasets')
        .select(['seq', 'id'])
        .where('deletion_requested_at', '<=', time(-RETENTION_MS))
        .where('deleted_at', 'is', null)
        .where('purging_at', 'is', null)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute()
    },

    /** The next objects to remove, of those behind the last one. */
    async due(after: Pick<Removal, 'sourceId' | 'path'> | undefined, limit: number): Promise<Removal[]> {
      const { sourceId = 0, path = '' } = after ?? {}
      const { rows } = await sql<{ source_id: number; path: string; dataset_id: string; size_bytes: number }>`
        SELECT source_id, path, dataset_id, size_bytes FROM dataset_removals
        WHERE due_at <= ${time()} AND (source_id, path) > (${sourceId}, ${path})
        ORDER BY source_id, path LIMIT ${limit}`.execute(database.read)
      return rows.map((row) => ({
        sourceId: row.source_id,
        path: row.path,
        datasetId: row.dataset_id,
        sizeBytes: row.size_bytes,
      }))
    },

    /** What is due, with what is about to be. */
    async countDue(): Promise<{ datasets: number; objects: number; bytes: number }> {
      const { rows } = await sql<{ objects: number; bytes: number }>`
        SELECT count(*) AS objects, coalesce(sum(size_bytes), 0) AS bytes FROM (
          SELECT source_id, path, size_bytes FROM dataset_removals WHERE due_at <= ${time()}
          UNION SELECT f.source_id, f.path, f.size_bytes FROM dataset_files AS f WHERE ${OWN} AND f.dataset_id IN (
            SELECT id FROM datasets WHERE deletion_requested_at <= ${time(-RETENTION_MS)}
              AND deleted_at IS NULL AND purging_at IS NULL))`.execute(database.read)
      const { count } = await database.read
        .selectFrom('datasets')
        .select((select) => select.fn.countAll<number>().as('count'))
        .where('deletion_requested_at', '<=', time(-RETENTION_MS))
        .where('deleted_at', 'is', null)
        .where('purging_at', 'is', null)
        .executeTakeFirstOrThrow()
      return { datasets: count, objects: rows[0]?.objects ?? 0, bytes: rows[0]?.bytes ?? 0 }
    },

    /** Takes an object, unless somebody else has it. What a dataset reads now is never given out: its row goes. */
    async claim({ sourceId, path, datasetId }: Removal): Promise<'taken' | 'held' | 'in use'> {
      return await write('claim removal', async (trx) => {
        const row = await trx
          .selectFrom('dataset_removals')
          .select(['lease_process', 'lease_until'])
          .where('source_id', '=', sourceId)
          .where('path', '=', path)
          .where('due_at', '<=', time())
          .executeTakeFirst()
        if (row === undefined || isHeld(row)) return 'held'
        if (await isInUse(trx, sourceId, path)) {
          await trx.deleteFrom('dataset_removals').where('source_id', '=', sourceId).where('path', '=', path).execute()
          await endOf(trx, datasetId)
          return 'in use'
        }
        await trx
          .updateTable('dataset_removals')
          .set({ lease_process: THIS_PROCESS, lease_until: time(LEASE_MS) })
          .where('source_id', '=', sourceId)
          .where('path', '=', path)
          .execute()
        return 'taken'
      })
    },

    /** It could not be removed now. */
    async postpone({ sourceId, path }: Removal): Promise<void> {
      await write('postpone removal', (trx) =>
        sql`UPDATE dataset_removals SET attempts = attempts + 1, lease_process = NULL, lease_until = NULL,
            due_at = strftime('%Y-%m-%dT%H:%M:%fZ', ${time()},
              (min(${RETRY_MS} * (1 << min(attempts, 10)), ${MAX_RETRY_MS}) / 1000.0) || ' seconds')
          WHERE source_id = ${sourceId} AND path = ${path} AND lease_process = ${THIS_PROCESS}`.execute(trx),
      )
    },

    /** The object is gone, and with it what was known of it: a version that lacks one of its objects is none any more. */
    async forget({ sourceId, path, datasetId }: Removal): Promise<void> {
      await write('forget removed', async (trx) => {
        await trx.deleteFrom('dataset_removals').where('source_id', '=', sourceId).where('path', '=', path).execute()
        await sql`DELETE FROM dataset_files WHERE dataset_id = ${datasetId} AND (
            (source_id = ${sourceId} AND path = ${path}) OR version IN (
              SELECT f.version FROM dataset_files AS f JOIN datasets AS d ON d.id = f.dataset_id
              WHERE f.dataset_id = ${datasetId} AND f.source_id = ${sourceId} AND f.path = ${path}
                AND f.version != d.version))`.execute(trx)
        await endOf(trx, datasetId)
      })
    },

    /** Datasets that have been gone for long. */
    async forgetGone(): Promise<void> {
      const past = await database.read
        .selectFrom('datasets')
        .select('id')
        .where('deleted_at', '<=', time(-REMEMBERED_MS))
        .executeTakeFirst()
      if (past === undefined) return
      await write('forget gone datasets', (trx) =>
        trx.deleteFrom('datasets').where('deleted_at', '<=', time(-REMEMBERED_MS)).execute(),
      )
    },
  }

  function isHeld(row: { readonly lease_process: string | null; readonly lease_until: string | null }): boolean {
    if (row.lease_process === null || row.lease_until === null || row.lease_until <= time()) return false
    return row.lease_process !== THIS_PROCESS && isAlive(row.lease_process) !== false
  }
}

/** Whether a dataset that is there reads it, in the trash or not. */
async function isInUse(trx: Transaction<Schema>, sourceId: number, path: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM dataset_files AS f JOIN datasets AS d ON d.id = f.dataset_id
    WHERE f.source_id = ${sourceId} AND f.path = ${path} AND d.purging_at IS NULL AND d.deleted_at IS NULL
      AND f.version = d.version LIMIT 1`.execute(trx)
  return rows.length > 0
}
