import { sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import type { Collection } from '../collections/rows.ts'
import type {
  Export,
  ExportFormat,
  Progress,
  QueryAnswer,
  QueryEngine,
  QueryParameters,
  QueryTable,
  RowPlaces,
} from '../engine/engine.ts'
import { noTable } from '../engine/outcomes.ts'
import type { Dataset } from '../records.ts'
import type { DatasetObject, LocalFiles, LocalLease } from './local-files.ts'

/** Tables that are named where somebody asked for one that is not there. */
const MAX_NAMED = 10

export interface WhoAsks {
  readonly actorId: string | null
  readonly signal?: AbortSignal
  /** For an export: told how far it is. */
  readonly onProgress?: (progress: Progress) => void
}

export interface Question {
  readonly collection: Pick<Collection, 'seq'>
  /** Of anybody. */
  readonly sql: string
  readonly actorId: string | null
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
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
  /** A statement of Holdall's own that reads no table, as a file. @throws HoldallError as the engine's `export` does */
  exportAnswer(
    statement: { readonly sql: string; readonly parameters: QueryParameters },
    asked: { readonly who: WhoAsks; readonly format: ExportFormat },
  ): Promise<Export>
}

export function createAsks(
  database: InternalDatabase,
  { engine, localFiles }: { readonly engine: QueryEngine; readonly localFiles: LocalFiles },
): Asks {
  async function withTables<Result>(question: Question, ask: (tables: readonly QueryTable[]) => Promise<Result>) {
    const wanted = await mentionedTables(database, question)
    try {
      return await withFiles([...wanted.values()].flat(), question.signal, (lease) =>
        ask([...wanted].map(([name, files]) => ({ name, files: files.map((file) => lease.pathOf(file)) }))),
      )
    } catch (error) {
      if (!(error instanceof HoldallError) || error.code !== 'query_refused' || !('missing' in error.values))
        throw error
      throw noTable(String(error.values.missing), await tablesThere(database, question.collection))
    }
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
    exportAnswer: (statement, { who, format }) => engine.export({ ...who, ...statement, format, tables: [] }),
  }
}

function asked({ sql, actorId, signal, onProgress }: Question) {
  return { sql, actorId, ...(signal !== undefined && { signal }), ...(onProgress !== undefined && { onProgress }) }
}

/** "The tables here are t_1a2b3c4d_visits and t_5e6f7a8b_rooms." */
async function tablesThere(database: InternalDatabase, { seq }: Pick<Collection, 'seq'>): Promise<string> {
  const rows = await database.read
    .selectFrom('datasets')
    .select('table_name')
    .where('collection', '=', seq)
    .where('deletion_requested_at', 'is', null)
    .orderBy('seq', 'desc')
    .limit(MAX_NAMED + 1)
    .execute()
  const names = rows.slice(0, MAX_NAMED).map(({ table_name }) => table_name)
  if (names.length === 0) return 'This collection has no dataset yet.'
  if (names.length === 1) return `The table here is ${names[0]}.`
  const last = rows.length > MAX_NAMED ? 'others' : names.pop()
  return `The tables here are ${names.join(', ')} and ${last}.`
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
