import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import { createJournal, type Journal, newRunId } from './journal.ts'
import { PLAN_LIFETIME_MS } from './limits.ts'

const FILE = `df-${'a'.repeat(26)}`
const PLACE = { database: 'museum', table: 'objects', column: 'photo' }
const CELLS = [{ key: '1', before: null, after: FILE, files: [FILE] }]
const MATCH = { column: 'inventory', how: 'equal', exact: false, replace: false, complete: true } as const
const LINE = { file: FILE, state: 'matched', rows: [], rowCount: 1, chosen: '1', note: null } as const

let folder: string
let database: InternalDatabase
let journal: Journal
let now = Date.parse('2026-01-01T00:00:00Z')

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-journal-'))
  database = await openInternalDatabase(join(folder, 'internal.db'))
  journal = createJournal({ database, now: () => now })
  await database.write(async (trx) => {
    await trx
      .insertInto('datasette_files_sources')
      .values({ id: 1, slug: 'files', storage_type: 'filesystem', label: null } as never)
      .execute()
    await trx
      .insertInto('datasette_files')
      .values({ id: FILE, source_id: 1, path: 'a', filename: 'a.jpg' } as never)
      .execute()
  })
})
after(async () => {
  await database.close()
  rmSync(folder, { recursive: true })
})

const code = (wanted: string) => (error: unknown) => error instanceof HoldallError && error.code === wanted

test('a run begins only while its files are there, and one at a time on a table', async () => {
  const gone = [{ ...CELLS[0], files: [`df-${'b'.repeat(26)}`] }] as typeof CELLS
  await assert.rejects(
    journal.begin({ ...PLACE, id: newRunId(), isPlanned: false }, null, gone),
    code('attach_files_gone'),
  )
  const id = newRunId()
  await journal.begin({ ...PLACE, id, isPlanned: false }, 'root', CELLS)
  await assert.rejects(journal.begin({ ...PLACE, id: newRunId(), isPlanned: false }, null, CELLS), code('attach_busy'))
  await journal.begin({ ...PLACE, table: 'other', id: newRunId(), isPlanned: false }, null, CELLS)
  assert.deepEqual((await journal.unsettled(new Set([id]), PLACE)).length, 0, 'it is being written here')
  assert.deepEqual(
    (await journal.unsettled(new Set(), PLACE)).map((run) => run.id),
    [id],
    'nobody writes it any more',
  )
  await journal.applied(id)
  await journal.beginUndo(id, 'root')
  await assert.rejects(journal.beginUndo(id, 'root'), code('attach_not_applied'))
  await journal.undone(id, [['1', 'changed']])
  const run = await journal.find(id)
  assert.deepEqual([run?.status, run?.restored, run?.cells], ['undone', 0, 1])
  assert.deepEqual(
    (await journal.cells(id)).map(({ outcome }) => outcome),
    ['changed'],
  )
})

test('a plan that could not be written is a plan again; one that nobody carries out goes after a week', async () => {
  const id = await journal.plan(PLACE, 'root', MATCH, [LINE])
  await journal.begin({ ...PLACE, id, isPlanned: true }, 'root', CELLS)
  await assert.rejects(journal.begin({ ...PLACE, id, isPlanned: true }, 'root', CELLS), code('attach_not_planned'))
  await journal.failed(id, 'No.')
  const again = await journal.find(id)
  assert.deepEqual([again?.status, again?.failureReason, (await journal.pairs(id)).length], ['planned', 'No.', 1])
  now = Date.now() + PLAN_LIFETIME_MS - 60_000
  await journal.plan(PLACE, 'root', MATCH, [LINE])
  assert.ok(await journal.find(id))
  now += 120_000
  await journal.plan(PLACE, 'root', MATCH, [LINE])
  assert.equal(await journal.find(id), undefined)
})
