import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { openConnection } from './reader/connection.ts'
import { introspect } from './reader/introspect.ts'
import { buildSchema } from './schema.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-schema-'))
after(() => rmSync(folder, { recursive: true }))

test('the full-text index of a table is hidden however its SQL is spaced; one with text of its own is not', () => {
  const path = join(folder, 'search.db')
  const database = new DatabaseSync(path)
  database.exec(`CREATE TABLE objects (title);
    CREATE VIRTUAL TABLE tight USING fts5(title, content='objects');
    CREATE VIRTUAL TABLE loose USING fts5(title, content = 'objects');
    CREATE VIRTUAL TABLE own USING fts5(title)`)
  database.close()
  const connection = openConnection(path, false)
  try {
    const { tables } = buildSchema(introspect(connection), { name: 'search', tables: {}, queries: {}, metadata: {} })
    const hidden = ['objects', 'tight', 'loose', 'own'].map((name) => tables.get(name)?.hidden)
    assert.deepEqual(hidden, [false, true, true, false])
  } finally {
    connection.close()
  }
})
