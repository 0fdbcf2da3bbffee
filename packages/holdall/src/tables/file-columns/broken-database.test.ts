import assert from 'node:assert/strict'
import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { openTestApp, type TestApp } from '../pages/test-app.ts'

const OBJECTS = `CREATE TABLE objects (id INTEGER PRIMARY KEY, name TEXT, photo TEXT);
  INSERT INTO objects (name) VALUES ('jug')`

/** What may happen to a served database. Each gives what undoes it. */
const TROUBLES: Readonly<Record<string, (path: string) => () => void>> = {
  'moved away': (path) => {
    renameSync(path, `${path}.away`)
    return () => renameSync(`${path}.away`, path)
  },
  'overwritten with something else': (path) => {
    copyFileSync(path, `${path}.copy`)
    writeFileSync(path, 'no database at all, '.repeat(1_000))
    return () => copyFileSync(`${path}.copy`, path)
  },
  'locked by another process': (path) => {
    const holder = new DatabaseSync(path)
    holder.exec('BEGIN EXCLUSIVE')
    return () => holder.close()
  },
}

describe('a served database that cannot be read', () => {
  for (const [name, trouble] of Object.entries(TROUBLES)) {
    it(`takes no file’s page with it, and no path to anybody: ${name}`, async () => {
      const column = { tables: { objects: { columns: { photo: { file_column: true } } } } }
      const app = await openTestApp({
        sql: OBJECTS,
        other: OBJECTS,
        config: {
          databases: { data: column, other: { path: 'other.db', ...column } },
          permissions: { 'files-browse': { id: 'ann' }, 'files-delete': { id: 'ann' } },
        },
      })
      try {
        const [used, free] = [await put(app, 'used.txt'), await put(app, 'free.txt')]
        app.look.prepare('UPDATE objects SET photo = ?').run(used)
        const path = join(app.folder, 'other.db')
        // Once before anything was read from it, and once after.
        for (const _ of [1, 2]) {
          const mend = trouble(path)
          await seenBroken(app, used, free)
          const { data, other } = await listed(app)
          assert.deepEqual(data, [1, undefined])
          assert.match(other?.[1] ?? '', /^The database (cannot be read: |is busy\.)/)
          if (name === 'moved away') {
            assert.match(other?.[1] ?? '', /its file is not there, or not readable\./)
            assert.match(await app.page('/', 'ann'), /its file is not there, or not readable\./)
          }
          mend()
          assert.deepEqual(await references(app, used), [1, false])
          assert.match(await app.page(`/-/files/${used}`, 'ann'), /Used in 1 row</)
        }
      } finally {
        await app.close()
      }
    })
  }
})

/** What is asked of `other`, or of all at once, is refused, all else is answered, and nothing names a path. */
async function seenBroken(app: TestApp, used: string, free: string): Promise<void> {
  const [ofUsed, ofFree, usedPage, freePage] = await Promise.all([
    references(app, used),
    references(app, free),
    app.page(`/-/files/${used}`, 'ann'),
    app.page(`/-/files/${free}`, 'ann'),
  ])
  assert.deepEqual(ofUsed, [1, true])
  assert.deepEqual(ofFree, [0, true])
  assert.match(usedPage, /at least 1 row that uses it<\/a> says so until you restore it/)
  assert.match(usedPage, /Used in at least 1 row<\/h2>.*<p class="muted">Not every table could be searched\.</s)
  assert.match(freePage, /Used in no rows<\/h2><p class="muted">Not every table could be searched\./)
  assert.deepEqual(
    await Promise.all(
      [
        `/-/files/${used}`,
        '/-/files/unused',
        '/-/files/unused.json',
        '/-/files/duplicates',
        '/-/files/trash',
        '/-/rows/search.json?q=jug',
        '/-/files/search?q=jug',
        '/',
        '/other/objects',
        '/other/objects.json',
        '/other/objects.csv',
        '/other/objects/1',
        '/other/objects/1.json',
        '/other',
        '/other.json',
        '/.json',
        '/other/-/query.json?sql=select+1',
      ].map(async (address) => {
        const response = await app.ask(address, { actor: 'ann' })
        const isOther = address.startsWith('/other')
        const body = await response.text()
        return [address, isOther ? response.status === 503 : response.status === 200, body.includes(app.folder)]
      }),
    ).then((seen) => seen.filter(([, isRight, tells]) => isRight !== true || tells === true)),
    [],
  )
}

/** The databases that `/.json` lists, each with how many tables it has and what is wrong. */
async function listed(app: TestApp): Promise<Record<string, [number, string | undefined]>> {
  const { databases } = (await (await app.ask('/.json', { actor: 'ann' })).json()) as {
    databases: { name: string; tables_count: number; error?: string }[]
  }
  return Object.fromEntries(databases.map(({ name, tables_count, error }) => [name, [tables_count, error]]))
}

async function references(app: TestApp, id: string): Promise<[number, boolean]> {
  const response = await app.ask(`/-/files/${id}/references.json`, { actor: 'ann' })
  assert.equal(response.status, 200, await response.clone().text())
  const body = (await response.json()) as { references: unknown[]; truncated: boolean }
  return [body.references.length, body.truncated]
}

async function put(app: TestApp, filename: string): Promise<string> {
  const response = await app.ask(`/-/files/upload/files?filename=${filename}`, {
    actor: 'root',
    body: `bytes of ${filename}`,
    headers: { Accept: 'application/json', 'Content-Type': 'text/plain' },
  })
  return ((await response.json()) as { file_id: string }).file_id
}
