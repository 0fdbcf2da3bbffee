import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { type InternalDatabase, openInternalDatabase } from '../../database/internal.ts'
import { HoldallError } from '../../web/error.ts'
import { createJournal, type Journal } from './journal.ts'
import { AT_ONCE, PLAN_LIFETIME_MS } from './limits.ts'
import { createPlans, type Plans } from './plans.ts'
import { newRunId, type Run } from './run.ts'

const FILE = `df-${'a'.repeat(26)}`
const PLACE = { database: 'museum', table: 'objects', column: 'photo' }
const CELLS = [{ key: '1', before: null, after: FILE, files: [FILE] }]
const MATCH = { column: 'inventory', how: 'equal', exact: false, replace: false, complete: true } as const
const LINE = { file: FILE, state: 'matched', rows: [], rowCount: 1, chosen: '1', note: null } as const

let folder: string
let database: InternalDatabase
let journal: Journal
let plans: Plans
/** What is called before each transaction. */
let interrupt: (call: string) => void = () => undefined
let now = Date.parse('2026-01-01T00:00:00Z')

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdall-journal-'))
  database = await openInternalDatabase(join(folder, 'internal.db'))
  const options = { database, now: () => now, before: (call: string) => interrupt(call) }
  journal = createJournal(options)
  plans = createPlans(options)
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

const seen = async (id: string) => (await journal.find(id)) as Run
/** A plan as whoever carries it out has read it. */
const read = async (id: string) => (await plans.pairsToWrite(await seen(id))).plan

const code = (wanted: string) => (error: unknown) => error instanceof HoldallError && error.code === wanted

test('a run begins only while its files are there, and one at a time on a table', async () => {
  const gone = [{ ...CELLS[0], files: [`df-${'b'.repeat(26)}`] }] as typeof CELLS
  await assert.rejects(journal.begin({ ...PLACE, id: newRunId(), plan: null }, null, gone), code('attach_files_gone'))
  const [begun] = await journal.unsettled(new Set())
  await journal.failed(begun?.id ?? '', 'Gone.')
  const id = newRunId()
  await journal.begin({ ...PLACE, id, plan: null }, 'root', CELLS)
  await assert.rejects(journal.begin({ ...PLACE, id: newRunId(), plan: null }, null, CELLS), code('attach_busy'))
  await journal.begin({ ...PLACE, table: 'other', id: newRunId(), plan: null }, null, CELLS)
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
  const id = await plans.add(PLACE, 'root', MATCH, [LINE])
  const plan = await read(id)
  await journal.begin({ ...PLACE, id, plan }, 'root', CELLS)
  await assert.rejects(journal.begin({ ...PLACE, id, plan }, 'root', CELLS), code('attach_not_planned'))
  await journal.failed(id, 'No.')
  const again = await journal.find(id)
  assert.deepEqual([again?.status, again?.failureReason, (await plans.pairs(id)).length], ['planned', 'No.', 1])
  now = Date.now() + PLAN_LIFETIME_MS - 60_000
  await plans.add(PLACE, 'root', MATCH, [LINE])
  assert.ok(await journal.find(id))
  now += 120_000
  await plans.add(PLACE, 'root', MATCH, [LINE])
  assert.equal(await journal.find(id), undefined)
})

test('cells are written down some at a time; a run that did not come to all of them has written nothing', async () => {
  const cells = Array.from({ length: 2 * AT_ONCE + 1 }, (_, at) => ({ ...CELLS[0], key: String(at) }) as const)
  const lines = cells.map(({ key }) => ({ ...LINE, chosen: key }))
  const place = { ...PLACE, table: 'many' }
  const id = await plans.add(place, 'root', MATCH, lines)
  let batches = 0
  let turns = 0
  const ticking = setInterval(() => {
    turns += 1
  }, 0)
  interrupt = (call) => {
    if (call !== 'journal cells') return
    batches += 1
    if (batches === 3) throw new Error('The power went.')
  }
  const all = cells as unknown as typeof CELLS
  const plan = await read(id)
  await assert.rejects(journal.begin({ ...place, id, plan }, 'root', all), /power/)
  clearInterval(ticking)
  assert.ok(turns > 0, 'others had their turn in between')
  const [run] = await journal.unsettled(new Set(), place)
  assert.deepEqual([run?.status, run?.cells], ['applying', cells.length], 'the run is known')
  assert.equal((await journal.cells(id)).length, 2 * AT_ONCE)
  interrupt = () => undefined
  await journal.failed(id, 'The power went.')
  assert.deepEqual([(await journal.find(id))?.status, (await journal.cells(id)).length], ['planned', 0])
  await journal.begin({ ...place, id, plan }, 'root', all)
  assert.deepEqual(
    (await journal.cells(id)).map(({ key }) => key),
    cells.map(({ key }) => key),
  )
  await journal.applied(id)
})

/** More than one batch, in another order than the lines of `first` are in. */
const MANY = Array.from({ length: 2 * AT_ONCE + 1 }, (_, at) => ({
  ...LINE,
  file: `df-${String(at).padStart(26, '0')}`,
}))

for (const [what, decide] of Object.entries({
  'matched again': (plan: Run) =>
    plans.change(plan, { ...MATCH, how: 'prefix' }, MANY.map((line) => ({ ...line, chosen: '2' })).reverse()),
  'decided for all files at once': (plan: Run) =>
    plans.chooseMany(plan, new Map(MANY.map(({ file }, position) => [{ position, file }, '2']))),
})) {
  test(`a plan that is being ${what} is as it was until it is as it will be`, async () => {
    const id = await plans.add(PLACE, 'root', MATCH, MANY)
    const first = await seen(id)
    const rows = async () => new Set((await plans.pairs(id)).map(([file, key]) => `${file} ${key}`))
    const [before, after] = ['1', '2'].map((key) => new Set(MANY.map(({ file }) => `${file} ${key}`)))
    let going = true
    const decided = decide(first).finally(() => {
      going = false
    })
    while (going) {
      const now = await rows()
      assert.deepEqual(now, now.has(`${MANY[0]?.file} 1`) ? before : after, 'never half of each')
      await turn()
    }
    await decided
    assert.deepEqual(await rows(), after)
    const line = { position: 0, file: MANY[0]?.file ?? '' }
    await assert.rejects(plans.choose(first, new Map([[line, '3']])), code('attach_plan_changed'))
    await plans.forget(id)
  })
}

test('what cannot all be decided is not decided in part', async () => {
  const id = await plans.add(PLACE, 'root', MATCH, MANY)
  const last = { position: MANY.length - 1, file: `df-${'d'.repeat(26)}` }
  const choices = new Map(MANY.map(({ file }, position) => [{ position, file }, '2']))
  await assert.rejects(
    plans.chooseMany(await seen(id), new Map([...choices, [last, '2']])),
    code('attach_plan_changed'),
  )
  assert.deepEqual(new Set((await plans.pairs(id)).map(([, key]) => key)), new Set(['1']))
  assert.equal((await seen(id)).revision, 1)
  await plans.forget(id)
})

test('a row that is chosen while a plan is begun is not forgotten with it', async () => {
  const id = await plans.add(PLACE, 'root', MATCH, [LINE])
  const plan = await read(id)
  await plans.choose(await seen(id), new Map([[{ position: 0, file: FILE }, '7']]))
  await assert.rejects(journal.begin({ ...PLACE, id, plan }, 'root', CELLS), code('attach_plan_changed'))
  assert.deepEqual(await plans.pairs(id), [[FILE, '7']])
  await journal.begin({ ...PLACE, id, plan: await read(id) }, 'root', CELLS)
  await assert.rejects(
    plans.choose(await seen(id), new Map([[{ position: 0, file: FILE }, '8']])),
    code('attach_not_planned'),
    'nor is it said to be kept once it is',
  )
  await assert.rejects(plans.change({ id, revision: 1 }, MATCH, [LINE]), code('attach_not_planned'))
  await journal.applied(id)
  assert.equal((await plans.files(id)).length, 0)
})

test('what was said of a plan as it was before is not done to it as it is', async () => {
  const other = { ...LINE, file: `df-${'c'.repeat(26)}`, chosen: '2' } as const
  const id = await plans.add(PLACE, 'root', MATCH, [LINE, other])
  const first = await seen(id)
  await plans.change(first, MATCH, [other, LINE])
  const second = await seen(id)
  const [line, wrong] = [
    { position: 1, file: FILE },
    { position: 0, file: FILE },
  ]
  for (const stale of [first, { ...second, revision: second.revision - 1 }]) {
    await assert.rejects(plans.choose(stale, new Map([[line, '9']])), code('attach_plan_changed'))
    await assert.rejects(plans.chooseMany(stale, new Map([[line, '9']])), code('attach_plan_changed'))
    await assert.rejects(plans.change(stale, MATCH, [LINE]), code('attach_plan_changed'))
    await assert.rejects(plans.pairsToWrite(stale), code('attach_plan_changed'))
  }
  assert.deepEqual(await seen(id), second)
  await assert.rejects(plans.choose(second, new Map([[wrong, '9']])), code('attach_plan_changed'))
  assert.deepEqual(await plans.pairs(id), [
    [other.file, '2'],
    [FILE, '1'],
  ])
  await plans.choose(second, new Map([[line, '9']]))
  assert.equal((await seen(id)).revision, second.revision, 'who has seen a line may decide another one')
  await plans.chooseMany(second, new Map([[line, '8']]))
  await assert.rejects(plans.choose(second, new Map([[line, '9']])), code('attach_plan_changed'))
  assert.deepEqual((await plans.pairsToWrite(await seen(id))).pairs, [
    [other.file, '2'],
    [FILE, '8'],
  ])
})

test('a file that went to several rows is in the plan once when that is matched again', async () => {
  const id = await plans.add(PLACE, 'root', MATCH, [LINE, { ...LINE, chosen: '2' }])
  await plans.change(await seen(id), MATCH, [LINE])
  assert.deepEqual(await plans.pairs(id), [[FILE, '1']])
  assert.equal((await seen(id)).files, 1)
})
