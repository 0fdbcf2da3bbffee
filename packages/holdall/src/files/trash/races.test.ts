import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hono } from 'hono'
import { createHttp } from '../../app/http.ts'
import type { RouteEnv } from '../../web/route.ts'
import { openTestFiles, type TestFiles } from '../testing.ts'

const AT_ONCE = 50
const PERMISSIONS = {
  'files-browse': { photos: { allow: { id: 'alice' } } },
  'files-upload': { photos: { allow: { id: 'alice' } } },
  'files-delete': { photos: { allow: { id: 'alice' } } },
}

let room: TestFiles
let app: Hono<RouteEnv>
before(async () => {
  room = await openTestFiles({ permissions: PERMISSIONS })
  app = createHttp(room.routes, room.hooks)
})
after(() => room.close())

async function put(bytes: Uint8Array<ArrayBuffer>): Promise<{ id: string; path: string }> {
  const answer = await app.request('/-/files/upload/photos?filename=a.bin', {
    method: 'POST',
    headers: { 'X-Actor': 'alice' },
    body: bytes,
  })
  return ((await answer.json()) as { file: { id: string; path: string } }).file
}

function ask(method: string, path: string): Promise<Response> {
  return Promise.resolve(app.request(path, { method, headers: { 'X-Actor': 'alice', Accept: 'application/json' } }))
}

async function count(status: number, answers: Promise<Response>[]): Promise<number> {
  return (await Promise.all(answers)).filter((answer) => answer.status === status).length
}

function many<Value>(make: (at: number) => Value): Value[] {
  return Array.from({ length: AT_ONCE }, (_, at) => make(at))
}

test('50 deletions of one file at once put it into the trash once', async () => {
  const { id } = await put(new Uint8Array(10))
  assert.equal(
    await count(
      200,
      many(() => ask('DELETE', `/-/files/${id}`)),
    ),
    AT_ONCE,
  )
  const rows = await room.database.read.selectFrom('datasette_files_trash').selectAll().where('id', '=', id).execute()
  assert.equal(rows.length, 1)
})

test('50 restorations of one file at once bring it back once', async () => {
  const { id } = await put(new Uint8Array(10))
  await ask('DELETE', `/-/files/${id}`)
  assert.equal(
    await count(
      200,
      many(() => ask('POST', `/-/files/${id}/-/restore`)),
    ),
    AT_ONCE,
  )
  assert.equal((await ask('GET', `/-/files/${id}/download`)).status, 200)
})

test('restoring against purging: it is back with its bytes, or gone with them', async () => {
  const outcomes = new Set<string>()
  // Who is first of those that ask in one moment is for the disk to say, so that it is asked until both came about.
  for (let round = 0; round < 6 || (outcomes.size < 2 && round < 200); round += 1) {
    const { id, path } = await put(new Uint8Array(10))
    await ask('DELETE', `/-/files/${id}`)
    const answers = await Promise.all(
      many((at) => ask('POST', `/-/files/${id}/-/${(at + round) % 2 === 0 ? 'purge' : 'restore'}`)),
    )
    for (const answer of answers) assert.ok(answer.status < 500, await answer.text())
    const download = await ask('GET', `/-/files/${id}/download`)
    assert.equal(download.status, existsSync(join(room.root, path)) ? 200 : 404)
    const left = await room.database.read.selectFrom('datasette_files_trash').selectAll().where('id', '=', id).execute()
    assert.deepEqual(left, [])
    outcomes.add(String(download.status))
  }
  assert.deepEqual([...outcomes].sort(), ['200', '404'], 'both came about')
})

test('deleting and purging against downloading: each download has all bytes, or is refused', async () => {
  const size = 3_000_000
  const { id } = await put(new Uint8Array(size).fill(7))
  const reading = many(async () => {
    const answer = await ask('GET', `/-/files/${id}/download`)
    return answer.status === 200 ? (await answer.arrayBuffer()).byteLength : answer.status
  })
  await Promise.race(reading)
  await ask('DELETE', `/-/files/${id}`)
  await ask('POST', `/-/files/${id}/-/purge`)
  const late = many(async () => (await ask('GET', `/-/files/${id}/download`)).status)
  for (const outcome of await Promise.all(reading)) assert.ok([size, 404, 410].includes(outcome), String(outcome))
  assert.deepEqual(new Set(await Promise.all(late)), new Set([404]))
})

test('purging in 50 places at once removes a file once, and another with the same name not', async () => {
  const [one, other] = [await put(new Uint8Array(10)), await put(new Uint8Array(10))]
  await ask('DELETE', `/-/files/${one.id}`)
  await room.database.write((trx) =>
    trx.updateTable('datasette_files_trash').set({ purge_after: '2000-01-01T00:00:00.000Z' }).execute(),
  )
  const reports = await Promise.all(many(() => room.files.trash.purgeDue()))
  const purged = reports.reduce((sum, report) => sum + report.purged, 0)
  const left = await room.database.read.selectFrom('datasette_files_trash').select('id').execute()
  assert.deepEqual(left, [])
  assert.ok(purged >= 1)
  assert.deepEqual([existsSync(join(room.root, one.path)), existsSync(join(room.root, other.path))], [false, true])
})

test('a file that is purged while it is being purged as due is gone once that is answered', async () => {
  const { id } = await put(new Uint8Array(10))
  await ask('DELETE', `/-/files/${id}`)
  const file = await room.files.trash.byId(id)
  assert.ok(file)
  await room.database.write((trx) =>
    trx.updateTable('datasette_files_trash').set({ purge_after: '2000-01-01T00:00:00.000Z' }).execute(),
  )
  const storage = await room.sources.get('photos').storage()
  const remove = storage.delete?.bind(storage)
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  storage.delete = async (path) => {
    begun.resolve()
    await held.promise
    await remove?.(path)
  }
  const due = room.files.trash.purgeDue()
  await begun.promise
  const answered = room.files.trash.purge([file]).then(async () => {
    const left = await room.database.read.selectFrom('datasette_files_trash').select('id').execute()
    assert.deepEqual(left, [])
  })
  try {
    // Whoever does not wait for the other is there by then.
    await Promise.race([answered, sleep(200)])
  } finally {
    held.resolve()
    await due
    storage.delete = remove as typeof storage.delete
  }
  await answered
})

test('what is marked for purging is restored by nobody, whoever asks after its mark', async () => {
  const { id } = await put(new Uint8Array(10))
  await ask('DELETE', `/-/files/${id}`)
  await room.database.write((trx) =>
    trx.updateTable('datasette_files_trash').set({ purging: 1 }).where('id', '=', id).execute(),
  )
  assert.deepEqual(await room.files.trash.restore([id]), [])
  assert.equal((await ask('GET', `/-/files/${id}.json`)).status, 404)
  await room.files.trash.purgeDue()
  const left = await room.database.read.selectFrom('datasette_files_trash').select('id').where('id', '=', id).execute()
  assert.deepEqual(left, [])
})
