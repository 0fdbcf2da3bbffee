import { type RawBuilder, sql } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import { isBelow, type WalkOptions } from '../list.ts'
import type { Condition } from './matches.ts'
import { MAX_LENGTH, type Tokenizer } from './tokens.ts'

/** A folder of a source, as the paths of its files name it. */
export interface Folder {
  readonly name: string
  /** Of it and of the folders that it lies in, with `/` between. */
  readonly path: string
  /** How many files lie below it, up to one more than `MAX_FOLDER_COUNT`. */
  readonly files: number
  /** How many of them are missing, as far as those of the source can be counted. */
  readonly missing: number
}

export interface Folders {
  readonly folders: readonly Folder[]
  /** There may be more. */
  readonly more: boolean
}

/** Above this the files of a folder are not counted to their end: there may be a hundred folders on a page. */
export const MAX_FOLDER_COUNT = 1_000
const MAX_FOLDERS = 200
/** In a source that lost more files than these nobody counts folder by folder what is left. */
const MAX_MISSING = 10_000
/** Folders of uploads, which are skipped: nobody made them. */
const MAX_STEPS = 400
/** Files that lie between two folders are gone over, so many at once; after a few folders for so long in all. */
const MAX_BETWEEN = 50_000
const FEW = 20
const ENOUGH_MS = 100

/** A path with its folders, without the slashes around it; empty for all that there is. */
export function cleanFolder(written: string): string {
  let from = 0
  let end = written.length
  while (written[from] === '/') from += 1
  while (end > from && written[end - 1] === '/') end -= 1
  return written.slice(from, end).toWellFormed()
}

/** The folder that a file was found in; empty for one that lies in none. Folders of uploads say nothing. */
export function folderOf({ adopted, path }: { readonly adopted: boolean; readonly path: string }): string {
  return adopted ? path.slice(0, Math.max(0, path.lastIndexOf('/'))) : ''
}

/** Of a row of a full-text table: the file lies below the folder. */
export function liesBelow(folder: string): Condition {
  return (rowid) => sql<boolean>`EXISTS (
    SELECT 1 FROM datasette_files AS f WHERE f.seq = (${rowid} & 0xFFFFFFFF) AND ${isBelow(folder)})`
}

/** Words that every file below a folder is found by, so that a word of a million files needs no look at each path. */
export function wordsOfFolder(folder: string, tokenize: Tokenizer): string[] {
  return folder.length > MAX_LENGTH || /[\0\uE000\uE001]/.test(folder) ? [] : tokenize(folder)
}

/** The files below a folder by their place in the registry: in no order, or the newest before a place. */
export async function placesBelow(
  database: InternalDatabase,
  { sources, folder }: Pick<WalkOptions, 'sources'> & { readonly folder: string },
  limit: number,
  before?: number,
): Promise<number[]> {
  const [older, order]: [RawBuilder<boolean>, RawBuilder<unknown>] =
    before === undefined ? [sql`1`, sql``] : [sql`f.seq < ${before}`, sql`ORDER BY f.seq DESC`]
  const { rows } = await sql<{ places: string }>`SELECT json_group_array(seq) AS places FROM (
    SELECT f.seq FROM json_each(${JSON.stringify(sources)}) AS wanted CROSS JOIN datasette_files AS f
    WHERE f.source_id = wanted.value AND ${isBelow(folder)} AND ${older} ${order} LIMIT ${limit})`.execute(
    database.read,
  )
  return JSON.parse(rows[0]?.places ?? '[]') as number[]
}

/**
 * The folders right below a folder of a source, by name. From each the next is looked up in the index of paths, so that it
 * costs as much as there are folders, however many files they hold.
 */
export async function foldersIn(database: InternalDatabase, sourceId: number, folder: string): Promise<Folders> {
  const beginning = folder === '' ? '' : `${folder}/`
  // Past every path where there is no folder around: no text in UTF-8 begins with such a byte.
  const end = folder === '' ? sql`x'ff'` : sql`${`${folder}0`}`
  const letters = [...beginning].length
  const began = performance.now()
  const paths: string[] = []
  let from = beginning
  let more = false
  for (let step = 0; ; step += 1) {
    const { rows } = await sql<{ path: string; adopted: number }>`SELECT f.path, f.adopted FROM (
        SELECT path FROM datasette_files
        WHERE source_id = ${sourceId} AND path >= ${from} AND path < ${end} ORDER BY path LIMIT ${MAX_BETWEEN}
      ) AS n CROSS JOIN datasette_files AS f ON f.source_id = ${sourceId} AND f.path = n.path
      WHERE instr(substr(n.path, ${letters + 1}), '/') > 0 LIMIT 1`.execute(database.read)
    const [found] = rows
    const late = step >= FEW && performance.now() - began > ENOUGH_MS
    more = found === undefined ? await isFurther(from) : late || step === MAX_STEPS || paths.length === MAX_FOLDERS
    if (found === undefined || more) break
    const path = found.path.slice(0, found.path.indexOf('/', beginning.length))
    if (found.adopted === 1) paths.push(path)
    from = `${path}0`
  }
  return { folders: await counted(database, sourceId, paths, beginning.length), more }

  /** Whether there was more than was gone over. */
  async function isFurther(place: string): Promise<boolean> {
    const { rows } = await sql`SELECT 1 FROM datasette_files
      WHERE source_id = ${sourceId} AND path >= ${place} AND path < ${end}
      ORDER BY path LIMIT 1 OFFSET ${MAX_BETWEEN}`.execute(database.read)
    return rows.length > 0
  }
}

async function counted(
  database: InternalDatabase,
  sourceId: number,
  paths: readonly string[],
  beginning: number,
): Promise<Folder[]> {
  const { rows } = await sql<{ path: string; files: number }>`SELECT n.value AS path, (SELECT count(*) FROM (
      SELECT 1 FROM datasette_files AS f
      WHERE f.source_id = ${sourceId} AND f.path >= n.value || '/' AND f.path < n.value || '0' LIMIT ${MAX_FOLDER_COUNT + 1}
    )) AS files FROM json_each(${JSON.stringify(paths)}) AS n ORDER BY n.key`.execute(database.read)
  const missing = paths.length === 0 ? NONE : await missingBelow(database, sourceId, beginning)
  return rows.map(({ path, files }) => ({
    name: path.slice(beginning),
    path,
    files,
    missing: missing.get(path)?.length ?? 0,
  }))
}

const NONE: ReadonlyMap<string, readonly string[]> = new Map()

/** The missing files of a source by the folders that paths have after `beginning`. */
async function missingBelow(
  database: InternalDatabase,
  sourceId: number,
  beginning: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await sql<{ path: string }>`SELECT path FROM datasette_files INDEXED BY datasette_files_missing
    WHERE source_id = ${sourceId} AND missing_since IS NOT NULL LIMIT ${MAX_MISSING + 1}`.execute(database.read)
  if (rows.length > MAX_MISSING) return NONE
  return Map.groupBy(
    rows.map(({ path }) => path),
    (path) => path.slice(0, Math.max(0, path.indexOf('/', beginning))),
  )
}
