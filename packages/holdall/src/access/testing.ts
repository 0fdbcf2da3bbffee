import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'

/** A fresh internal database in a folder of its own, for the tests of this room. */
export interface TestDatabase {
  readonly db: InternalDatabase
  /** A second connection to the same file, as another process has. */
  another(): Promise<InternalDatabase>
  close(): Promise<void>
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'holdall-access-'))
  const path = join(folder, 'internal.db')
  const opened: InternalDatabase[] = []
  async function open(): Promise<InternalDatabase> {
    const db = await openInternalDatabase(path)
    opened.push(db)
    return db
  }
  return {
    db: await open(),
    another: open,
    async close() {
      await Promise.all(opened.map((db) => db.close()))
      rmSync(folder, { recursive: true })
    },
  }
}
