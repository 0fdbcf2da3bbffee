import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { ulid } from 'ulid'
import { openTestTrash, type TestTrash } from '../files/trash/test-trash.ts'
import { ORPHAN_GRACE_MS } from '../files/upkeep/orphans.ts'
import { storagePath } from '../sources/paths.ts'
import { main } from './main.ts'

const data = mkdtempSync(join(tmpdir(), 'holdall-upkeep-'))
const root = join(data, 'files')
let room: TestTrash

before(async () => {
  room = await openTestTrash(data)
  // As if the source had been known for years: bytes from before that would be nobody's to remove.
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files_sources')
      .set({ created_at: '2020-01-01T00:00:00.000Z' } as never)
      .execute(),
  )
})
after(async () => {
  await room.close()
  rmSync(data, { recursive: true })
})

async function run(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  let [stdout, stderr] = ['', '']
  const code = await main([...argv, '--data', data], {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: {},
    signal: new AbortController().signal,
  })
  return { code, stdout, stderr }
}

interface Put {
  readonly id: string
  readonly path: string
  readonly full: string
}

/** A file of the registry with its bytes. */
async function put(bytes: string): Promise<Put> {
  const id = `df-${ulid().toLowerCase()}`
  const path = storagePath(id, 'a.txt')
  await (await room.source.storage()).write?.(
    path,
    (async function* () {
      yield Buffer.from(bytes)
    })(),
  )
  const content_hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  await room.database.write((trx) =>
    trx
      .insertInto('datasette_files')
      .values({ id, path, filename: 'a.txt', source_id: room.source.id, size: bytes.length, content_hash })
      .execute(),
  )
  return { id, path, full: join(root, path) }
}

/** Bytes that nothing names, as old as that. */
function plant(ageMs: number, name = 'orphan.bin'): string {
  const time = Date.now() - ageMs
  const path = join(root, name === 'orphan.bin' ? ulid(time).toLowerCase() : 'theirs', name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'bytes of nobody')
  utimesSync(path, new Date(time), new Date(time))
  return path
}

async function forget({ id, full }: Put): Promise<void> {
  await room.database.write((trx) => trx.deleteFrom('datasette_files').where('id', '=', id).execute())
  rmSync(dirname(full), { recursive: true, force: true })
}

test('verify says that all is as recorded, of what is in the trash too', async () => {
  const [kept, deleted] = [await put('kept'), await put('deleted')]
  await room.trash.move([deleted.id], null)
  const { code, stdout, stderr } = await run('verify')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^files: 2 files, 11 bytes; all as recorded\n$/)
  assert.match((await run('verify', 'files', '--hash')).stdout, /2 read again; all as recorded/)
  await room.trash.restore([deleted.id])
  await forget(kept)
  await forget(deleted)
})

test('verify finds what is missing, has another size, other bytes, or no row; and changes nothing', async () => {
  const [missing, cut, changed, lost] = [
    await put('missing'),
    await put('too long'),
    await put('alpha'),
    await put('gone'),
  ]
  rmSync(missing.full)
  truncateSync(cut.full, 3)
  writeFileSync(changed.full, 'omega')
  await room.trash.move([lost.id], null)
  rmSync(lost.full)
  const stray = plant(ORPHAN_GRACE_MS)
  plant(0, 'theirs.bin')
  const before = readdirSync(root, { recursive: true }).sort()
  const quick = await run('verify')
  assert.equal(quick.code, 1)
  for (const [kind, of] of [
    ['missing', missing.id],
    ['size', cut.id],
    ['missing', lost.id],
    ['stray', stray.slice(root.length + 1)],
  ] as const) {
    assert.match(quick.stdout, new RegExp(`^${kind} +files .*${of}`, 'm'))
  }
  assert.doesNotMatch(quick.stdout, new RegExp(changed.id), 'bytes are read only when they are asked for')
  assert.match(quick.stdout, /1 of others; 4 problems/)
  assert.match(quick.stderr, /4 problems in 1 source/)
  const thorough = await run('verify', '--hash', '--json')
  assert.equal(thorough.code, 1)
  const events = thorough.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; kind?: string; id?: string })
  assert.ok(events.some(({ kind, id }) => kind === 'hash' && id === changed.id))
  assert.deepEqual(readdirSync(root, { recursive: true }).sort(), before)
  for (const file of [missing, cut, changed]) await forget(file)
  await room.trash.restore([lost.id])
  await forget(lost)
  rmSync(dirname(stray), { recursive: true })
})

test('verify and gc say what is wrong with what they were told', async () => {
  assert.equal((await run('verify', 'nothing')).code, 1)
  assert.equal((await run('verify', 'a', 'b')).code, 2)
  assert.equal((await run('gc', 'files')).code, 2)
  assert.equal((await run('gc', '--now')).code, 2)
})

test('gc removes what is due and what nothing names, and only that; with --dry-run it says so only', async () => {
  const [kept, early, due] = [await put('kept'), await put('early'), await put('due')]
  await room.trash.move([early.id, due.id], null)
  await room.database.write(async (trx) => {
    await trx
      .updateTable('datasette_files_trash')
      .set({ purge_after: '2000-01-01T00:00:00.000Z' })
      .where('id', '=', due.id)
      .execute()
    await trx
      .insertInto('datasette_files_text')
      .values({ file_id: `df-${'0'.repeat(26)}`, text: 'dead' })
      .execute()
    await trx
      .insertInto('upload_sessions')
      .values({
        id: ulid().toLowerCase(),
        source_id: room.source.id,
        file_id: `df-${ulid().toLowerCase()}`,
        path: 'x/y',
        filename: 'y',
        status: 'aborted',
        ttl: 1,
      } as never)
      .execute()
  })
  const orphan = plant(ORPHAN_GRACE_MS + 60_000)
  const fresh = plant(ORPHAN_GRACE_MS - 60_000)
  const theirs = plant(ORPHAN_GRACE_MS * 2, 'theirs.bin')
  const old = plant(Date.now() - Date.parse('2019-01-01'))

  const dry = await run('gc', '--dry-run')
  assert.deepEqual([dry.code, dry.stderr], [0, ''])
  assert.match(dry.stdout, /^1 file in the trash would go for good: 3 bytes$/m)
  assert.match(dry.stdout, /^files: 1 file that nothing names would be removed: 15 bytes$/m)
  assert.match(dry.stdout, /^1 upload session past their time would be removed$/m)
  assert.match(dry.stdout, /^1 row about files that are no more would be removed$/m)
  for (const path of [orphan, due.full]) assert.ok(existsSync(path), 'a dry run removes nothing')

  const real = await run('gc')
  assert.deepEqual([real.code, real.stderr], [0, ''])
  assert.deepEqual(
    [orphan, due.full].map((path) => existsSync(path)),
    [false, false],
  )
  for (const path of [kept.full, early.full, fresh, theirs, old]) assert.ok(existsSync(path), path)
  const sessions = await room.database.read.selectFrom('upload_sessions').selectAll().execute()
  const texts = await room.database.read.selectFrom('datasette_files_text').selectAll().execute()
  assert.deepEqual([sessions, texts], [[], []])
  assert.match((await run('gc')).stdout, /^files: 0 files that nothing named removed/m)
  await room.trash.restore([early.id])
  for (const file of [kept, early]) await forget(file)
  for (const path of [fresh, old]) rmSync(dirname(path), { recursive: true })
})

test('where most of the files are unknown, gc removes none: another may keep its files there', async () => {
  const planted = Array.from({ length: 30 }, (_, at) => plant(ORPHAN_GRACE_MS + (at + 1) * 60_000))
  const { code, stderr } = await run('gc')
  assert.equal(code, 1)
  assert.match(stderr, /most of the files there are unknown here/)
  for (const path of planted) assert.ok(existsSync(path))
})
