import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { link, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { createToken } from '../../access/tokens.ts'
import { assemble } from '../../app/holdall.ts'
import { listen } from '../../app/server.ts'
import { loadConfig } from '../../config/config.ts'
import { openInternalDatabase } from '../../database/internal.ts'
import { createLog } from '../../web/log.ts'
import { type Collection, findCollection } from '../collections/rows.ts'
import { ATTACKS } from '../engine/test-attacks.ts'
import { ORGANIZATION, testDatasetOf, writeParquet } from '../testing.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-attacks-'))
const data = join(folder, 'data')
const { config } = loadConfig({
  env: {},
  cwd: folder,
  overrides: { collections: [{ organization: ORGANIZATION, id: 'open', permissions: { 'query-collection': true } }] },
})
const holdall = await assemble({ config, data, env: {}, log: createLog(() => {}) })
const server = await listen(holdall.http.fetch, { host: '127.0.0.1', port: 0 })
const db = await openInternalDatabase(join(data, 'internal.db'))
after(async () => {
  await server.close()
  await db.close()
  await holdall.close()
  rmSync(folder, { recursive: true, force: true })
})
const { token } = await createToken(db, Date.now, { actorId: 'mallory', name: 'test', by: null })
const { seq } = (await findCollection(db, ORGANIZATION, 'open')) as Collection
const root = join(data, 'files')
mkdirSync(root, { recursive: true })

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, whatever they have
async function ask(sql: string): Promise<{ status: number; body: any }> {
  const response = await fetch(`http://127.0.0.1:${server.port}/-/datasets/${ORGANIZATION}/open/query`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ sql }),
  })
  return { status: response.status, body: await response.json() }
}

test('over HTTP every attack is refused with a reason that tells no path, and changes nothing', async () => {
  const file = join(root, 'visits.parquet')
  await writeParquet(file, "SELECT i AS id, 'n' || i AS name FROM range(3) t(i)")
  const secret = join(folder, 'secret.parquet')
  await writeParquet(secret, "SELECT 'secret' AS id")
  await link(secret, join(root, 'hard-link.parquet'))
  await symlink(secret, join(root, 'symbolic-link.parquet'))
  const { tableName } = await testDatasetOf(db, seq, { root, path: 'visits.parquet' })
  const bytes = readFileSync(file)
  const before = await readdir(root)
  for (const attack of ATTACKS) {
    const sql = attack
      .replaceAll(/\bdata\b/g, tableName)
      .replaceAll('{file}', file)
      .replaceAll('{folder}', root)
    const { status, body } = await ask(sql)
    assert.equal(status, 400, `${sql}: ${JSON.stringify(body)}`)
    assert.ok(['query_refused', 'query_failed', 'bad_request'].includes(body.code), `${sql}: ${body.code}`)
    assert.ok(body.error.length > 10, `${sql}: ${body.error}`)
    if (!sql.includes(root)) assert.ok(!body.error.includes(folder) && !body.error.includes('/proc/'), body.error)
  }
  const { body } = await ask(`SELECT count(*) AS n FROM ${tableName}`)
  assert.deepEqual(body.rows, [{ n: 3 }], JSON.stringify(body))
  assert.ok(readFileSync(file).equals(bytes))
  assert.deepEqual(await readdir(root), before)
})

test('a dataset whose file becomes a link out of its folder, or lies below one, is not read', async () => {
  const outside = join(folder, 'outside')
  mkdirSync(outside)
  for (const path of ['moved.parquet', join('below', 'moved.parquet')]) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    await writeParquet(file, 'SELECT 1 AS id')
    const { tableName } = await testDatasetOf(db, seq, { root, path })
    assert.deepEqual((await ask(`FROM ${tableName}`)).body.rows, [{ id: 1 }])
    // Its size and its time stay, so that nothing but the link tells that it is another.
    const whole = path === 'moved.parquet' ? file : dirname(file)
    const to = join(outside, path.replace('/', '-'))
    renameSync(whole, to)
    symlinkSync(to, whole)
    const { status, body } = await ask(`FROM ${tableName}`)
    assert.deepEqual([status, body.code], [410, 'file_missing'], JSON.stringify(body))
    await rm(whole)
  }
})
