import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { conditionOf, type FileState, MAX_COUNT, type WalkOptions } from '../list.ts'
import type { Condition } from './matches.ts'

/** Of a row of a full-text table: the file is in this state. */
export const HAS_STATE: Record<FileState, Condition> = {
  missing: (rowid) => sql<boolean>`(${rowid} & 0xFFFFFFFF) IN (
    SELECT seq FROM datasette_files INDEXED BY datasette_files_missing WHERE missing_since IS NOT NULL)`,
  changed: (rowid) => sql<boolean>`(${rowid} & 0xFFFFFFFF) IN (
    SELECT seq FROM datasette_files INDEXED BY datasette_files_changed WHERE changed_at IS NOT NULL)`,
  unreadable: (rowid) => sql<boolean>`(${rowid} & 0xFFFFFFFF) IN (
    SELECT seq FROM datasette_files INDEXED BY datasette_files_unreadable WHERE unreadable IS NOT NULL)`,
}

const INDEX: Record<FileState, RawBuilder<unknown>> = {
  missing: sql`datasette_files_missing`,
  changed: sql`datasette_files_changed`,
  unreadable: sql`datasette_files_unreadable`,
}

/**
 * The files in a state, by their place in the registry, newest first. Only the index of that state is walked, however many
 * files there are.
 */
export async function placesInState(
  database: InternalDatabase,
  { sources, state, types, folder }: Pick<WalkOptions, 'sources' | 'types' | 'folder'> & { readonly state: FileState },
  before: number,
  limit: number,
): Promise<number[]> {
  const { rows } = await sql<{ seq: number }>`SELECT f.seq FROM json_each(${JSON.stringify(sources)}) AS wanted
    CROSS JOIN datasette_files AS f INDEXED BY ${INDEX[state]}
    WHERE f.source_id = wanted.value AND ${conditionOf({ state, types, folder })} AND f.seq < ${before}
    ORDER BY f.seq DESC LIMIT ${limit}`.execute(database.read)
  return rows.map(({ seq }) => seq)
}

/** The ids of the files in a state, in no order; only its index is walked. */
export async function idsInState(
  database: InternalDatabase,
  sources: readonly number[],
  state: FileState,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`SELECT f.id FROM json_each(${JSON.stringify(sources)}) AS wanted
    CROSS JOIN datasette_files AS f INDEXED BY ${INDEX[state]}
    WHERE f.source_id = wanted.value AND ${conditionOf({ state })} LIMIT ${limit}`.execute(database.read)
  return rows.map(({ id }) => id)
}

/** The file in a state that was registered next after a place. */
export async function nextInState(
  database: InternalDatabase,
  { sources, state, types, folder }: Pick<WalkOptions, 'sources' | 'types' | 'folder'> & { readonly state: FileState },
  after: number,
): Promise<number[]> {
  const { rows } = await sql<{ seq: number }>`SELECT f.seq FROM json_each(${JSON.stringify(sources)}) AS wanted
    CROSS JOIN datasette_files AS f INDEXED BY ${INDEX[state]}
    WHERE f.source_id = wanted.value AND ${conditionOf({ state, types, folder })} AND f.seq > ${after}
    ORDER BY f.seq LIMIT 1`.execute(database.read)
  return rows.map(({ seq }) => seq)
}

/** Other jobs that are looked through for one that may find a file unreadable. */
const LOOKED_THROUGH = 2_000

/** Whether there are files of which all is still to be read. */
export async function isReadingWhole(database: InternalDatabase): Promise<boolean> {
  const { rows } = await sql<{ reading: number }>`SELECT EXISTS (
      SELECT 1 FROM datasette_files_work INDEXED BY datasette_files_work_whole WHERE kind = 'whole')
    OR EXISTS (SELECT 1 FROM (SELECT kind FROM datasette_files_work WHERE kind <> 'whole'
      ORDER BY not_before LIMIT ${LOOKED_THROUGH}) WHERE kind <> 'hash') AS reading`.execute(database.read)
  return rows[0]?.reading === 1
}

/** How many files of each of these sources are missing, as far as `MAX_COUNT`; only those with some are in the map. */
export async function countMissing(
  database: InternalDatabase,
  sources: readonly number[],
): Promise<ReadonlyMap<number, number>> {
  const { rows } = await sql<{ source: number; files: number }>`SELECT s.value AS source, (SELECT count(*) FROM (
      SELECT 1 FROM datasette_files AS f INDEXED BY datasette_files_missing
      WHERE f.source_id = s.value AND f.missing_since IS NOT NULL LIMIT ${MAX_COUNT + 1})) AS files
    FROM json_each(${JSON.stringify(sources)}) AS s`.execute(database.read)
  return new Map(rows.flatMap(({ source, files }) => (files > 0 ? [[source, files]] : [])))
}

/** How many files of a source are in a state now, whoever noticed it. Up to one more than `MAX_COUNT`. */
export async function countInState(database: InternalDatabase, sourceId: number, state: FileState): Promise<number> {
  const { rows } = await sql<{ files: number }>`SELECT count(*) AS files FROM (
    SELECT 1 FROM datasette_files AS f INDEXED BY ${INDEX[state]}
    WHERE f.source_id = ${sourceId} AND ${conditionOf({ state })} LIMIT ${MAX_COUNT + 1})`.execute(database.read)
  return rows[0]?.files ?? 0
}
