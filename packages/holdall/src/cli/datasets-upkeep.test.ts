import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { findDataset, trashDataset } from '../datasets/records.ts'
import { ORGANIZATION } from '../datasets/testing.ts'
import { RETENTION_MS } from '../datasets/trash/limits.ts'
import { openTestDatasetTrash, type TestDatasetTrash } from '../datasets/trash/test-trash.ts'
import { createObjectHashing } from '../datasets/upkeep/hashing.ts'
import { GRACE_MS } from '../datasets/upkeep/objects.ts'
import { visits } from '../datasets/uploads/test-parquet.ts'
import { datasetFolder } from '../sources/paths.ts'
import { until } from '../uploads/test-crash.ts'
import { createLog } from '../web/log.ts'
import { type Ran, runCommand } from './test-run.ts'

describe('holdall gc and holdall verify, of datasets', () => {
  let data: string
  let room: TestDatasetTrash

  before(async () => {
    data = mkdtempSync(join(tmpdir(), 'holdall-datasets-upkeep-'))
    room = await openTestDatasetTrash(data)
  })
  after(async () => {
    await room.close()
    rmSync(data, { recursive: true })
  })

  async function run(...argv: string[]): Promise<Ran> {
    return await runCommand([...argv, '--data', data])
  }

  const fullPath = (path: string) => join(data, 'files', path)

  /** A dataset of one real Parquet file. */
  async function real(): Promise<{ id: string; path: string }> {
    const id = await room.make(1)
    const path = (await findDataset(room.database, room.collection, id))?.files[0]?.path ?? ''
    const content = visits(20)
    writeFileSync(fullPath(path), content)
    await room.database.write((trx) =>
      trx
        .updateTable('dataset_files')
        .set({ size_bytes: content.length, row_count: 20 })
        .where('path', '=', path)
        .execute(),
    )
    return { id, path }
  }

  test('gc: what is due goes, and what nothing names below a dataset of ours; what another Holdall has stays', async () => {
    const [kept, due] = [await real(), await room.make(2)]
    await trashDataset(room.database, due, null)
    const then = new Date(Date.now() - RETENTION_MS - 60_000)
    await room.database.write((trx) =>
      trx.updateTable('datasets').set({ deletion_requested_at: then.toISOString() }).where('id', '=', due).execute(),
    )
    const orphan = `${datasetFolder(ORGANIZATION, kept.id)}v1/data/part-left.parquet`
    const young = `${datasetFolder(ORGANIZATION, kept.id)}v1/data/part-young.parquet`
    const foreign = `${datasetFolder(ORGANIZATION, '75f2639a-2076-5af5-a515-7b3cd478db74')}v1/data/part-0.parquet`
    for (const path of [orphan, young, foreign]) await room.object(path)
    const old = new Date(Date.now() - GRACE_MS - 60_000)
    for (const path of [orphan, foreign, kept.path]) utimesSync(fullPath(path), old, old)

    const told = await run('gc')
    assert.equal(told.code, 0, told.stderr)
    assert.match(told.stdout, /2 objects of deleted and replaced datasets would go for good: 1 KB/)
    assert.match(
      told.stdout,
      /files: 1 object of datasets that nothing names would be removed: 500 bytes\n {2}org\S+part-left/,
    )
    assert.ok(existsSync(fullPath(orphan)))
    const done = await run('gc', '--delete')
    assert.match(done.stdout, /2 objects of deleted and replaced datasets gone for good: 1 KB/)
    assert.match(done.stdout, /files: 1 object of datasets that nothing names removed: 500 bytes/)
    assert.ok(!existsSync(fullPath(orphan)))
    for (const path of [young, foreign, kept.path]) assert.ok(existsSync(fullPath(path)), path)
    assert.notEqual((await findDataset(room.database, room.collection, due))?.deletedAt, null)
    rmSync(fullPath(young))
  })

  test('verify: all as recorded; then what is missing, cut off, another file, or nobody’s', async () => {
    const [whole, gone, cut, other] = [await real(), await real(), await real(), await real()]
    const fine = await run('verify')
    assert.equal(fine.code, 0, fine.stdout)
    assert.match(fine.stdout, /files: 0 files, 0 bytes; \d objects of datasets, [\d.]+ KB; all as recorded/)
    rmSync(fullPath(gone.path))
    truncateSync(fullPath(cut.path), 100)
    const content = visits(20)
    content.fill(0, content.length - 60, content.length - 8)
    writeFileSync(fullPath(other.path), content)
    const stray = `${datasetFolder(ORGANIZATION, whole.id)}v1/data/part-stray.parquet`
    await room.object(stray)
    const quick = await run('verify', '--quick', '--json')
    assert.deepEqual(problemsOf(quick.stdout), [`damaged ${cut.path}`, `missing ${gone.path}`, `stray ${stray}`])
    const all = await run('verify', '--json')
    assert.equal(all.code, 1)
    assert.deepEqual(
      problemsOf(all.stdout),
      [`damaged ${cut.path}`, `damaged ${other.path}`, `missing ${gone.path}`, `stray ${stray}`].sort(),
    )
  })

  test('verify: what became of bytes in place is told of a dataset and of the file it was made of', async () => {
    const made = await real()
    const original = await room.object(`${datasetFolder(ORGANIZATION, made.id)}original/visits.csv`)
    await room.database.write((trx) =>
      sql`INSERT INTO dataset_files (dataset_id, version, ordinal, role, source_id, path, filename, size_bytes)
        VALUES (${made.id}, 1, 9, 'original', ${original.sourceId}, ${original.path}, 'visits.csv', 500)`.execute(trx),
    )
    const paths = [made.path, original.path].sort()
    const hashes = () =>
      room.database.read
        .selectFrom('dataset_files')
        .select(['path', 'content_hash'])
        .where('dataset_id', '=', made.id)
        .orderBy('path')
        .execute()
    const { database, sources } = room
    const hashing = createObjectHashing({ database, sources, isAsked: () => false, log: createLog(() => {}) })
    hashing.start()
    await until(async () => (await hashes()).every(({ content_hash }) => content_hash !== null))
    await hashing.close()
    const known = paths.map((path) => ({
      path,
      content_hash: `sha256:${createHash('sha256')
        .update(readFileSync(fullPath(path)))
        .digest('hex')}`,
    }))
    assert.deepEqual(
      (await hashes()).map((row) => ({ ...row })),
      known,
    )
    const before = problemsOf((await run('verify', '--json')).stdout)
    for (const path of paths) {
      const { atime, mtime } = statSync(fullPath(path))
      const content = readFileSync(fullPath(path))
      content[100] = (content[100] as number) ^ 1
      writeFileSync(fullPath(path), content)
      utimesSync(fullPath(path), atime, mtime)
    }
    const after = problemsOf((await run('verify', '--json')).stdout)
    assert.deepEqual(
      after.filter((problem) => !before.includes(problem)),
      paths.map((path) => `damaged ${path}`),
    )
  })

  function problemsOf(stdout: string): string[] {
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    return events.flatMap(({ event, kind, path }) => (event === 'problem' ? [`${kind} ${path}`] : [])).sort()
  }
})
