import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import type { StoredFile } from '../../sources/storage.ts'
import { openTestSync } from './testing.ts'

const PAGES = 8
const FILES_OF_A_PAGE = 500
/** Half of it is what splitting the first page over and over leaves. */
const LEAST_FILLED = 0.8

test('what a sync enters fills the indexes that it enters in order', async (t) => {
  const room = await openTestSync({
    wrap: (storage) => ({
      ...storage,
      async list({ cursor = '0' } = {}) {
        const page = Number(cursor)
        const files = Array.from({ length: FILES_OF_A_PAGE }, (_, n): StoredFile => {
          const name = `${page}/${String(n).padStart(3, '0')}.jpg`
          return { path: name, size: 1, lastModified: new Date(1_700_000_000_000) }
        })
        return { files, next: page + 1 < PAGES ? `${page + 1}` : null }
      },
    }),
  })
  try {
    assert.equal((await room.run()).added, PAGES * FILES_OF_A_PAGE)
    const names = ['datasette_files', 'datasette_files_newest', 'sqlite_autoindex_datasette_files_1']
    for (const name of names) {
      const { rows } = await sql<{ filled: number }>`SELECT 1.0 - 1.0 * sum(unused) / sum(pgsize) AS filled
        FROM dbstat WHERE name = ${name} AND pagetype = 'leaf'`.execute(room.database.read)
      const filled = rows[0]?.filled ?? 0
      t.diagnostic(`${name}: ${Math.round(filled * 100)}% of its pages`)
      assert.ok(filled >= LEAST_FILLED, `${name} fills ${filled} of its pages`)
    }
  } finally {
    await room.close()
  }
})
