import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openInternalDatabase } from '../database/internal.ts'
import { createInternalStore } from './internal-store.ts'
import { sessionStoreContract } from './session-store-contract.ts'

sessionStoreContract(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-sessions-'))
  const database = await openInternalDatabase(join(folder, 'internal.db'))
  await database.write(async (trx) => {
    for (const slug of ['one', 'two']) {
      const source = {
        slug,
        storage_type: 'filesystem',
        label: null,
        last_sync_token: null,
        origin: 'runtime',
      } as const
      await trx.insertInto('datasette_files_sources').values(source).execute()
    }
  })
  return {
    store: createInternalStore(database),
    sources: [1, 2],
    async close() {
      await database.close()
      rmSync(folder, { recursive: true })
    },
  }
})
