import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { DatasetStatistics, KnownStatistics } from './statistics.ts'

/** A dataset whose statistics are not all there. */
export interface Wanting {
  readonly seq: number
  readonly id: string
  readonly collection: number
  readonly revision: number
}

export interface StatisticsStore {
  /** As the dataset is now: what was computed of an earlier revision is not in it. */
  of(dataset: { readonly id: string; readonly columnCount: number }): Promise<DatasetStatistics>
  /** The next dataset to compute, in the order in which they came. @param after `seq` */
  next(after: number): Promise<Wanting | undefined>
  find(id: string): Promise<Wanting | undefined>
  /** Positions that are there, of this revision. */
  positions(dataset: Wanting): Promise<ReadonlySet<number>>
  save(dataset: Wanting, position: number, statistics: KnownStatistics): Promise<void>
  /** All columns are there: what is older goes. */
  finish(dataset: Wanting): Promise<void>
  /** Forgets what was computed of other files than a dataset has now: other rows were counted. */
  forgetFalse(): Promise<void>
}

export function createStatisticsStore(database: InternalDatabase): StatisticsStore {
  function wanting() {
    return database.read
      .selectFrom('datasets')
      .leftJoin('dataset_statistics_done as done', (join) =>
        join.onRef('done.dataset_id', '=', 'datasets.id').onRef('done.revision', '=', 'datasets.revision'),
      )
      .select(['datasets.seq', 'datasets.id', 'datasets.collection', 'datasets.revision'])
      .where('datasets.deletion_requested_at', 'is', null)
      .where('done.dataset_id', 'is', null)
  }

  return {
    async of({ id, columnCount }) {
      const rows = await database.read
        .selectFrom('dataset_statistics as known')
        .innerJoin('datasets', (join) =>
          join.onRef('datasets.id', '=', 'known.dataset_id').onRef('datasets.revision', '=', 'known.revision'),
        )
        .select(['position', 'statistics'])
        .where('known.dataset_id', '=', id)
        .execute()
      const columns = new Map<number, KnownStatistics>()
      for (const { position, statistics } of rows) {
        columns.set(position, statistics === null ? null : JSON.parse(statistics))
      }
      return { columns, partial: columns.size < columnCount }
    },

    async next(after) {
      return await wanting().where('datasets.seq', '>', after).orderBy('datasets.seq').limit(1).executeTakeFirst()
    },

    async find(id) {
      return await wanting().where('datasets.id', '=', id).executeTakeFirst()
    },

    async positions({ id, revision }) {
      const rows = await database.read
        .selectFrom('dataset_statistics')
        .select('position')
        .where('dataset_id', '=', id)
        .where('revision', '=', revision)
        .execute()
      return new Set(rows.map(({ position }) => position))
    },

    async save({ id, revision }, position, statistics) {
      await database.write(async (trx) => {
        // A dataset may have been deleted for good meanwhile.
        await sql`INSERT OR REPLACE INTO dataset_statistics (dataset_id, revision, position, statistics)
          SELECT id, ${revision}, ${position}, ${statistics === null ? null : JSON.stringify(statistics)}
          FROM datasets WHERE id = ${id}`.execute(trx)
      })
    },

    async finish({ id, revision }) {
      await database.write(async (trx) => {
        await sql`INSERT OR REPLACE INTO dataset_statistics_done (dataset_id, revision)
          SELECT id, ${revision} FROM datasets WHERE id = ${id}`.execute(trx)
        await trx
          .deleteFrom('dataset_statistics')
          .where('dataset_id', '=', id)
          .where('revision', '<', revision)
          .execute()
      })
    },

    async forgetFalse() {
      const counted = sql`(dataset_id, revision) IN (SELECT datasets.id, datasets.revision FROM datasets
        JOIN dataset_statistics AS known ON known.dataset_id = datasets.id AND known.revision = datasets.revision
        WHERE json_extract(known.statistics, '$.rows') <> datasets.row_count)`
      await database.write(async (trx) => {
        await sql`DELETE FROM dataset_statistics_done WHERE ${counted}`.execute(trx)
        await sql`DELETE FROM dataset_statistics WHERE ${counted}`.execute(trx)
      })
    },
  }
}
