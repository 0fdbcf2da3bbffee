import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TestServer } from './test-server.ts'

const PATIENCE_MS = 8_000

/** Makes every lease one of a process of this host that is no more. */
export async function asIfDead(server: TestServer): Promise<void> {
  await server.database.write(async (trx) => {
    const rows = await trx.selectFrom('upload_sessions').select(['id', 'lease_process']).execute()
    for (const { id, lease_process } of rows) {
      if (lease_process === null) continue
      await trx
        .updateTable('upload_sessions')
        .set({ lease_owner: 'dead', lease_process: lease_process.replace(/-\d+$/, '-1') })
        .where('id', '=', id)
        .execute()
    }
  })
}

export async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  for (const deadline = Date.now() + PATIENCE_MS; !(await check()); await sleep(20)) {
    assert.ok(Date.now() < deadline, 'it took too long')
  }
}
