import assert from 'node:assert/strict'
import { chmod, link, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ChildFailure, startChild } from '../../files/children/child-process.ts'
import { HoldallError } from '../../web/error.ts'
import { createLog } from '../../web/log.ts'
import { createDuckDbEngine } from './engine.ts'
import { OVERHEAD_BYTES } from './limits.ts'
import { identityOf } from './open-files.ts'
import { isSuperuser } from './rights.ts'
import { engineEnvironment } from './settings.ts'
import { ATTACKS } from './test-attacks.ts'
import { openTestFolder } from './test-duckdb.ts'

const MIB = 1024 * 1024
const folder = await openTestFolder()
after(() => folder.remove())
const file = await folder.parquet('data.parquet', "SELECT i AS id, 'n' || i AS name FROM range(3) t(i)")
// The superuser's processes become somebody else; of anybody else's the mode is what protects the file.
await chmod(file, isSuperuser() ? 0o644 : 0o444)
const bytes = await readFile(file)
// Another's file, as it could come to lie beside that of a table.
const secret = await folder.parquet('secret.parquet', "SELECT 'secret' AS id")
await chmod(secret, 0o644)
await link(secret, join(folder.path, 'hard-link.parquet'))
await symlink(secret, join(folder.path, 'symbolic-link.parquet'))
const pinned = { path: file, identity: identityOf(await stat(file, { bigint: true })) }

const work = join(folder.path, 'own')
await mkdir(work)
const memoryBytes = 256 * MIB

function startUngated() {
  return startChild(
    {
      script: fileURLToPath(new URL('./test-walls-child.ts', import.meta.url)),
      folder: work,
      env: engineEnvironment(memoryBytes),
      system: { dataBytes: memoryBytes + OVERHEAD_BYTES, fileBytes: 0 },
    },
    { timeoutMs: 20_000, memoryBytes: 2_048 * MIB },
  )
}

let child = startUngated()
after(() => child.kill())

/** What DuckDB says to a statement that no gate has looked at; empty when it did it. */
async function ungated(sql: string): Promise<{ message: string; rights: string }> {
  if (!child.alive) child = startUngated()
  const payload = Buffer.from(JSON.stringify({ file: pinned, sql: sql.replaceAll('{folder}', folder.path) }))
  const stream = (async function* () {
    yield payload
  })()
  const { header } = await child.run({}, { bytes: payload.length, stream })
  return header as unknown as { message: string; rights: string }
}

test('without the gate, the instance and the process still hold back what reaches out', async () => {
  const reachesOut = ATTACKS.filter((sql) =>
    /\{folder\}|\/etc|\/proc\/self\/e|\/tmp|\/dev|http|s3:|hf:|INSTALL|LOAD|UPDATE EXT|SET (?:memory|threads|temp|enable|Time)|RESET|log_query|profiling_output|PERSISTENT|\.\.\/|PROGRAM/.test(
      sql,
    ),
  )
  assert.ok(reachesOut.length > 30)
  for (const sql of reachesOut) {
    const { message } = await ungated(sql)
    assert.notEqual(message, '', sql)
  }
  assert.deepEqual(await readdir(work), [])
})

test('a COPY onto the file of a table fails, and the file is what it was', async () => {
  for (const sql of [
    "COPY (SELECT 1 AS id) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)",
    "COPY (SELECT 1 AS id) TO '{file}' (FORMAT csv, USE_TMP_FILE false)",
    "COPY (SELECT 1 AS id) TO '{file}' (FORMAT parquet)",
  ]) {
    const { message, rights } = await ungated(sql)
    assert.match(message, /Permission|Cannot open/, sql)
    assert.equal(rights, isSuperuser() ? 'given-up' : 'own')
  }
  assert.ok((await readFile(file)).equals(bytes))
})

test('what a statement leaves in an instance, the next one does not meet', async () => {
  assert.equal((await ungated('CREATE OR REPLACE VIEW data AS SELECT 1 AS id')).message, '')
  assert.equal((await ungated('SET VARIABLE v = 1')).message, '')
  assert.match((await ungated("SELECT CASE WHEN getvariable('v') IS NULL THEN error('clean') END")).message, /clean/)
  assert.match((await ungated("SELECT CASE WHEN count(*) = 3 THEN error('three') END FROM data")).message, /three/)
})

test('a process that logs to where it may not ends, and says nothing of the host', async () => {
  await ungated("CALL enable_logging(storage='file', storage_path='/nowhere/log')").catch((error: unknown) =>
    assert(error instanceof ChildFailure),
  )
  assert.equal((await ungated('SELECT 1')).message, '')
})

test('memory that DuckDB does not count is refused by the system', async () => {
  for (const sql of ["SELECT length(repeat('x', 4000000000))", 'SELECT len(range(1000000000))']) {
    const { message } = await ungated(sql)
    assert.match(message, /Out of Memory|allocat/i, sql)
  }
})

test('all attacks through the front door are refused with a reason, and change nothing', async (t) => {
  const engine = createDuckDbEngine({ folder: join(folder.path, 'engine'), log: createLog(() => {}) })
  t.after(() => engine.close())
  const tables = [{ name: 'data', files: [file] }]
  for (const attack of ATTACKS) {
    const sql = attack.replaceAll('{file}', file).replaceAll('{folder}', folder.path)
    await assert.rejects(engine.query({ tables, sql, actorId: 'mallory' }), (error: unknown) => {
      assert(error instanceof HoldallError, sql)
      assert.ok(['query_refused', 'query_failed'].includes(error.code), `${sql}: ${error.code}`)
      assert.equal(error.status, 400)
      if (!sql.includes(folder.path)) assert.doesNotMatch(error.message, /holdall-engine|\/proc\//, sql)
      return true
    })
  }
  assert.deepEqual((await engine.query({ tables, sql: 'SELECT count(*) AS n FROM data', actorId: 'alice' })).rows, [
    { n: 3 },
  ])
  assert.ok((await readFile(file)).equals(bytes))
  assert.deepEqual(await readdir(join(folder.path, 'engine', 'exports')), [])
})
