import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Collection } from '../collections/rows.ts'
import type {
  Export,
  ExportFormat,
  QueryAnswer,
  QueryEngine,
  QueryParameters,
  QueryTable,
  RowPlaces,
} from '../engine/engine.ts'
import type { Dataset } from '../records.ts'
import type { DatasetObject, LocalFiles, LocalLease } from './local-files.ts'

export interface WhoAsks {
  readonly actorId: string | null
  readonly signal?: AbortSignal
}

export interface Question {
  readonly collection: Pick<Collection, 'seq'>
  /** Of anybody. */
  readonly sql: string
  readonly actorId: string | null
  readonly signal?: AbortSignal
}

/** A statement of Holdall's own about one dataset. @param options.timeoutMs when less than a query may take anyway */
export type AskDataset = (
  sql: string,
  options?: { readonly parameters?: QueryParameters; readonly maxRows?: number; readonly timeoutMs?: number },
) => Promise<QueryAnswer>

/** SQL over the datasets of a collection, each under its `table_name`. */
export interface Asks {
  /** @throws HoldallError as the engine's `query` does, and what reading the sources throws */
  query(question: Question & { readonly maxRows?: number }): Promise<QueryAnswer>
  /** @throws HoldallError as the engine's `export` does, and what reading the sources throws */
  export(question: Question & { readonly format: ExportFormat }): Promise<Export>
  /**
   * Several statements about one dataset as it is recorded, whose files stay here meanwhile.
   *
   * @param places names of two more columns of its table
   * @throws HoldallError as the engine's `query` does, and what reading the sources throws
   */
  about<Result>(
    dataset: Pick<Dataset, 'tableName' | 'files'>,
    places: RowPlaces | undefined,
    who: WhoAsks,
    work: (ask: AskDataset) => Promise<Result>,
  ): Promise<Result>
  /** The same, in the background: for nobody in particular. */
  aboutInBackground<Result>(
    dataset: Pick<Dataset, 'tableName' | 'files'>,
    signal: AbortSignal,
    work: (ask: AskDataset) => Promise<Result>,
  ): Promise<Result>
  /** Whether somebody's query runs now. */
  isAsked(): boolean
  /** One statement about a dataset as a file. @throws HoldallError as the engine's `export` does */
  exportAbout(
    dataset: Pick<Dataset, 'tableName' | 'files'>,
    places: RowPlaces,
    who: WhoAsks,
    asked: { readonly sql: string; readonly parameters: QueryParameters; readonly format: ExportFormat },
  ): Promise<Export>
}

export function createAsks(
  database: InternalDatabase,
  { engine, localFiles }: { readonly engine: QueryEngine; readonly localFiles: LocalFiles },
): Asks {
  async function withTables<Result>(question: Question, ask: (tables: readonly QueryTable[]) => Promise<Result>) {
    const wanted = await mentionedTables(database, question)
    return await withFiles([...wanted.values()].flat(), question.signal, (lease) =>
      ask([...wanted].map(([name, files]) => ({ name, files: files.map((file) => lease.pathOf(file)) }))),
    )
  }

  async function withFiles<Result>(
    objects: readonly DatasetObject[],
    signal: AbortSignal | undefined,
    work: (lease: LocalLease) => Promise<Result>,
  ): Promise<Result> {
    try {
      const lease = await localFiles.take(objects, signal)
      try {
        return await work(lease)
      } finally {
        await lease.release()
      }
    } catch (error) {
      throw await localFiles.explained(error, objects)
    }
  }

  function withDataset<Result>(
    { tableName, files }: Pick<Dataset, 'tableName' | 'files'>,
    places: RowPlaces | undefined,
    { signal }: WhoAsks,
    work: (tables: readonly QueryTable[]) => Promise<Result>,
  ): Promise<Result> {
    const objects = files.filter(({ role }) => role === 'data')
    return withFiles(objects, signal, (lease) => {
      const paths = objects.map((object) => lease.pathOf(object))
      return work([{ name: tableName, files: paths, ...(places !== undefined && { places }) }])
    })
  }

  return {
    query: ({ maxRows, ...question }) =>
      withTables(question, (tables) =>
        engine.query({ ...asked(question), tables, ...(maxRows !== undefined && { maxRows }) }),
      ),
    export: ({ format, ...question }) =>
      withTables(question, (tables) => engine.export({ ...asked(question), tables, format })),
    about: (dataset, places, who, work) =>
      withDataset(dataset, places, who, (tables) =>
        work((sql, options = {}) => engine.query({ ...who, ...options, tables, sql })),
      ),
    aboutInBackground: (dataset, signal, work) =>
      withDataset(dataset, undefined, { actorId: null, signal }, (tables) =>
        work((sql, options = {}) => engine.queryInBackground({ ...options, signal, tables, sql })),
      ),
    isAsked: () => engine.isAsked(),
    exportAbout: (dataset, places, who, asked) =>
      withDataset(dataset, places, who, (tables) => engine.export({ ...who, ...asked, tables })),
  }
}

function asked({ sql, actorId, signal }: Question) {
  return { sql, actorId, ...(signal !== undefined && { signal }) }
}

/**
 * The data files of the datasets whose names stand in the SQL: names are bare identifiers, so that whoever means one has
 * written it as it is. Whatever else the collection holds need not be brought here first.
 */
async function mentionedTables(
  database: InternalDatabase,
  { collection, sql: asked }: Question,
): Promise<ReadonlyMap<string, readonly DatasetObject[]>> {
  const rows = await database.read
    .selectFrom('datasets')
    .innerJoin('dataset_files', (join) =>
      join
        .onRef('dataset_files.dataset_id', '=', 'datasets.id')
        .onRef('dataset_files.version', '=', 'datasets.version')
        .on('dataset_files.role', '=', 'data'),
    )
    .select(['table_name', 'source_id', 'path', 'dataset_files.size_bytes', 'etag'])
    .where('collection', '=', collection.seq)
    .where('deletion_requested_at', 'is', null)
    .where(sql<boolean>`instr(${asked.toLowerCase()}, table_name) > 0`)
    .orderBy('table_name')
    .orderBy('ordinal')
    .execute()
  const tables = new Map<string, DatasetObject[]>()
  for (const row of rows) {
    const files = tables.get(row.table_name) ?? []
    files.push({ sourceId: row.source_id, path: row.path, sizeBytes: row.size_bytes, etag: row.etag })
    tables.set(row.table_name, files)
  }
  return tables
}
