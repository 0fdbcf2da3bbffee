import type { InternalDatabase } from '../database/internal.ts'
import { HoldallError } from '../web/error.ts'
import { checkName } from './named.ts'
import { createSeal } from './seal.ts'

/** Secrets in the internal database, sealed with the server's own secret. */
export interface KeptSecrets {
  /** @throws HoldallError `secret_sealed` when it was kept under another server secret */
  get(name: string): Promise<string | undefined>
  /** Adds or replaces. @throws HoldallError `secret_name_invalid` */
  set(name: string, value: string): Promise<void>
  /** @returns whether there was one */
  remove(name: string): Promise<boolean>
  /** By name; never the values. */
  list(): Promise<readonly KeptSecret[]>
}

export interface KeptSecret {
  readonly name: string
  /** ISO 8601. */
  readonly updatedAt: string
}

/** @param serverSecret what `resolveServerSecret` found */
export function createKeptSecrets(
  { read, write }: Pick<InternalDatabase, 'read' | 'write'>,
  serverSecret: string,
): KeptSecrets {
  const { seal, open } = createSeal(serverSecret)
  return {
    async get(name) {
      const row = await read.selectFrom('secrets').select('sealed').where('name', '=', name).executeTakeFirst()
      if (row === undefined) return undefined
      const value = open(name, row.sealed)
      if (value === undefined) throw new HoldallError('secret_sealed', { name })
      return value
    },
    async set(name, value) {
      checkName(name)
      const kept = { sealed: seal(name, value), updated_at: new Date().toISOString() }
      await write((trx) =>
        trx
          .insertInto('secrets')
          .values({ name, ...kept })
          .onConflict((conflict) => conflict.column('name').doUpdateSet(kept))
          .execute(),
      )
    },
    async remove(name) {
      const { numDeletedRows } = await write((trx) =>
        trx.deleteFrom('secrets').where('name', '=', name).executeTakeFirst(),
      )
      return numDeletedRows > 0n
    },
    async list() {
      const rows = await read.selectFrom('secrets').select(['name', 'updated_at']).orderBy('name').execute()
      return rows.map(({ name, updated_at }) => ({ name, updatedAt: updated_at }))
    },
  }
}
