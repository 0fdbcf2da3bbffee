import { type Insertable, type Selectable, sql, type Updateable } from 'kysely'
import type { InternalDatabase } from '../database/internal.ts'
import type { UploadSessionTable } from '../database/schema.ts'
import type { CollectionQuestion, OpenQuestion, SessionPatch, SessionStore, StoredSession } from './session-store.ts'

const OPEN = ['initiated', 'completing'] as const
const ENDED = ['completed', 'failed', 'aborted', 'expired'] as const

/** Upload sessions in the internal database. Every call is one short statement. */
export function createInternalStore(database: InternalDatabase): SessionStore {
  async function one(column: 'id' | 'token_hash', value: string): Promise<StoredSession | undefined> {
    const row = await database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where(column, '=', value)
      .executeTakeFirst()
    return row && toStored(row)
  }

  function openOnes({ sourceId, actorId, filename, size }: OpenQuestion) {
    let rows = database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where('source_id', 'in', [sourceId].flat())
      .where('actor_id', '=', actorId)
      .where(sql<boolean>`status = 'initiated' AND kind = 'parts'`)
      .where('purpose', '=', 'file')
    if (filename !== undefined) rows = rows.where('filename', '=', filename)
    if (size !== undefined) rows = rows.where('declared_size', '=', size)
    return rows
  }

  function ofCollection({ organizationId, collectionId, statuses }: CollectionQuestion) {
    const rows = database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('collection_id', '=', collectionId)
    return statuses === undefined ? rows : rows.where('status', 'in', statuses)
  }

  return {
    isInternal: true,

    async create(session) {
      const { id, tokenHash: token_hash, createdAt: created_at } = session
      const values = { id, token_hash, created_at, ...columnsOf(session) } as Insertable<UploadSessionTable>
      await database.write((trx) => trx.insertInto('upload_sessions').values(values).execute())
    },

    get: (id) => one('id', id),
    byToken: (tokenHash) => one('token_hash', tokenHash),

    async update(id, { fence, statuses, owner, leaseOverAt }, change) {
      const row = await database.write(async (trx) => {
        let update = trx.updateTable('upload_sessions').set(columnsOf(change)).where('id', '=', id)
        if (fence !== undefined) update = update.where('fence', '=', fence)
        if (statuses !== undefined) update = update.where('status', 'in', statuses)
        if (owner !== undefined) update = update.where('lease_owner', '=', owner)
        if (leaseOverAt !== undefined) {
          update = update.where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', leaseOverAt)]))
        }
        return await update.returningAll().executeTakeFirst()
      })
      return row && toStored(row)
    },

    async renewLeases(owner, held, until) {
      const wanted = JSON.stringify(held.map(({ id, fence }) => [id, fence]))
      const { rows } = await database.write((trx) =>
        sql<{ id: string }>`UPDATE upload_sessions SET lease_until = ${until}, due_at = ${until}
          WHERE lease_owner = ${owner}
            AND (id, fence) IN (SELECT value->>0, value->>1 FROM json_each(${wanted})) RETURNING id`.execute(trx),
      )
      return rows.map(({ id }) => id)
    },

    async due({ ended, at, after, limit }) {
      // Written out, so that the partial index of these states is used.
      const states = ended ? ENDED : OPEN
      let rows = database.read
        .selectFrom('upload_sessions')
        .selectAll()
        .where('status', 'in', sql<(typeof states)[number]>`(${sql.raw(states.map((one) => `'${one}'`).join(', '))})`)
        .where('due_at', '<=', at)
      if (after !== undefined) rows = rows.where(sql<boolean>`(due_at, id) > (${after.dueAt}, ${after.id})`)
      return (await rows.orderBy('due_at').orderBy('id').limit(limit).execute()).map(toStored)
    },

    async list(question) {
      const { before, limit } = question
      let rows = 'sourceId' in question ? openOnes(question) : ofCollection(question)
      if (before !== undefined) rows = rows.where('id', '<', before)
      return (await rows.orderBy('id', 'desc').limit(limit).execute()).map(toStored)
    },

    async remove(ids) {
      if (ids.length === 0) return
      await database.write((trx) => trx.deleteFrom('upload_sessions').where('id', 'in', ids).execute())
    },
  }
}

/** The columns of what is given, in the words of the table. */
function columnsOf(patch: SessionPatch): Updateable<UploadSessionTable> {
  const columns: Updateable<UploadSessionTable> = {}
  for (const [name, write] of Object.entries(COLUMNS)) {
    const value = patch[name as keyof SessionPatch]
    if (value !== undefined) Object.assign(columns, write(value as never))
  }
  return columns
}

const json = (value: unknown) => (value === null ? null : JSON.stringify(value))

const COLUMNS: {
  readonly [Name in keyof SessionPatch]-?: (
    value: Exclude<SessionPatch[Name], undefined>,
  ) => Updateable<UploadSessionTable>
} = {
  kind: (kind) => ({ kind }),
  purpose: (purpose) => ({ purpose }),
  organizationId: (organization_id) => ({ organization_id }),
  collectionId: (collection_id) => ({ collection_id }),
  sourceId: (source_id) => ({ source_id }),
  fileId: (file_id) => ({ file_id }),
  path: (path) => ({ path }),
  filename: (filename) => ({ filename }),
  declaredType: (declared_type) => ({ declared_type }),
  declaredSize: (declared_size) => ({ declared_size }),
  partSize: (part_size) => ({ part_size }),
  partCount: (part_count) => ({ part_count }),
  storageUpload: (storage_upload) => ({ storage_upload }),
  actorId: (actor_id) => ({ actor_id }),
  status: (status) => ({ status }),
  completionStatus: (completion_status) => ({ completion_status }),
  steps: (steps) => ({ completion_steps_log: JSON.stringify(steps) }),
  failure: (failure) => ({ failure_reason: json(failure) }),
  received: (received) => ({ received: json(received) }),
  made: (made) => ({ made: json(made) }),
  retryable: (retryable) => ({ retryable: retryable ? 1 : 0 }),
  leaseOwner: (lease_owner) => ({ lease_owner }),
  leaseUntil: (lease_until) => ({ lease_until }),
  leaseProcess: (lease_process) => ({ lease_process }),
  fence: (fence) => ({ fence }),
  updatedAt: (updated_at) => ({ updated_at }),
  completedAt: (completed_at) => ({ completed_at }),
  ttl: (ttl) => ({ ttl }),
  clearAt: (clear_at) => ({ clear_at }),
  dueAt: (due_at) => ({ due_at }),
}

function toStored(row: Selectable<UploadSessionTable>): StoredSession {
  return {
    id: row.id,
    kind: row.kind,
    purpose: row.purpose,
    organizationId: row.organization_id,
    collectionId: row.collection_id,
    sourceId: row.source_id,
    fileId: row.file_id,
    path: row.path,
    filename: row.filename,
    declaredType: row.declared_type,
    declaredSize: row.declared_size,
    partSize: row.part_size,
    partCount: row.part_count,
    storageUpload: row.storage_upload,
    tokenHash: row.token_hash,
    actorId: row.actor_id,
    status: row.status,
    completionStatus: row.completion_status,
    steps: JSON.parse(row.completion_steps_log),
    failure: row.failure_reason === null ? null : JSON.parse(row.failure_reason),
    received: row.received === null ? null : JSON.parse(row.received),
    made: row.made === null ? null : JSON.parse(row.made),
    retryable: row.retryable === 1,
    leaseOwner: row.lease_owner,
    leaseUntil: row.lease_until,
    leaseProcess: row.lease_process,
    fence: row.fence,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    completedAt: row.completed_at,
    ttl: row.ttl,
    clearAt: row.clear_at,
    dueAt: row.due_at,
  }
}
