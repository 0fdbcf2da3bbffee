import assert from 'node:assert/strict'
import { afterEach, mock, test } from 'node:test'
import { sql } from 'kysely'
import type { StoredFile } from '../../sources/storage.ts'
import { digestOf, rangesOf } from './known-pages.ts'
import type { SyncRun } from './runs.ts'
import { openTestSync, type TestSync, type TestSyncOptions } from './testing.ts'

const PAGES = 4
const PAGE = 5
const FILES = PAGES * PAGE

const open: TestSync[] = []
afterEach(async () => {
  for (const room of open.splice(0)) await room.close()
})

interface Paged {
  readonly room: TestSync
  /** What the storage lists, and changes when a test says so. */
  readonly stored: StoredFile[][]
  /** Called before the page is listed. */
  readonly onPage: { before: (page: number) => Promise<unknown> }
  /** A whole run, and of how many pages the files were looked up. */
  run(): Promise<SyncRun & { readonly lookedUp: number }>
}

async function opened(options: TestSyncOptions = {}): Promise<Paged> {
  const stored = Array.from({ length: PAGES }, (_, page) =>
    Array.from({ length: PAGE }, (_, at): StoredFile => {
      return { path: `${page}/${at}.jpg`, size: at, lastModified: new Date(1_700_000_000_000) }
    }),
  )
  const onPage = { before: async (_: number): Promise<unknown> => undefined }
  const room = await openTestSync({
    ...options,
    wrap: (storage) => ({
      ...storage,
      async list({ cursor = '0' } = {}) {
        const page = Number(cursor)
        await onPage.before(page)
        return { files: stored[page] as StoredFile[], next: page + 1 < PAGES ? `${page + 1}` : null }
      },
      stat: async (path) => stored.flat().find((file) => file.path === path),
    }),
  })
  open.push(room)
  return {
    room,
    stored,
    onPage,
    async run() {
      const looking = mock.method(room.database, 'readInBulk')
      const run = await room.run()
      const lookedUp = looking.mock.callCount()
      looking.mock.restore()
      return { ...run, lookedUp }
    },
  }
}

function told({ lookedUp, listed, added, changed, missing, returned }: Awaited<ReturnType<Paged['run']>>) {
  return { lookedUp, listed, added, changed, missing, returned }
}

function found(part: Partial<ReturnType<typeof told>>) {
  return { lookedUp: 0, listed: FILES, added: 0, changed: 0, missing: 0, returned: 0, ...part }
}

const KNOWN = found({})

test('a page that is listed again as it was entered is not looked up again, and nothing of it is missing', async () => {
  const { room, run } = await opened()
  assert.deepEqual(told(await run()), found({ lookedUp: PAGES, added: FILES }))
  assert.deepEqual(told(await run()), KNOWN)
  assert.deepEqual(told(await run()), KNOWN)
  assert.deepEqual([await pagesOf(room), (await room.sync.state(room.source)).missingNow], [PAGES, 0])
})

test('only a page that is listed otherwise is looked up, and what it was is forgotten', async () => {
  const { room, stored, run } = await opened()
  await run()
  stored[1]?.push({ path: '1/new.jpg', size: 1 })
  assert.deepEqual(told(await run()), found({ lookedUp: 1, listed: FILES + 1, added: 1 }))
  assert.equal(await pagesOf(room), PAGES)
  assert.deepEqual(told(await run()), found({ listed: FILES + 1 }))
  stored[1]?.pop()
  assert.deepEqual(told(await run()), found({ lookedUp: 1, missing: 1 }))
})

test('another state of a file is another page', async () => {
  const { stored, run } = await opened()
  await run()
  for (const other of [{ size: 77 }, { lastModified: new Date(1_700_000_000_001) }, { etag: 'one' }, { etag: 'two' }]) {
    const [first, ...rest] = stored[2] as StoredFile[]
    stored[2] = [{ ...(first as StoredFile), ...other }, ...rest]
    assert.equal((await run()).changed, 1)
    // It has changed what is registered, so that what was listed before it is looked up once more.
    const again = await run()
    assert.ok(again.lookedUp > 0)
    assert.equal(again.changed, 0)
    assert.deepEqual(told(await run()), KNOWN)
  }
})

test('the same files in another order are another page, and so is one that people do not look for', () => {
  const files = [
    { path: 'a', size: 1 },
    { path: 'b', size: 2 },
  ] as const
  const digests = [
    digestOf(files, () => false),
    digestOf([...files].reverse(), () => false),
    digestOf(files, () => true),
    digestOf(files, (path) => path === 'a'),
    digestOf([{ path: 'a', size: 1, lastModified: new Date(0) }, files[1]], () => false),
    digestOf([{ path: 'a', size: 1, etag: '1' }, files[1]], () => false),
    digestOf([], () => false),
  ]
  assert.equal(new Set(digests).size, digests.length)
})

const WHAT_HAPPENS = [
  [
    'a file is said to be missing',
    `UPDATE datasette_files SET missing_since = 'now' WHERE path = '1/1.jpg'`,
    { returned: 1 },
  ],
  [
    'a file was seen with other bytes',
    `UPDATE datasette_files SET version = '9' WHERE path = '1/1.jpg'`,
    { changed: 1 },
  ],
  ['a file is forgotten', `DELETE FROM datasette_files WHERE path = '1/1.jpg'`, { added: 1 }],
  [
    'a file is said to be elsewhere',
    `UPDATE datasette_files SET path = 'moved' WHERE path = '1/1.jpg'`,
    { added: 1, missing: 1 },
  ],
] as const

for (const [what, statement, part] of WHAT_HAPPENS) {
  test(`what is registered is looked up again when ${what}, although the listing is the same`, async () => {
    const { room, run } = await opened()
    await run()
    await room.database.write((trx) => sql.raw(statement).execute(trx))
    assert.deepEqual(told(await run()), found({ lookedUp: PAGES, ...part }))
  })

  test(`and when ${what} after its page was looked up in the same run`, async () => {
    const { room, onPage, run } = await opened()
    onPage.before = async (page) => {
      if (page === PAGES - 1) await room.database.write((trx) => sql.raw(statement).execute(trx))
    }
    // The second page is compared while the last is listed, at the latest when that is.
    await run()
    onPage.before = async () => undefined
    const { status } = await run()
    assert.equal(status, 'completed')
    const rows = (await room.rows()).filter(({ path }) => path !== 'moved')
    assert.deepEqual(
      rows.map(({ path, version, missing_since }) => [path, version, missing_since]),
      Array.from({ length: FILES }, (_, n) => {
        const size = n % PAGE
        return [`${Math.floor(n / PAGE)}/${size}.jpg`, `${size} ${new Date(1_700_000_000_000).toISOString()}`, null]
      }),
    )
  })
}

test('a page with a file in the trash is looked up each time: its file is found again once the trash is empty', async () => {
  const { room, run } = await opened()
  await run()
  await room.database.write(async (trx) => {
    await sql`INSERT INTO datasette_files_trash (id, source_id, path, filename, batch, record)
      SELECT id, source_id, path, filename, 'one', '{}' FROM datasette_files WHERE path = '1/1.jpg'`.execute(trx)
    await sql`DELETE FROM datasette_files WHERE path = '1/1.jpg'`.execute(trx)
  })
  await run()
  assert.deepEqual(told(await run()), found({ lookedUp: 1 }))
  await room.database.write((trx) => sql`DELETE FROM datasette_files_trash`.execute(trx))
  assert.deepEqual(told(await run()), found({ lookedUp: 1, added: 1 }))
  assert.deepEqual(told(await run()), KNOWN)
})

test('and so is a page with the path of an upload', async () => {
  const { room, run } = await opened()
  await room.database.write((trx) =>
    sql`INSERT INTO upload_sessions (id, source_id, file_id, path, filename, status, ttl)
      VALUES ('one', ${room.source.id}, 'df-1', '1/1.jpg', '1.jpg', 'initiated', 0)`.execute(trx),
  )
  // Pages that were entered with it are known after the second run.
  for (const _ of [1, 2]) await run()
  assert.equal((await run()).lookedUp, 1)
  await room.database.write((trx) => trx.deleteFrom('upload_sessions').execute())
  assert.deepEqual(told(await run()), found({ lookedUp: 1, added: 1 }))
  assert.deepEqual(told(await run()), KNOWN)
})

test('that a file is read or described says nothing of where it lies', async () => {
  const { room, run } = await opened()
  await run()
  await room.database.write((trx) =>
    sql`UPDATE datasette_files SET content_hash = 'sha256:1', width = 3, search_text = 'mine'`.execute(trx),
  )
  assert.deepEqual(told(await run()), KNOWN)
})

test('as many files as were seen are all there are only if none of those has gone meanwhile', async () => {
  const { room, stored, onPage, run } = await opened()
  await run()
  stored[PAGES - 1]?.pop()
  onPage.before = async (page) => {
    if (page !== PAGES - 1) return
    await room.database.write((trx) => sql`DELETE FROM datasette_files WHERE path = '0/0.jpg'`.execute(trx))
  }
  assert.equal((await run()).missing, 1)
})

test('numbers that follow each other are told by the first and the last', () => {
  assert.deepEqual(rangesOf([]), [])
  assert.deepEqual(rangesOf([7]), [7, 7])
  assert.deepEqual(rangesOf([1, 2, 3, 5, 4, 9, 10]), [1, 3, 5, 5, 4, 4, 9, 10])
})

async function pagesOf({ database }: TestSync): Promise<number> {
  return (await database.read.selectFrom('sync_known_pages').select('digest').execute()).length
}
