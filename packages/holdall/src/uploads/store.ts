import { type Insertable, sql, type Transaction } from 'kysely'
import { ulid } from 'ulid'
import type { InternalDatabase } from '../database/internal.ts'
import type { Schema, UploadKind, UploadSessionTable, UploadStatus } from '../database/schema.ts'
import type { BeforeIo } from '../sources/filesystem/io.ts'
import { storagePath } from '../sources/paths.ts'
import { createLeases, LeaseLost } from './leases.ts'
import { BATCH, TTL_S } from './limits.ts'
import type { PartsPlan } from './plan.ts'
import { type Failure, type Lease, type Received, type StepLogEntry, toSession, type UploadSession } from './session.ts'

export interface NewSession {
  /** @default 'post' */
  readonly kind?: UploadKind
  /** Of `parts`. */
  readonly plan?: PartsPlan
  readonly sourceId: number
  readonly filename: string
  readonly declaredType: string | undefined
  readonly declaredSize: number | undefined
  readonly actorId: string | null
}

/** What a change writes; what is left out stays. */
export interface SessionChange {
  readonly status?: UploadStatus
  readonly completionStatus?: string | null
  readonly steps?: readonly StepLogEntry[]
  readonly failure?: Failure | null
  readonly storageUpload?: string
  /** When the bytes must be removed (again). */
  readonly clearAt?: Date
  readonly received?: Received | null
  /** Gives the lease back. With a time, nobody takes it before. */
  readonly release?: true | { readonly notBefore: Date }
}

/** Which open sessions are listed. */
export interface OpenQuestion {
  readonly sourceId: number
  readonly actorId: string
  readonly filename?: string | undefined
  readonly size?: number | undefined
  /** Only those that are older than this one. */
  readonly before?: string | undefined
  readonly limit: number
}

export type SessionStore = ReturnType<typeof createSessionStore>

export interface SessionStoreOptions {
  readonly database: InternalDatabase
  readonly before: BeforeIo
  readonly now: () => number
}

/** Upload sessions in the internal database. Every change is one short transaction that names the fence it was made under. */
export function createSessionStore({ database, before, now }: SessionStoreOptions) {
  function write<Result>(name: string, work: (trx: Transaction<Schema>) => Promise<Result>): Promise<Result> {
    before(`database: ${name}`)
    return database.write(work)
  }

  function time(): string {
    return new Date(now()).toISOString()
  }

  const leases = createLeases({ database, write, now })

  return {
    ...leases.upkeep,

    /** Leased to us from the first moment. @param tokenHash of the token that its client gets, if it waits for one */
    async begin(fresh: NewSession, tokenHash?: string): Promise<Lease> {
      const row = await insert(fresh, { ...leases.taken(), ...(tokenHash !== undefined && { token_hash: tokenHash }) })
      return leases.hold(toSession(row), row.fence)
    },

    /** A session that waits for its client. @param tokenHash SHA-256 of the token that the client gets */
    async prepare(fresh: NewSession, tokenHash: string): Promise<UploadSession> {
      return toSession(await insert(fresh, { token_hash: tokenHash }))
    },

    /** The lease of a session in one of these states, unless somebody holds it. */
    async claim(id: string, statuses: readonly UploadStatus[]): Promise<Lease | undefined> {
      const row = await write('claim session', (trx) =>
        trx
          .updateTable('upload_sessions')
          .set((eb) => ({ ...leases.taken(), fence: eb('fence', '+', 1) }))
          .where('id', '=', id)
          .where('status', 'in', statuses)
          .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', time())]))
          .returningAll()
          .executeTakeFirst(),
      )
      return row && leases.hold(toSession(row), row.fence)
    },

    /** Changes the row under the lease, and in the same transaction whatever `also` does. @throws LeaseLost */
    async change(
      lease: Lease,
      name: string,
      change: SessionChange,
      also?: (trx: Transaction<Schema>) => Promise<void>,
    ): Promise<Lease> {
      const { id } = lease.session
      const row = await write(name, async (trx) => {
        const changed = await trx
          .updateTable('upload_sessions')
          .set(columnsOf(change, change.status ?? lease.session.status))
          .where('id', '=', id)
          .where('fence', '=', lease.fence)
          .where('lease_owner', '=', leases.owner)
          .returningAll()
          .executeTakeFirst()
        if (changed === undefined) throw new LeaseLost(id)
        await also?.(trx)
        return changed
      })
      if (change.release !== undefined) leases.drop(id)
      return { ...lease, session: toSession(row) }
    },

    /**
     * Ends a session that has made no file, whoever holds its lease. Its bytes are to be removed from now on.
     *
     * @returns `undefined` when it is in none of these states
     */
    async abort(id: string, reason: Failure, statuses: readonly UploadStatus[]): Promise<UploadSession | undefined> {
      const row = await write('abort session', (trx) =>
        trx
          .updateTable('upload_sessions')
          .set((eb) => ({
            ...columnsOf({ failure: reason, release: true, clearAt: new Date(now()) }, 'aborted'),
            fence: eb('fence', '+', 1),
          }))
          .where('id', '=', id)
          .where('status', 'in', statuses)
          .returningAll()
          .executeTakeFirst(),
      )
      if (row === undefined) return undefined
      leases.lose(id)
      return toSession(row)
    },

    /**
     * Sessions that nobody works on and somebody should: those whose steps were interrupted, those whose body broke off
     * with its process, and those that waited for their client until their time was over.
     */
    async orphaned(): Promise<UploadSession[]> {
      const rows = await database.read
        .selectFrom('upload_sessions')
        .selectAll()
        .where((eb) => eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', time())]))
        .where((eb) =>
          eb.or([
            eb('status', '=', 'completing'),
            eb.and([eb('status', '=', 'initiated'), eb('token_hash', 'is', null)]),
            eb.and([eb('status', '=', 'initiated'), eb('lease_process', 'is not', null)]),
            eb.and([eb('status', '=', 'initiated'), eb('ttl', '<', seconds())]),
          ]),
        )
        .limit(BATCH)
        .execute()
      return rows.map(toSession)
    },

    /** Ended sessions whose time is over, the oldest first. @param after the last one that was looked at */
    async stale(after?: UploadSession): Promise<UploadSession[]> {
      const rows = await database.read
        .selectFrom('upload_sessions')
        .selectAll()
        .where('ttl', '<', seconds())
        .where('status', 'in', ['completed', 'failed', 'aborted', 'expired'])
        .where(sql<boolean>`(ttl, id) > (${after?.ttl ?? 0}, ${after?.id ?? ''})`)
        .orderBy('ttl')
        .orderBy('id')
        .limit(BATCH)
        .execute()
      return rows.map(toSession)
    },

    /** Its client is still there: it gets another week. @returns `undefined` when it is not open */
    async renew(id: string): Promise<UploadSession | undefined> {
      const row = await write('renew session', (trx) =>
        trx
          .updateTable('upload_sessions')
          .set({ updated_at: time(), ttl: ttlOf('initiated') })
          .where('id', '=', id)
          .where('status', '=', 'initiated')
          .returningAll()
          .executeTakeFirst(),
      )
      return row && toSession(row)
    },

    /** Ended sessions whose bytes are to be removed now. */
    async uncleared(): Promise<UploadSession[]> {
      const rows = await database.read
        .selectFrom('upload_sessions')
        .selectAll()
        .where('clear_at', '<=', time())
        .where('status', 'in', ['aborted', 'expired', 'failed'])
        .orderBy('clear_at')
        .limit(BATCH)
        .execute()
      return rows.map(toSession)
    },

    /** @param next when it has to be done again; `null`: never */
    async cleared({ id }: UploadSession, next: Date | null): Promise<void> {
      await write('bytes removed', (trx) =>
        trx
          .updateTable('upload_sessions')
          .set({ clear_at: next?.toISOString() ?? null })
          .where('id', '=', id)
          .where('status', 'in', ['aborted', 'expired', 'failed'])
          .execute(),
      )
    },

    /** An actor's uploads in parts that wait for their client, newest first. */
    async open({ sourceId, actorId, filename, size, before: last, limit }: OpenQuestion): Promise<UploadSession[]> {
      let rows = database.read
        .selectFrom('upload_sessions')
        .selectAll()
        .where('source_id', '=', sourceId)
        .where('actor_id', '=', actorId)
        .where('status', '=', 'initiated')
        .where('kind', '=', 'parts')
        .where('storage_upload', 'is not', null)
        .where('ttl', '>=', seconds())
      if (filename !== undefined) rows = rows.where('filename', '=', filename)
      if (size !== undefined) rows = rows.where('declared_size', '=', size)
      if (last !== undefined) rows = rows.where('id', '<', last)
      return (await rows.orderBy('id', 'desc').limit(limit).execute()).map(toSession)
    },

    async remove(ids: readonly string[]): Promise<void> {
      if (ids.length === 0) return
      await write('remove sessions', (trx) => trx.deleteFrom('upload_sessions').where('id', 'in', ids).execute())
    },

    /** Rows past their ttl are gone, even before they are removed. */
    async get(id: string): Promise<UploadSession | undefined> {
      return await one('id', id)
    },

    async byToken(tokenHash: string): Promise<UploadSession | undefined> {
      return await one('token_hash', tokenHash)
    },

    /** Whether the file of a session is in the registry: then its bytes are not ours to remove. */
    async isRecorded(session: UploadSession): Promise<boolean> {
      const row = await database.read
        .selectFrom('datasette_files')
        .select('id')
        .where((eb) =>
          eb.or([
            eb('id', '=', session.fileId),
            eb.and([eb('source_id', '=', session.sourceId), eb('path', '=', session.path)]),
          ]),
        )
        .executeTakeFirst()
      if (row !== undefined) return true
      // A file that was deleted since has its bytes still.
      const deleted = await database.read
        .selectFrom('datasette_files_trash')
        .select('id')
        .where('id', '=', session.fileId)
        .executeTakeFirst()
      return deleted !== undefined
    },
  }

  async function insert(fresh: NewSession, values: Partial<Insertable<UploadSessionTable>>) {
    const fileId = `df-${ulid(now()).toLowerCase()}`
    return await write('create session', (trx) =>
      trx
        .insertInto('upload_sessions')
        .values({
          id: ulid(now()).toLowerCase(),
          source_id: fresh.sourceId,
          file_id: fileId,
          path: storagePath(fileId, fresh.filename),
          filename: fresh.filename,
          declared_type: fresh.declaredType ?? null,
          declared_size: fresh.declaredSize ?? null,
          kind: fresh.kind ?? 'post',
          part_size: fresh.plan?.partSize ?? null,
          part_count: fresh.plan?.partCount ?? null,
          actor_id: fresh.actorId,
          status: 'initiated',
          fence: 1,
          ttl: ttlOf('initiated'),
          ...values,
        })
        .returningAll()
        .executeTakeFirstOrThrow(),
    )
  }

  async function one(column: 'id' | 'token_hash', value: string): Promise<UploadSession | undefined> {
    const row = await database.read
      .selectFrom('upload_sessions')
      .selectAll()
      .where(column, '=', value)
      .where('ttl', '>=', seconds())
      .executeTakeFirst()
    return row && toSession(row)
  }

  function columnsOf(change: SessionChange, status: UploadStatus) {
    const { release } = change
    return {
      updated_at: time(),
      status,
      ttl: ttlOf(status),
      ...(status === 'completed' && { completed_at: time() }),
      ...(change.completionStatus !== undefined && { completion_status: change.completionStatus }),
      ...(change.steps !== undefined && { completion_steps_log: JSON.stringify(change.steps) }),
      ...(change.failure !== undefined && {
        failure_reason: change.failure === null ? null : JSON.stringify(change.failure),
      }),
      ...(change.storageUpload !== undefined && { storage_upload: change.storageUpload }),
      ...(change.clearAt !== undefined && { clear_at: change.clearAt.toISOString() }),
      ...(change.received !== undefined && {
        received: change.received === null ? null : JSON.stringify(change.received),
      }),
      ...(release !== undefined && {
        lease_owner: null,
        lease_process: null,
        lease_until: release === true ? null : release.notBefore.toISOString(),
      }),
    }
  }

  function seconds(): number {
    return Math.floor(now() / 1_000)
  }

  function ttlOf(status: UploadStatus): number {
    return seconds() + TTL_S[status]
  }
}
