import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import { sql } from 'kysely'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { MAX_COUNT } from '../list.ts'
import { toReadOfThem } from '../pages/to-read.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'
import { adopt } from './test-adopt.ts'
import { READINGS } from './to-read.ts'

const LIMIT_MS = 30_000
const ID = `df-${'0'.repeat(26)}`

let room: TestFiles
let app: Hono<RouteEnv>

before(async () => {
  room = await openTestFiles({
    permissions: { 'files-browse': { id: 'alice' }, 'files-manage-sources': { id: 'alice' } },
  })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function page(path: string): Promise<string> {
  const answer = await app.request(path, { headers: { 'X-Actor': 'alice' } })
  assert.equal(answer.status, 200)
  return await answer.text()
}

async function toRead(source: string): Promise<unknown[]> {
  const state = JSON.parse(await page(`/-/files/sync/${source}.json`)) as Record<string, unknown>
  return [state.to_read, state.to_read_truncated]
}

test('a source and a search say how many files are still being read, until they are', async () => {
  assert.deepEqual(await toRead('photos'), [0, false])
  await adopt(room, 'ledger.txt', Buffer.from('the zanzibar ledger'))
  await adopt(room, 'minutes.txt', Buffer.from('minutes of the board'))

  assert.deepEqual(
    [await toRead('photos'), await toRead('closed')],
    [
      [2, false],
      [0, false],
    ],
  )
  assert.match(await page('/-/files/browse/photos'), /data-live-on="[^"]+">2 files, .*, 2 of them still being read</)
  const note = /2 files are still being read: until then what is inside is not found\./
  for (const asked of ['q=zanzibar', 'q=ledger', 'content_type=text/plain']) {
    assert.match(await page(`/-/files/search?${asked}`), note)
    assert.match(await page(`/-/files/browse/photos?${asked}`), note)
  }
  // Of many files that are found as of few, on each page of them.
  for (const path of ['search', 'browse/photos']) {
    const first = await page(`/-/files/${path}?q=txt&_size=1`)
    assert.match(first, note)
    const next = /href="([^"]+_next=[^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&')
    assert.match(await page(next ?? 'There is one page'), note)
  }
  // What is found by other things, or asked of another source, is all that there is.
  for (const path of ['search', 'search?q=ledger&source=closed', 'browse/photos?view=list', `search?q=${ID}`]) {
    assert.doesNotMatch(await page(`/-/files/${path}`), note)
  }

  await room.files.start()
  for (let waited = 0; (await toRead('photos'))[0] !== 0; waited += 50) {
    assert.ok(waited < LIMIT_MS, 'The files are still not read')
    await sleep(50)
  }
  for (const path of ['search?q=zanzibar', 'browse/photos', 'browse/photos?q=zanzibar']) {
    assert.doesNotMatch(await page(`/-/files/${path}`), /still being read|data-live="totals" data-live-on/)
  }
})

test('of more jobs than are looked through it is said that there may be more, and whose', async () => {
  const { id } = room.sources.get('closed')
  await room.database.write(async (trx) => {
    await sql`INSERT INTO datasette_files (id, source_id, path, filename)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_COUNT})
      SELECT printf('df-%026d', i), ${id}, 'old/' || i, i || '.txt' FROM n`.execute(trx)
    // Nobody takes them: their time is far away, and those of the others come after it.
    await sql`INSERT INTO datasette_files_work (file_id, kind, not_before)
      SELECT id, 'text', '2999' FROM datasette_files WHERE source_id = ${id}`.execute(trx)
  })
  assert.deepEqual(
    [await toRead('closed'), await toRead('photos')],
    [
      [MAX_COUNT, false],
      [0, false],
    ],
  )
  assert.match(await page('/-/files/browse/closed'), /10,000 files, .*, 10,000 of them still being read/)

  await room.database.write((trx) =>
    sql`INSERT INTO datasette_files_work (file_id, kind, not_before)
      SELECT id, 'hash', '3000' FROM datasette_files WHERE filename = 'ledger.txt'`.execute(trx),
  )
  assert.deepEqual(
    [await toRead('closed'), await toRead('photos')],
    [
      [MAX_COUNT, true],
      [1, true],
    ],
  )
  assert.match(await page('/-/files/browse/closed'), /, at least 10,000 of them still being read/)
  assert.match(await page('/-/files/browse/photos'), /, some of them still being read/)
  assert.match(
    await page(`/-/files/browse/photos?q=${'0'.repeat(64)}`),
    /<p class="muted">Some files are still being read:/,
  )
  // A hash that is missing hides no words.
  assert.doesNotMatch(await page('/-/files/browse/photos?q=nowhere'), /still being read:/)
  const all = room.sources.list().map((source) => source.id)
  assert.deepEqual(await room.files.registry.toRead(all, READINGS), { files: MAX_COUNT, truncated: true })
})

test('a count that may be of more is said by its thousands: it goes up and down while files are read', () => {
  const said = [10_000, 9_999, 5_761, 5_646, 4_999, 1_000, 999].map((files) => toReadOfThem({ files, truncated: true }))
  assert.deepEqual(
    said.map((one) => one.replace(/^, (.*) of them still being read$/, '$1')),
    [
      'at least 10,000',
      'at least 5,000',
      'at least 5,000',
      'at least 5,000',
      'at least 1,000',
      'at least 1,000',
      'some',
    ],
  )
  assert.equal(toReadOfThem({ files: 5_761, truncated: false }), ', 5,761 of them still being read')
})
