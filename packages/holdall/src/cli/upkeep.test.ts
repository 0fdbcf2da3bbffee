import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { ulid } from 'ulid'
import { loadConfig } from '../config/config.ts'
import { versionOf } from '../files/sync/listed.ts'
import { openTestTrash, type TestTrash } from '../files/trash/test-trash.ts'
import { ORPHAN_GRACE_MS } from '../files/upkeep/orphans.ts'
import { storagePath } from '../sources/paths.ts'
import { createFileColumns } from '../tables/file-columns/settings.ts'
import { type Ran, runCommand } from './test-run.ts'

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

async function run(...argv: string[]): Promise<Ran> {
  return await runCommand([...argv, '--data', data])
}

interface Put {
  readonly id: string
  readonly path: string
  readonly full: string
  readonly hash: string
}

interface Entered {
  readonly id?: string
  readonly path: string
  readonly bytes: string
  readonly adopted?: number
  readonly version?: string | undefined
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
  return { full: join(root, path), ...(await enter({ id, path, bytes })) }
}

async function enter({ id = `df-${ulid().toLowerCase()}`, path, bytes, ...more }: Entered): Promise<Omit<Put, 'full'>> {
  const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const row = { id, path, filename: basename(path), source_id: room.source.id, size: bytes.length, content_hash: hash }
  await room.database.write((trx) =>
    trx
      .insertInto('datasette_files')
      .values({ ...row, ...more })
      .execute(),
  )
  return { id, path, hash }
}

/** A file of somebody else's that a sync has found. */
async function adopt(name: string): Promise<Put> {
  const path = `theirs/${name}.txt`
  const full = join(root, path)
  mkdirSync(dirname(full), { recursive: true })
  writeFileSync(full, name)
  const stored = await (await room.source.storage()).stat(path)
  const version = stored && versionOf(stored)
  return { full, ...(await enter({ path, bytes: name, adopted: 1, version })) }
}

/** A file in parts that was begun eight days ago; without a status no session knows of it. @returns its folder */
async function beginParts(status: 'initiated' | 'aborted' | undefined): Promise<string> {
  const id = ulid().toLowerCase()
  const upload = { path: storagePath(`df-${id}`, 'big.bin'), size: 20_000_000, partSize: 8_388_608, token: id }
  const { multipart } = await room.source.storage()
  const folder = join(root, '.holdall-tmp', (await multipart?.create(upload)) ?? '')
  const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
  writeFileSync(
    join(folder, 'plan.json'),
    JSON.stringify({ ...plan, startedAt: Date.now() - ORPHAN_GRACE_MS - 60_000 }),
  )
  if (status === undefined) return folder
  await room.database.write((trx) =>
    trx
      .insertInto('upload_sessions')
      .values({
        ...{ id, source_id: room.source.id, file_id: `df-${id}`, path: upload.path, filename: 'big.bin', status },
        ...{ kind: 'parts', declared_size: upload.size, part_size: upload.partSize, part_count: 3 },
        ...{ storage_upload: basename(folder), ttl: Math.floor(Date.now() / 1_000) + 86_400 },
        due_at: new Date(Date.now() + 86_400_000).toISOString(),
      })
      .execute(),
  )
  return folder
}

async function mark(...files: Put[]): Promise<void> {
  const ids = files.map(({ id }) => id)
  await room.database.write((trx) =>
    trx
      .updateTable('datasette_files')
      .set({ missing_since: '2026-01-01T00:00:00.000Z' })
      .where('id', 'in', ids)
      .execute(),
  )
}

/** They count what was removed for good, went into the trash, or changed: what is put back has been counted all the same. */
const COUNTS = ['datasette_files_vanished', 'datasette_files_trash_entries', 'datasette_files_revisions']

/** Everything below the root with its bytes and time, and every row of the internal database. */
async function contents(except: readonly string[] = []): Promise<unknown> {
  const { rows: tables } = await sql<{ name: string }>`SELECT name FROM sqlite_schema WHERE type = 'table'
    AND sql NOT LIKE '%VIRTUAL%' AND name NOT LIKE '%fts%' ORDER BY name`.execute(room.database.read)
  const rows: unknown[] = []
  for (const { name } of tables.filter((table) => !except.includes(table.name)))
    rows.push([name, (await sql`SELECT * FROM ${sql.table(name)}`.execute(room.database.read)).rows])
  return [below(), rows]
}

function below(): unknown[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path, readFileSync(path, 'utf8'), statSync(path).mtimeMs])
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
  await room.database.write(async (trx) => {
    await trx.deleteFrom('datasette_files').where('id', '=', id).execute()
    for (const table of ['datasette_files_history', 'datasette_files_work'] as const) {
      await trx.deleteFrom(table).where('file_id', '=', id).execute()
    }
  })
  rmSync(dirname(full), { recursive: true, force: true })
}

test('verify says that all is as recorded, of what is in the trash too', async () => {
  const [kept, deleted] = [await put('kept'), await put('deleted')]
  await room.trash.move([deleted.id], null)
  const { code, stdout, stderr } = await run('verify')
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^files: 2 files, 11 bytes; 2 read again; all as recorded\n$/)
  assert.match((await run('verify', 'files', '--quick')).stdout, /^files: 2 files, 11 bytes; all as recorded\n$/)
  await room.trash.restore([deleted.id])
  await forget(kept)
  await forget(deleted)
})

test('verify finds what is missing, has another size, other bytes, or no row; and changes nothing', async () => {
  const known = await contents(COUNTS)
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
  const before = await contents()
  const quick = await run('verify', '--quick')
  assert.equal(quick.code, 1)
  for (const [kind, of] of [
    ['missing', missing.id],
    ['damaged', cut.id],
    ['missing', lost.id],
    ['stray', stray.slice(root.length + 1)],
  ] as const) {
    assert.match(quick.stdout, new RegExp(`^${kind} +files .*${of}`, 'm'))
  }
  assert.doesNotMatch(quick.stdout, new RegExp(changed.id), 'quick is by size')
  assert.match(quick.stdout, /1 of others; 4 problems/)
  assert.match(quick.stderr, /4 problems in 1 source/)
  const thorough = await run('verify', '--json')
  assert.equal(thorough.code, 1)
  const events = thorough.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; kind?: string; id?: string })
  assert.ok(events.some(({ kind, id }) => kind === 'damaged' && id === changed.id))
  assert.match(thorough.stderr, /5 problems.*--repair.*from a backup/)
  assert.deepEqual(await contents(), before)
  for (const file of [missing, cut, changed]) await forget(file)
  await room.trash.restore([lost.id])
  await forget(lost)
  rmSync(dirname(stray), { recursive: true })
  rmSync(join(root, 'theirs'), { recursive: true })
  assert.deepEqual(await contents(COUNTS), known)
})

test('verify --repair enters what has become of adopted files, and of ours only whether they are there', async () => {
  const [edited, swapped, gone, back, same] = [
    await adopt('edited'),
    await adopt('swapped'),
    await adopt('gone'),
    await adopt('back'),
    await adopt('same'),
  ]
  const [lost, damaged, returned] = [await put('lost'), await put('damaged'), await put('returned')]
  writeFileSync(edited.full, 'edited, and longer')
  // Other bytes of the same size and time: only reading them tells.
  const { atime, mtime } = statSync(swapped.full)
  writeFileSync(swapped.full, 'SWAPPED')
  utimesSync(swapped.full, atime, mtime)
  for (const { full } of [gone, lost]) rmSync(full)
  await mark(back, returned)
  writeFileSync(damaged.full, 'DAMAGED')
  // Touched, but the same bytes.
  utimesSync(same.full, new Date(), new Date())
  const files = below()

  const first = await run('verify', '--repair')
  assert.equal(first.code, 1)
  const told = [...first.stdout.matchAll(/^(\w+) +files {2}(\S+).*?(repaired)?$/gm)].map(([, kind, id, repaired]) => [
    id,
    kind,
    repaired !== undefined,
  ])
  assert.deepEqual(
    told.sort(),
    [
      [edited.id, 'changed', true],
      [swapped.id, 'changed', true],
      [gone.id, 'missing', true],
      [back.id, 'returned', true],
      [lost.id, 'missing', false],
      [damaged.id, 'damaged', false],
      [returned.id, 'returned', true],
    ].sort(),
  )
  assert.match(first.stderr, /2 problems in 1 source.*Put it back from a backup/)
  const rows = new Map(
    (await room.database.read.selectFrom('datasette_files').selectAll().execute()).map((row) => [row.id, row]),
  )
  assert.equal(rows.get(edited.id)?.size, 'edited, and longer'.length)
  for (const { id, hash } of [edited, swapped]) {
    assert.notEqual(rows.get(id)?.changed_at, null)
    assert.equal(rows.get(id)?.content_hash, null, 'read again in the background, as after a sync')
    const history = await room.database.read
      .selectFrom('datasette_files_history')
      .select('content_hash')
      .where('file_id', '=', id)
      .execute()
    assert.deepEqual(
      history.map(({ content_hash }) => content_hash),
      [hash],
    )
  }
  for (const { id } of [gone, lost]) assert.notEqual(rows.get(id)?.missing_since, null)
  for (const { id } of [back, returned]) assert.equal(rows.get(id)?.missing_since, null)
  assert.equal(rows.get(damaged.id)?.content_hash, damaged.hash, 'what was entrusted is not made to fit')
  assert.equal(rows.get(same.id)?.changed_at, null)
  assert.deepEqual(below(), files, 'the storage is as it was')

  const second = await run('verify')
  assert.match(second.stdout, /; 1 known to be missing, see \/-\/files\/browse\/files\?state=missing; 2 problems$/m)
  assert.equal((second.stdout.match(/^(?:changed|returned)/gm) ?? []).length, 0)
  assert.equal((second.stdout.match(/^missing/gm) ?? []).length, 1)
  const left = (await run('gc')).stdout
  assert.match(
    left,
    /^files: kept 1 file that is known to be missing; see \/-\/files\/browse\/files\?state=missing$/m,
    'gc says where those are that verify does not name',
  )
  assert.match(left, /^files: kept 1 file without bytes; holdall verify files says which/m)
  for (const file of [edited, swapped, gone, back, same, lost, damaged, returned]) await forget(file)
})

test('verify and gc say what is wrong with what they were told', async () => {
  assert.equal((await run('verify', 'nothing')).code, 1)
  assert.equal((await run('verify', 'a', 'b')).code, 2)
  assert.equal((await run('verify', '--hash')).code, 2)
  assert.equal((await run('gc', '--now')).code, 2)
})

test('gc says what is due and what nothing names, and changes nothing; with --delete it removes that and only that', async () => {
  const [kept, early, due, lost] = [await put('kept'), await put('early'), await put('due'), await put('lost')]
  rmSync(lost.full)
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

  // As a process that was killed on another machine would have left it.
  const unfinished = join(root, '.holdall-tmp', 'ffffffff-1-1.00')
  mkdirSync(dirname(unfinished), { recursive: true })
  writeFileSync(unfinished, 'half')
  utimesSync(unfinished, 1, 1)

  const [waiting, over] = [await beginParts('initiated'), await beginParts('aborted')]
  const strange = await beginParts(undefined)

  const before = await contents()
  const dry = await run('gc')
  assert.deepEqual([dry.code, dry.stderr], [0, ''])
  assert.match(dry.stdout, /^files: 1 unfinished upload that nobody goes on with would be removed$/m)
  assert.match(dry.stdout, /^files: kept 1 unfinished upload whose client may come back$/m)
  assert.match(dry.stdout, /^files: kept 1 unfinished upload of more than 7 days that nothing here names/m)
  assert.match(dry.stdout, /^1 file in the trash would go for good: 3 bytes$/m)
  assert.match(dry.stdout, /^files: 1 file that nothing names would be removed: 15 bytes$/m)
  assert.match(dry.stdout, /^1 upload session past their time would be removed$/m)
  assert.match(dry.stdout, /^1 row about files that are no more would be removed$/m)
  assert.match(dry.stdout, /^1 temporary file of dead processes would be removed$/m)
  assert.match(dry.stdout, /^files: kept 1 file without bytes; holdall verify files says which/m)
  assert.match(dry.stdout, /^Kept: 2 files that no row holds, 8 bytes; see \/-\/files\/unused$/m)
  assert.deepEqual(await contents(), before, 'a report changes nothing')

  const real = await run('gc', '--delete')
  assert.deepEqual([real.code, real.stderr], [0, ''])
  assert.deepEqual(
    [orphan, due.full, unfinished, over].map((path) => existsSync(path)),
    [false, false, false, false],
  )
  for (const path of [kept.full, early.full, fresh, theirs, old, waiting, strange]) assert.ok(existsSync(path), path)
  await room.database.write((trx) => trx.deleteFrom('upload_sessions').where('kind', '=', 'parts').execute())
  for (const path of [waiting, strange]) rmSync(path, { recursive: true })
  const sessions = await room.database.read.selectFrom('upload_sessions').selectAll().execute()
  const texts = await room.database.read.selectFrom('datasette_files_text').selectAll().execute()
  assert.deepEqual([sessions, texts], [[], []])
  assert.ok(
    await room.database.read.selectFrom('datasette_files').select('id').where('id', '=', lost.id).executeTakeFirst(),
  )
  assert.match((await run('gc', '--delete')).stdout, /^files: 0 files that nothing names removed/m)
  await room.trash.restore([early.id])
  for (const file of [kept, early, lost]) await forget(file)
  for (const path of [fresh, old]) rmSync(dirname(path), { recursive: true })
})

test('gc counts files that no row holds only when it sees the rows of every table that may hold some', async () => {
  const [held, free] = [await put('held'), await put('free')]
  const served = join(data, 'museum.db')
  const museum = new DatabaseSync(served)
  museum.exec('CREATE TABLE objects (id INTEGER PRIMARY KEY, photo TEXT)')
  museum.prepare('INSERT INTO objects (photo) VALUES (?)').run(held.id)
  museum.close()
  const { config } = loadConfig({ env: {}, databases: [served] })
  const column = new Map([['photo', { multiple: false, accept: [] }]])
  await createFileColumns(config, room.database).save('museum', 'objects', column)
  assert.match((await run('gc', served)).stdout, /^Kept: 1 file that no row holds, 4 bytes; see/m)
  assert.match(
    (await run('gc')).stdout,
    /^Kept: files that no row holds; not counted, because museum is not named here/m,
  )
  for (const file of [held, free]) await forget(file)
})

test('where most of the files are unknown, gc removes none: another may keep its files there', async () => {
  const planted = Array.from({ length: 30 }, (_, at) => plant(ORPHAN_GRACE_MS + (at + 1) * 60_000))
  const { code, stderr } = await run('gc', '--delete')
  assert.equal(code, 1)
  assert.match(stderr, /most of the files there are unknown here/)
  for (const path of planted) assert.ok(existsSync(path))
})
