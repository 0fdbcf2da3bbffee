import { sql, type Transaction } from 'kysely'
import type { InternalDatabase } from '../../database/internal.ts'
import type { Schema } from '../../database/schema.ts'
import { HoldallError } from '../../web/error.ts'
import { RETENTION_MS } from '../trash/limits.ts'
import { removeVersionLater } from '../trash/store.ts'
import { nextVersion } from './batches.ts'
import { noteChange } from './changes.ts'
import { type Differences, differencesOf } from './differences.ts'
import { CannotMerge, merge, type Stated } from './merge.ts'
import { asReplacement } from './replacing.ts'
import { changeState, type DatasetState, stateOf } from './states.ts'

/** A data file of the present version, as somebody names it who wants it taken out. */
interface Member extends Stated {
  readonly ordinal: number
  readonly path: string
  readonly filename: string
  readonly uploadId: string | null
}

/** What a dataset would be without some of its files. */
export interface Without {
  readonly state: DatasetState
  readonly taken: readonly Member[]
  /** What the files that stay say together. */
  readonly rest: Stated
  /** Columns that go because no other file has them, and types that hold less again. */
  readonly differences: Differences
}

/**
 * Looks what would become of a dataset.
 *
 * @param named paths, or what comes after their last slash where that is of one file alone
 * @throws HoldallError `dataset_not_found` (it is in the trash, too), `dataset_file_gone`, `dataset_last_file`,
 * `dataset_rest_differs`
 */
export async function without(database: InternalDatabase, id: string, named: readonly string[]): Promise<Without> {
  const state = await stateOf(database.read, id)
  if (state === undefined) throw new HoldallError('dataset_not_found', { id })
  const members = await membersOf(database, state)
  const taken = new Set(named.map((name) => memberNamed(members, name)))
  const [first, ...others] = members.filter((member) => !taken.has(member))
  if (first === undefined) throw new HoldallError('dataset_last_file')
  const rest = merged(first, others)
  const differences = asReplacement(differencesOf(state.columns, rest.columns))
  return { state, taken: members.filter((member) => taken.has(member)), rest, differences }
}

/** A type that held the values of two others may have come with the file that goes. */
function merged(first: Stated, others: readonly Stated[]): Stated {
  try {
    return merge(first, ...others)
  } catch (error) {
    if (!(error instanceof CannotMerge)) throw error
    throw new HoldallError('dataset_rest_differs', { reason: error.message }, { cause: error })
  }
}

function memberNamed(members: readonly Member[], name: string): Member {
  const found = members.find(({ path }) => path === name)
  if (found !== undefined) return found
  const [ending, ...others] = members.filter(({ path }) => path.endsWith(`/${name}`))
  if (ending === undefined || others.length > 0) throw new HoldallError('dataset_file_gone', { path: name })
  return ending
}

/**
 * Makes a version without some files. It is made of the same objects, so that nothing is copied; the version before is
 * kept like one that was replaced. All of it is one transaction, and the others wait for nothing.
 *
 * @throws HoldallError as `without`
 */
export async function takeOut(
  database: InternalDatabase,
  id: string,
  named: readonly string[],
  by: string | null = null,
): Promise<Without & { readonly version: number }> {
  for (;;) {
    const looked = await without(database, id, named)
    const version = await database.write((trx) => enter(trx, looked, by))
    if (version !== undefined) return { ...looked, version }
  }
}

/** @returns undefined when the dataset is another one since it was looked at */
async function enter(
  trx: Transaction<Schema>,
  { state, taken, rest }: Without,
  by: string | null,
): Promise<number | undefined> {
  const { id } = state
  const version = await nextVersion(trx, id)
  if (!(await changeState(trx, state, { ...rest, version }))) return undefined
  const ordinals = JSON.stringify(taken.map(({ ordinal }) => ordinal))
  const uploads = JSON.stringify(taken.flatMap(({ uploadId }) => uploadId ?? []))
  // What was sent goes with what was made of it.
  await sql`INSERT INTO dataset_files (dataset_id, version, ordinal, role, source_id, path, filename, size_bytes,
      row_count, etag, content_hash, added_at, columns, row_groups, upload_id, uploaded_by, file_id, sheets)
    SELECT dataset_id, ${version}, ordinal, role, source_id, path, filename, size_bytes,
      row_count, etag, content_hash, added_at, columns, row_groups, upload_id, uploaded_by, file_id, sheets
    FROM dataset_files AS f WHERE dataset_id = ${id} AND version = ${state.version}
      AND ordinal NOT IN (SELECT value FROM json_each(${ordinals}))
      AND NOT (role = 'original' AND upload_id IN (SELECT value FROM json_each(${uploads})))`.execute(trx)
  const rows = state.rowCount - rest.rowCount
  await noteChange(trx, id, { what: 'taken_out', version, by, files: taken.length, rows })
  const dueAt = new Date(Date.now() + RETENTION_MS).toISOString()
  await removeVersionLater(trx, { datasetId: id, version: state.version, dueAt })
  return version
}

async function membersOf(database: InternalDatabase, { id, version }: DatasetState): Promise<Member[]> {
  const rows = await database.read
    .selectFrom('dataset_files')
    .select(['ordinal', 'path', 'filename', 'upload_id', 'columns', 'row_groups', 'row_count', 'size_bytes'])
    .where('dataset_id', '=', id)
    .where('version', '=', version)
    .where('role', '=', 'data')
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => ({
    ordinal: row.ordinal,
    path: row.path,
    filename: row.filename,
    uploadId: row.upload_id,
    columns: JSON.parse(row.columns ?? '[]'),
    rowGroups: JSON.parse(row.row_groups ?? '{}'),
    rowCount: row.row_count ?? 0,
    sizeBytes: row.size_bytes,
  }))
}
