import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Permissions } from '../access/permissions.ts'
import { type InternalDatabase, openInternalDatabase } from '../database/internal.ts'
import type { FinishedUpload } from '../uploads/inspection.ts'
import { HoldallError } from '../web/error.ts'
import { fc } from '../web/test-chance.ts'
import type { FileRecord } from './record.ts'
import { createRegistry, MAX_BATCH, type Registry } from './registry.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdall-registry-'))
let database: InternalDatabase
let registry: Registry
let checks = 0

/** bob may browse `open`; alice everything. */
const permissions: Permissions = {
  allowed: async (actor, _action, resource) => actor?.id === 'alice' || resource.parent === 'open',
  demand: async () => {},
  among: async (actor, action, resources) => {
    checks += 1
    const kept = []
    for (const resource of resources) if (await permissions.allowed(actor, action, resource)) kept.push(resource)
    return kept
  },
}

before(async () => {
  database = await openInternalDatabase(join(folder, 'internal.db'))
  registry = createRegistry(database, permissions)
  await database.write(async (trx) => {
    for (const slug of ['open', 'closed']) {
      await trx
        .insertInto('datasette_files_sources')
        .values({ slug, storage_type: 'filesystem', label: null, last_sync_token: null, origin: 'configuration' })
        .execute()
    }
  })
})

after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

let made = 0
function upload(facts: Partial<FinishedUpload> = {}): FinishedUpload {
  made += 1
  const ulid = String(made).padStart(26, '0')
  return {
    uploadId: ulid,
    fileId: `df-${ulid}`,
    sourceId: 1,
    sourceSlug: 'open',
    path: `${ulid}/name`,
    filename: `photo ${made}.jpg`,
    contentType: 'image/jpeg',
    declaredType: null,
    contentHash: `sha256:${String(made).padStart(64, '0')}`,
    size: made * 10,
    uploadedBy: 'alice',
    facts: {},
    ...facts,
  }
}

async function put(facts: Partial<FinishedUpload> = {}): Promise<FileRecord> {
  const finished = upload(facts)
  await database.write((trx) => registry.record(trx, finished))
  return (await registry.byId(finished.fileId)) as FileRecord
}

async function everything(question: Parameters<Registry['list']>[0]): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await registry.list({ ...question, cursor })
    assert.equal(page.seen, ids.length)
    ids.push(...page.files.map((file) => file.id))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return ids
}

test('recording the same upload twice makes one file and counts it once', async () => {
  const before = (await registry.totals()).get(1)?.files ?? 0
  const finished = upload({ facts: { width: 3, height: 2, metadata: { camera: 'X' }, searchText: 'words' } })
  await database.write((trx) => registry.record(trx, finished))
  await database.write((trx) => registry.record(trx, finished))
  const file = await registry.byId(finished.fileId)
  assert.deepEqual(
    { width: file?.width, height: file?.height, metadata: file?.metadata, words: file?.searchText },
    { width: 3, height: 2, metadata: { camera: 'X' }, words: 'words' },
  )
  assert.equal((await registry.totals()).get(1)?.files, before + 1)
})

test('batches take ids of any kind, up to the limit and not one more', async () => {
  const file = await put()
  const found = await registry.byIds([file.id, file.id, 'df-nope', '', 'df-ABC', "'; DROP TABLE x"])
  assert.deepEqual([...found.keys()], [file.id])
  const many = Array.from({ length: MAX_BATCH }, (_, at) => `df-${String(at).padStart(26, 'z')}`)
  await registry.byIds(many)
  await assert.rejects(registry.byIds([...many, file.id]), RangeError)
})

test('what an actor may not browse is absent, with one permission question a call', async () => {
  const open = await put()
  const closed = await put({ sourceId: 2, sourceSlug: 'closed' })
  checks = 0
  assert.deepEqual([...(await registry.visible({ id: 'bob' }, [open.id, closed.id])).keys()], [open.id])
  assert.equal(checks, 1)
  assert.equal((await registry.visible({ id: 'alice' }, [open.id, closed.id])).size, 2)
})

test('duplicates are the other files with the same bytes, as far as the actor may see them', async () => {
  const contentHash = `sha256:${'d'.repeat(64)}`
  const first = await put({ contentHash })
  const second = await put({ contentHash })
  const hidden = await put({ contentHash, sourceId: 2, sourceSlug: 'closed' })
  const ids = async (id: string) => (await registry.duplicates({ id }, first)).map((file) => file.id)
  assert.deepEqual(await ids('bob'), [second.id])
  assert.deepEqual((await ids('alice')).sort(), [second.id, hidden.id])
  assert.deepEqual(await registry.duplicates({ id: 'alice' }, { ...first, contentHash: null }), [])
})

test('every order is paged to its end with every file seen once', async () => {
  for (let at = 0; at < 57; at += 1) {
    await put({
      filename: ['same.png', 'Zebra.png', 'ängström.png'][at % 3] as string,
      size: at % 5,
      contentType: 'image/png',
    })
  }
  const total = (await registry.totals()).get(1)?.files
  for (const sort of ['newest', 'name', 'size'] as const) {
    const ids = await everything({ sources: [1], sort, limit: 7 })
    assert.equal(ids.length, total, sort)
    assert.equal(new Set(ids).size, total, sort)
  }
  const names = await everything({ sources: [1, 2], sort: 'name', limit: 3 })
  const files = await registry.byIds(names)
  const listed = names.map((id) => files.get(id)?.filename.toLowerCase() ?? '')
  assert.deepEqual(listed, [...listed].sort())
})

test('a page keeps its place when files arrive in between', async () => {
  const first = await registry.list({ sources: [1], limit: 3 })
  await put()
  const second = await registry.list({ sources: [1], limit: 3, cursor: first.next as string })
  const seen = new Set(first.files.map((file) => file.id))
  assert.ok(second.files.every((file) => !seen.has(file.id)))
})

test('names are found by the beginnings of their words, types by group, prefix or exactly', async () => {
  const file = await put({ filename: 'Quay_1911-047 Håkon.TIFF', contentType: 'image/tiff' })
  const csv = await put({ filename: 'quayside.csv', contentType: 'text/csv' })
  const disk = await put({ filename: 'quay.img', contentType: 'application/x-disk-image' })
  const find = (name: string, type = '') => everything({ sources: [1], q: name, type, sort: 'newest' })
  assert.deepEqual(await find('quay'), [disk.id, csv.id, file.id])
  assert.deepEqual(await find('1911 hakon'), [file.id])
  assert.deepEqual(await find('047 qu'), [file.id])
  assert.deepEqual(await find('quay', 'data'), [csv.id])
  assert.deepEqual(await find('quay', 'image/*'), [file.id])
  assert.deepEqual(await find('quay', 'text/csv'), [csv.id])
  assert.deepEqual(await find('quay', 'text/c'), [])
  assert.deepEqual(await everything({ sources: [2], q: 'quay' }), [])
  assert.deepEqual(await everything({ sources: [1], q: 'quay', sort: 'name', limit: 1 }), [disk.id, file.id, csv.id])
  assert.equal((await registry.list({ sources: [1], q: 'quay' })).total, 3)
})

test('no filter and no cursor is ever more than empty or invalid', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'binary' }),
      async (name, type) => {
        await registry.list({ sources: [1], q: name, type, limit: 2 })
      },
    ),
    { numRuns: 300 },
  )
  for (const name of ['" OR *', 'a AND', 'NEAR(a b)', '-a', '\0', 'source : s2', '^', 'a*', '{', '日本']) {
    await registry.list({ sources: [1], q: name })
  }
  const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const wrong = [
    '',
    '%',
    'AAAA',
    'é',
    cursor(['name', 0, 'a', 'b']),
    cursor(['newest', 0, 1, 2]),
    cursor(['newest', -1, 'a', 'b']),
    cursor(null),
    'A'.repeat(3_000),
  ]
  for (const given of wrong) {
    await assert.rejects(
      registry.list({ sources: [1], cursor: given }),
      (error) => error instanceof HoldallError && error.code === 'invalid_cursor',
      given,
    )
  }
})

test('changes are found by the filter at once and leave the rest alone', async () => {
  const file = await put({ filename: 'before.txt', contentType: 'text/plain' })
  const changed = await registry.update(file.id, { filename: 'afterwards.txt', metadata: { a: 1 } })
  assert.deepEqual(changed, { ...file, filename: 'afterwards.txt', metadata: { a: 1 } })
  assert.deepEqual(await everything({ sources: [1], q: 'afterwards' }), [file.id])
  assert.deepEqual(await everything({ sources: [1], q: 'before' }), [])
  assert.equal(await registry.update('df-none', { filename: 'x' }), undefined)
})
