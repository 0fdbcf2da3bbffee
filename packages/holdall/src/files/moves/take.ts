import { type Selectable, sql, type Transaction } from 'kysely'
import type { FileTable, Schema } from '../../database/schema.ts'
import { enqueueWork } from '../background/queue.ts'
import type { FileRow } from '../rows.ts'
import { isToldAlike } from './alike.ts'
import { untouchedRow } from './find.ts'

/** A missing file, and the one that is it now. */
export interface Move {
  readonly missing: Pick<FileRow, 'id'>
  readonly found: Pick<FileRow, 'id' | 'version'>
}

/** What a move made of two files, for as long as it may have to be undone. */
interface Undo {
  /** What the file was that moved. */
  readonly missing: Pick<
    FileRow,
    | 'path'
    | 'filename'
    | 'content_type'
    | 'content_hash'
    | 'width'
    | 'height'
    | 'version'
    | 'modified_at'
    | 'missing_since'
    | 'adopted'
  >
  /** What went. */
  readonly found: Selectable<FileTable>
}

/**
 * Gives a missing file the place of another that it is now: it keeps its id, its description and its history, and the
 * other entry goes. A name that somebody has given it here stays.
 *
 * @param by null: nobody, and not while the source is being synced
 * @returns whether both were still what they must be
 */
export async function takePlace(
  trx: Transaction<Schema>,
  { missing, found }: Move,
  at: Date,
  by: string | null,
): Promise<boolean> {
  const old = await rowOf(trx, missing.id)
  const fresh = await rowOf(trx, found.id)
  if (old === undefined || fresh === undefined || old.missing_since === null) return false
  if (old.source_id !== fresh.source_id || fresh.version !== found.version) return false
  if (!isSame(old, fresh, by === null)) return false
  if ((await untouchedRow(trx, found.id)) === undefined) return false
  const run = await trx
    .selectFrom('sync_runs')
    .select(['id', 'status'])
    .where('source_id', '=', old.source_id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  // It is about to say of both what it finds; whoever asks for it afterwards finds the same.
  if (by === null && run?.status === 'running') return false

  const undo: Undo = { missing: placeOf(old), found: fresh }
  await trx
    .insertInto('datasette_files_moves')
    .values({
      file_id: old.id,
      from_path: old.path,
      to_path: fresh.path,
      missing_since: old.missing_since,
      moved_at: at.toISOString(),
      moved_by: by,
      replaced_id: fresh.id,
      undo: JSON.stringify(undo),
    })
    .execute()
  await trx.deleteFrom('datasette_files').where('id', '=', fresh.id).execute()
  const isNamedHere = old.filename !== lastPart(old.path)
  await trx
    .updateTable('datasette_files')
    .set({
      path: fresh.path,
      filename: isNamedHere ? old.filename : fresh.filename,
      content_type: fresh.content_type,
      content_hash: fresh.content_hash,
      ...(old.content_hash === null && { width: fresh.width, height: fresh.height }),
      version: fresh.version,
      modified_at: fresh.modified_at,
      missing_since: null,
      unreadable: old.unreadable ?? fresh.unreadable,
      adopted: 1,
    })
    .where('id', '=', old.id)
    .execute()
  await handOver(trx, fresh.id, old.id)
  // What reading it enters beside the hash went with the other entry.
  if (old.content_hash === null) await enqueueWork(trx, [old.id], ['facts'])
  // It may be called what it is now.
  if (old.unreadable === 'other_bytes') await enqueueWork(trx, [old.id], ['whole'])
  await trx
    .updateTable('dataset_files')
    .set({ path: fresh.path })
    .where('file_id', '=', old.id)
    .where('source_id', '=', old.source_id)
    .where('path', '=', old.path)
    .execute()
  // A run that is under way writes its own counts.
  if (run !== undefined && run.status !== 'running') {
    await sql`UPDATE sync_runs SET moved = moved + 1,
        added = max(0, added - (${fresh.created_at} >= started_at)),
        missing = max(0, missing - (${old.missing_since} >= started_at))
      WHERE id = ${run.id}`.execute(trx)
  }
  return true
}

/** Bytes that were read are compared; of those that were not, what the storage says of both, and by itself their names too. */
function isSame(old: Selectable<FileTable>, fresh: Selectable<FileTable>, byItself: boolean): boolean {
  if (old.content_hash !== null) return old.content_hash === fresh.content_hash && old.size === fresh.size
  return isToldAlike(old, fresh) && (!byItself || lastPart(old.path) === lastPart(fresh.path))
}

/** What was read, is to be read, or is planned with one file is so with the other: their bytes are the same. */
async function handOver(trx: Transaction<Schema>, from: string, to: string): Promise<void> {
  await sql`INSERT INTO datasette_files_text (file_id, text) SELECT ${to}, text FROM datasette_files_text
    WHERE file_id = ${from} AND text <> ''
    ON CONFLICT (file_id) DO UPDATE SET text = excluded.text WHERE text = ''`.execute(trx)
  await trx.deleteFrom('datasette_files_text').where('file_id', '=', from).execute()
  await sql`INSERT INTO datasette_files_work (file_id, kind) SELECT ${to}, kind FROM datasette_files_work
    WHERE file_id = ${from} ON CONFLICT (file_id, kind) DO NOTHING`.execute(trx)
  await trx.deleteFrom('datasette_files_work').where('file_id', '=', from).execute()
  await sql`UPDATE attach_lines SET file_id = ${to} WHERE file_id = ${from}
    AND run_id IN (SELECT id FROM attach_runs WHERE status = 'planned')`.execute(trx)
}

/**
 * Undoes a move because a row got the id that went with it: both are files again, and the first is missing as it was.
 *
 * @returns whether both have their places again
 */
export async function giveBack(trx: Transaction<Schema>, moveId: number): Promise<boolean> {
  const move = await trx
    .selectFrom('datasette_files_moves')
    .selectAll()
    .where('id', '=', moveId)
    .where('undo', 'is not', null)
    .executeTakeFirst()
  if (move === undefined) return false
  const { missing, found } = JSON.parse(move.undo ?? '{}') as Undo
  const now = await rowOf(trx, move.file_id)
  const isFree =
    (await trx
      .selectFrom('datasette_files')
      .select('id')
      .where('source_id', '=', found.source_id)
      .where('path', '=', missing.path)
      .executeTakeFirst()) === undefined
  if (now?.path !== found.path || !isFree) return false
  await trx.updateTable('datasette_files').set(missing).where('id', '=', move.file_id).execute()
  const { seq, ...rest } = found
  const isSeqFree =
    (await trx.selectFrom('datasette_files').select('id').where('seq', '=', seq).executeTakeFirst()) === undefined
  await trx
    .insertInto('datasette_files')
    .values(isSeqFree ? { seq, ...rest } : rest)
    .execute()
  await enqueueWork(trx, [found.id], ['facts', 'text'])
  await trx
    .updateTable('dataset_files')
    .set({ path: missing.path })
    .where('file_id', '=', move.file_id)
    .where('path', '=', found.path)
    .execute()
  await trx.deleteFrom('datasette_files_moves').where('id', '=', moveId).execute()
  return true
}

async function rowOf(trx: Transaction<Schema>, id: string): Promise<Selectable<FileTable> | undefined> {
  return await trx.selectFrom('datasette_files').selectAll().where('id', '=', id).executeTakeFirst()
}

function placeOf(file: Selectable<FileTable>): Undo['missing'] {
  const { path, filename, content_type, content_hash, width, height, version, modified_at, missing_since, adopted } =
    file
  return { path, filename, content_type, content_hash, width, height, version, modified_at, missing_since, adopted }
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
