import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { openInternalDatabase } from '../database/internal.ts'
import type { CommandIo } from './arguments.ts'
import { backup } from './backup.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-backup-'))
const data = join(folder, 'data')
const museum = join(folder, 'museum.db')

before(async () => {
  mkdirSync(data)
  await (await openInternalDatabase(join(data, 'internal.db'))).close()
  writeFileSync(join(data, 'secret'), 'kept\n')
  const database = new DatabaseSync(museum)
  // More pages than are copied at once.
  database.exec(`CREATE TABLE things (id INTEGER PRIMARY KEY, body BLOB);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
      INSERT INTO things (body) SELECT zeroblob(4000) FROM n`)
  database.close()
})
after(() => rmSync(folder, { recursive: true }))

function run(argv: readonly string[], signal = new AbortController().signal, printed: string[] = []): Promise<void> {
  const io: CommandIo = {
    stdout: { write: (text: string) => printed.push(text) > 0 },
    stderr: { write: () => true },
    env: {},
    signal,
  }
  return backup([...argv, '--data', data], io)
}

function left(): string[] {
  return readdirSync(folder).sort()
}

test('everything but the files is in the folder, each database whole, and nothing else is left', async () => {
  const before = left()
  const target = join(folder, 'saved')
  await run([target, museum])
  assert.deepEqual(left(), [...before, 'saved'].sort())
  assert.deepEqual(readdirSync(target).sort(), ['data', 'museum.db'])
  assert.deepEqual(readdirSync(join(target, 'data')).sort(), ['internal.db', 'secret'])
  const copy = new DatabaseSync(join(target, 'museum.db'), { readOnly: true })
  assert.deepEqual({ ...copy.prepare('SELECT count(*) AS n FROM things').get() }, { n: 3000 })
  assert.deepEqual({ ...copy.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  copy.close()
  rmSync(target, { recursive: true })
})

test('what cannot be whole is not begun: something in the folder, a database that is not there, two of one name', async () => {
  const occupied = join(folder, 'occupied')
  mkdirSync(occupied)
  writeFileSync(join(occupied, 'mine'), 'x')
  mkdirSync(join(folder, 'other'))
  writeFileSync(join(folder, 'other', 'museum.db'), '')
  // A name that the backup itself needs.
  writeFileSync(join(folder, 'other', 'data'), '')
  const before = left()
  const target = join(folder, 'never')
  await assert.rejects(run([occupied, museum]), /has something in it/)
  await assert.rejects(run([target, join(folder, 'gone.db')]), /There is no database/)
  await assert.rejects(run([target, museum, join(folder, 'other', 'museum.db')]), /called museum\.db/)
  await assert.rejects(run([target, join(folder, 'other', 'data')]), /called data/)
  await assert.rejects(run([join(folder, 'no', 'where'), museum]), /There is no folder/)
  assert.deepEqual(left(), before)
  assert.deepEqual(readdirSync(occupied), ['mine'])
})

test('one that is stopped leaves nothing', async () => {
  const before = left()
  await assert.rejects(run([join(folder, 'stopped'), museum], AbortSignal.abort()), /Stopped/)
  assert(!existsSync(join(folder, 'stopped')))
  assert.deepEqual(left(), before)
})

test('what is to be copied beside it is named by its folder, an adopted one too; what is missing is not counted', async () => {
  const database = await openInternalDatabase(join(data, 'internal.db'))
  const scans = join(folder, 'scans')
  await database.write(async (trx) => {
    for (const [id, slug, origin, storage, config] of [
      [1, 'scans', 'runtime', 'filesystem', JSON.stringify({ root: scans, read_only: true })],
      [2, 'files', 'default', 'filesystem', '{}'],
      [3, 'bucket', 'runtime', 's3', JSON.stringify({ bucket: 'photos' })],
      [4, 'gone', 'configuration', 'filesystem', '{}'],
      [5, 'empty', 'runtime', 'filesystem', JSON.stringify({ root: join(folder, 'empty') })],
    ] as const) {
      await sql`INSERT INTO datasette_files_sources (id, slug, storage_type, origin, config)
        VALUES (${id}, ${slug}, ${storage}, ${origin}, ${config})`.execute(trx)
    }
    for (const [id, source_id, missing_since, adopted] of [
      ['a', 1, null, 1],
      ['b', 1, null, 1],
      ['c', 1, '2026-01-01T00:00:00.000Z', 1],
      ['d', 2, null, 0],
      ['e', 3, null, 0],
      ['f', 4, null, 0],
    ] as const) {
      await trx
        .insertInto('datasette_files')
        .values({ id, source_id, path: id, filename: id, missing_since, adopted })
        .execute()
    }
  })
  await database.close()
  const printed: string[] = []
  await run([join(folder, 'counted'), museum], undefined, printed)
  assert.deepEqual(printed.join('').split('\n').slice(1, -1), [
    'The files themselves are not in it. Copy them too:',
    '  bucket: what lies in s3, 1 file',
    `  files: the folder ${join(data, 'files')}, 1 file; copy it to ${join(folder, 'counted', 'data', 'files')}`,
    '  gone: its folder, which stands in the configuration that the server was started with, 1 file',
    `  scans: the folder ${scans}, 2 files (1 more missing); it is looked for there again`,
  ])
})

test('a folder that the configuration names from where it lies is copied into the backup, one that it names in full is not', async () => {
  const place = join(folder, 'place')
  mkdirSync(place)
  // Beside the configuration's folder, and not beside the backup's.
  writeFileSync(join(folder, 'label.txt'), 'Scans')
  const full = join(place, 'full')
  const config = join(place, 'holdall.json')
  const scans = { storage: 'filesystem', label: { $file: '../label.txt' }, config: { root: './scans' } }
  writeFileSync(config, JSON.stringify({ sources: { scans, gone: { storage: 'filesystem', config: { root: full } } } }))
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true })
  const target = join(folder, 'deep', 'er', 'saved')
  const printed: string[] = []
  await run([target, museum, '-c', config], undefined, printed)
  const lines = printed.join('').split('\n')
  assert(
    lines.includes(
      `  scans: the folder ${join(place, 'scans')}, 2 files (1 more missing); copy it to ${join(target, 'scans')}`,
    ),
  )
  assert(lines.includes(`  gone: the folder ${full}, 1 file; it is looked for there again`))
})
